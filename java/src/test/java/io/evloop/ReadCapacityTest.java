package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How large a block a pipe reads into. */
class ReadCapacityTest {

    private static final int USUAL = 128 * 1024;

    /** Bytes of the block in which the rest of a frame of this length is read. */
    private static long leasedFor(int payloadLength) throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed()) {
            byte[] frame = Frames.frame(1, new byte[payloadLength]);
            int first = frame.length / 2;
            int second = frame.length * 3 / 4;
            PipeStats stats = peered.pipe().stats();
            peered.peer().write(Arrays.copyOfRange(frame, 0, first));
            Await.turns(test.loop(), "the first half", () -> stats.bytesIn() == first);
            peered.peer().write(Arrays.copyOfRange(frame, first, second));
            Await.turns(test.loop(), "the third quarter", () -> stats.bytesIn() == second);
            long leased = test.loop().stats().leasedBytes();
            peered.peer().write(Arrays.copyOfRange(frame, second, frame.length));
            Await.turns(test.loop(), "the frame", () -> stats.framesIn() == 1);
            assertEquals(0, test.loop().stats().leasedBytes(), "an idle connection holds no buffer");
            return leased;
        }
    }

    @Test
    void isTheUsualOneForShortFrames() throws Exception {
        long leased = leasedFor(32 * 1024 - 1);
        assertTrue(leased >= USUAL && leased < 2 * USUAL, () -> leased + " bytes");
    }

    @Test
    void isTwiceAsMuchForLongFramesWhoseRestsAreLong() throws Exception {
        long leased = leasedFor(32 * 1024);
        assertTrue(leased >= 2 * USUAL && leased < 3 * USUAL, () -> leased + " bytes");
    }
}
