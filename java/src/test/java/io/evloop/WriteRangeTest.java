package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.testing.Await;
import io.evloop.testing.ClosedArena;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames whose payload is a range of a buffer, which is left as it is. */
class WriteRangeTest {

    /** Of each length two: the first opens the window of the queue, the second goes into it. 300,000 go past the queue. */
    @ParameterizedTest
    @ValueSource(ints = {1, 64, 5000, 300_000})
    void writesTheRangeWhateverPositionAndLimitAre(int length) throws Exception {
        byte[] bytes = Frames.pattern(5, length + 20);
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            for (ByteBuffer source :
                    new ByteBuffer[] {ByteBuffer.allocateDirect(bytes.length).put(bytes), ByteBuffer.wrap(bytes)}) {
                source.limit(length + 15).position(11);
                assertEquals(WriteResult.OK, peered.pipe().writeFrame(1, source, 3, length));
                assertEquals(WriteResult.OK, peered.pipe().writeFrame(2, source, 7, length));
                assertEquals(11, source.position());
                assertEquals(length + 15, source.limit());
                byte[] expected = Frames.concat(
                        Frames.frame(1, Arrays.copyOfRange(bytes, 3, 3 + length)),
                        Frames.frame(2, Arrays.copyOfRange(bytes, 7, 7 + length)));
                assertArrayEquals(expected, peered.peerReads(expected.length));
            }
            assertEquals(4, peered.pipe().stats().framesOut());
        }
    }

    @Test
    void aRangeThatIsNotWithinTheLimitQueuesNothing() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            ByteBuffer source = ByteBuffer.allocateDirect(10).limit(8);
            assertRefused(pipe, source);
            assertEquals(WriteResult.OK, pipe.writeFrame(1, source, 7, 1));
            assertRefused(pipe, source); // by the window, too
            assertEquals(WriteResult.OK, pipe.writeFrame(2, source, 0, 8));
            Await.idle(test.loop());
            assertArrayEquals(
                    Frames.concat(Frames.frame(1, new byte[1]), Frames.frame(2, new byte[8])),
                    peered.peer().read(21));
            assertEquals(2, pipe.stats().framesOut());
            assertEquals(0, pipe.stats().queuedBytes());
        }
    }

    private static void assertRefused(Pipe pipe, ByteBuffer source) {
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(9, source, 0, 9));
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(9, source, 8, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(9, source, -1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(9, source, Integer.MAX_VALUE, 1));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(9, source, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(9, source, 0, -1));
    }

    /** A payload of a length that is sent from where it lies, and one that is copied, of memory that is freed. */
    @Test
    @EnabledForJreRange(minVersion = 22)
    void aPayloadWhoseArenaIsClosedIsRefusedAndNothingIsSent() throws Exception {
        for (int length : new int[] {1000, 200 * 1024, 300 * 1024}) {
            try (TestLoop test = TestLoop.open();
                    PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
                ByteBuffer payload = ClosedArena.buffer(length);
                Pipe pipe = peered.pipe();
                assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, payload));
                assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, payload, 0));
                Await.idle(test.loop());
                assertEquals(0, test.loop().stats().leasedBytes());
                assertEquals(0, pipe.stats().bytesOut());
                pipe.writeFrame(2, new byte[] {7}, 0, 1);
                Await.idle(test.loop());
                assertArrayEquals(Frames.frame(2, (byte) 7), peered.peer().read(7));
            }
        }
    }
}
