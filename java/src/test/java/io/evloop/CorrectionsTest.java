package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The four places where the Go original is wrong. */
class CorrectionsTest {

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop);
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    /** The original clears the channel before it returns an invalid frame. */
    @Test
    void anInvalidFrameReportsTheChannelAndTheLengthOfItsHeader() throws Exception {
        peered.pulled();
        peered.peer().write(Frames.concat(Frames.header(513, 0), Frames.header(514, 0xFFFFFFFFL)));
        Await.idle(loop);
        assertEquals(List.of("513 of 0 invalid", "514 of 4294967295 invalid"), peered.heard());
    }

    /** The original takes one frame per event, and epoll is silent about what it has read already. */
    @Test
    @ExactCalls("the one read that brings all")
    void severalFramesOfOneReadAreDeliveredWithoutAFurtherByte() throws Exception {
        peered.pushed();
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b"), Frames.frame(1, "c")));
        Await.idle(loop);
        assertEquals(List.of("1:a", "1:b", "1:c"), peered.heard());
        assertEquals(1, pipe.stats().reads());
    }

    /** The original sends a header that every reader rejects. */
    @Test
    void anEmptyOrOversizedFrameIsRefusedBeforeAByteIsQueued() throws Exception {
        ByteBuffer tooLong = ByteBuffer.allocateDirect((64 << 20) + 1);
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(7, ByteBuffer.allocate(0)));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(7, new byte[10], 5, 0));
        assertThrows(IllegalArgumentException.class, () -> pipe.claim(7, 0));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(7, tooLong));
        assertThrows(IllegalArgumentException.class, () -> pipe.claim(7, (64 << 20) + 1));
        pipe.writeFrame(7, ByteBuffer.wrap(new byte[] {'x'}));
        Await.idle(loop);
        assertArrayEquals(Frames.frame(7, "x"), peered.peer().readSome(100));
    }

    /** The original's write buffer grows for ever. */
    @Test
    void theWriteQueueIsBoundedAndSaysSo() {
        ByteBuffer payload = ByteBuffer.allocateDirect(1 << 20);
        int accepted = 0;
        while (pipe.writeFrame(7, payload.clear()).isAccepted()) {
            accepted++;
            assertTrue(accepted < 100, "100 MiB accepted, none of it read");
        }
        assertEquals(WriteResult.FULL, pipe.writeFrame(7, payload));
        assertTrue(pipe.stats().maxQueuedBytes() <= (64 << 20) + 6, pipe.stats()::toString);
    }
}
