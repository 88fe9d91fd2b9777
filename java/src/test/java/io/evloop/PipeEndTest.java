package io.evloop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a pipe ends: between frames, inside one, by a reset, by half. */
class PipeEndTest {

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop).pushed();
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    // row 7
    @Test
    void anEndBetweenFramesIsClean() throws Exception {
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "b")));
        peered.peer().close();
        assertNull(peered.awaitClose());
        assertEquals(List.of("1:a", "2:b", "closed"), peered.heard());
    }

    // row 7
    @Test
    void anEndBeforeTheFirstByteIsClean() throws Exception {
        peered.peer().close();
        assertNull(peered.awaitClose());
    }

    // row 7
    @Test
    void anEndInsideAHeaderTellsSixBytesWantedAndHowManyCame() throws Exception {
        for (int got = 1; got < 6; got++) {
            try (PeeredPipe torn = PeeredPipe.adopt(loop).pushed()) {
                torn.peer().write(Frames.frame(1, "whole"));
                torn.peer().write(Arrays.copyOf(Frames.header(7, 100), got));
                torn.peer().close();
                assertTruncated(torn.awaitClose(), 6, got);
                assertEquals(List.of("1:whole", "closed"), torn.heard());
            }
        }
    }

    // row 7
    @Test
    void anEndInsideAPayloadTellsTheBytesOfTheFrameAndHowManyCame() throws Exception {
        byte[] frame = Frames.frame(7, "0123456789");
        for (int got = 6; got < frame.length; got++) {
            try (PeeredPipe torn = PeeredPipe.adopt(loop).pushed()) {
                torn.peer().write(Frames.concat(Frames.frame(1, "whole"), Arrays.copyOf(frame, got)));
                torn.peer().close();
                assertTruncated(torn.awaitClose(), frame.length, got);
                assertEquals(List.of("1:whole", "closed"), torn.heard());
            }
        }
    }

    // row 7
    @Test
    void aHalfCloseInsideAFrameIsTruncationToo() throws Exception {
        peered.keptOpen();
        peered.peer().write(Frames.header(7, 64 << 20));
        Await.idle(loop);
        peered.peer().write("abc");
        peered.peer().shutdownOutput();
        assertTruncated(peered.awaitClose(), 6 + (64 << 20), 9);
        assertEquals(List.of("closed"), peered.heard());
    }

    @Test
    void truncationTellsOfTheFailedWriteToo() throws Exception {
        peered.peer().write(Frames.header(7, 100));
        peered.peer().close();
        assertEquals(WriteResult.OK, pipe.writeFrame(1, ByteBuffer.wrap(new byte[1])));
        Throwable cause = peered.awaitClose();
        assertTruncated(cause, 106, 6);
        NativeIoException failure = assertInstanceOf(NativeIoException.class, cause.getSuppressed()[0]);
        assertEquals("write: EPIPE", failure.systemCall() + ": " + failure.errnoName());
    }

    private static void assertTruncated(Throwable cause, long wanted, long got) {
        TruncatedFrameException truncated = assertInstanceOf(TruncatedFrameException.class, cause);
        assertEquals(wanted, truncated.wantedBytes());
        assertEquals(got, truncated.gotBytes());
    }

    // row 18
    @Test
    void aResetComesAfterAllCompleteFramesAndClosesOnce() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[100]));
        Await.idle(loop);
        byte[] frames = Frames.frame(2, "0123456789");
        for (int count = 0; count < 100; count++) {
            peered.peer().write(frames);
        }
        peered.peer().close(); // with our frame unread: the kernel resets
        NativeIoException cause = assertInstanceOf(NativeIoException.class, peered.awaitClose());
        assertEquals("ECONNRESET", cause.errnoName());
        assertEquals("read", cause.systemCall());
        Await.idle(loop);
        assertEquals(101, peered.heard().size());
        assertTrue(peered.heard().subList(0, 100).stream().allMatch("2:0123456789"::equals));
        assertEquals("closed", peered.heard().get(100));
    }

    // row 18
    @Test
    void aResetInsideAFrameIsTruncationWithTheResetAttached() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[100]));
        Await.idle(loop);
        peered.peer().write(Arrays.copyOf(Frames.frame(2, "0123456789"), 10));
        peered.peer().close();
        Throwable cause = peered.awaitClose();
        assertTruncated(cause, 16, 10);
        assertEquals("ECONNRESET", ((NativeIoException) cause.getSuppressed()[0]).errnoName());
    }

    // row 17
    @Test
    void aWriteToAPeerThatIsGoneEndsThePipeWithEpipeAfterItsLastFrames() throws Exception {
        peered.peer().write(Frames.frame(2, "last words"));
        peered.peer().close();
        assertEquals(WriteResult.OK, pipe.writeFrame(1, ByteBuffer.wrap(new byte[100])));
        NativeIoException cause = assertInstanceOf(NativeIoException.class, peered.awaitClose());
        assertEquals("EPIPE", cause.errnoName());
        assertEquals(List.of("2:last words", "closed"), peered.heard());
        assertEquals(1, pipe.stats().unsentFrames());
        assertEquals(106, pipe.stats().unsentBytes());
    }

    @Test
    void afterAHalfCloseOfThePeerThePipeStaysWritableUntilItIsClosed() throws Exception {
        peered.keptOpen();
        peered.peer().write(Frames.frame(1, "question"));
        peered.peer().shutdownOutput();
        Await.idle(loop);
        assertEquals(List.of("1:question", "end"), peered.heard());
        assertEquals(WriteResult.OK, pipe.writeFrame(2, ByteBuffer.wrap("answer".getBytes(ISO_8859_1))));
        Await.idle(loop);
        assertArrayEquals(Frames.frame(2, "answer"), peered.peer().read(12));
        assertFalse(pipe.isClosed());
        pipe.close();
        assertNull(peered.awaitClose());
        assertEquals(List.of("1:question", "end", "closed"), peered.heard());
        assertEquals(0, peered.peer().readSome(1).length);
    }

    @Test
    void aPipeThatIsKeptOpenIsClosedOnceThePeerIsGoneAltogether() throws Exception {
        peered.keptOpen();
        peered.peer().shutdownOutput();
        Await.idle(loop);
        assertEquals(List.of("end"), peered.heard());
        peered.peer().close();
        assertNull(peered.awaitClose());
    }

    @Test
    void aPipeThatIsHalfClosedOnBothSidesIsClosed() throws Exception {
        peered.keptOpen();
        peered.peer().shutdownOutput();
        Await.idle(loop);
        assertEquals(List.of("end"), peered.heard());
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[] {'x'}));
        pipe.shutdownOutput();
        assertNull(peered.awaitClose());
        assertArrayEquals(Frames.frame(1, "x"), peered.peer().read(100));
    }

    @Test
    void withoutOnEndAHalfCloseOfThePeerFlushesThenCloses() throws Exception {
        byte[] payload = Frames.pattern(1, 1 << 20); // more than the socket takes at once
        pipe.writeFrame(2, ByteBuffer.wrap(payload));
        peered.peer().shutdownOutput();
        Await.idle(loop);
        assertFalse(peered.isClosed());
        assertArrayEquals(Frames.frame(2, payload), peered.peerReads(6 + payload.length));
        assertNull(peered.awaitClose());
        assertEquals(0, peered.peer().readSome(1).length);
    }

    @Test
    void ourOwnHalfCloseLetsThePeerReadToTheEndAndAnswer() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[] {'q'}));
        pipe.shutdownOutput();
        assertEquals(WriteResult.CLOSED, pipe.writeFrame(1, ByteBuffer.wrap(new byte[1])));
        Await.idle(loop);
        assertArrayEquals(Frames.frame(1, "q"), peered.peer().read(1000));
        peered.peer().write(Frames.frame(1, "answer"));
        Await.idle(loop);
        assertEquals(List.of("1:answer"), peered.heard());
        peered.peer().close();
        assertNull(peered.awaitClose());
    }

    // row 22
    @Test
    void closeDropsWhatIsQueuedAndSaysHowMuch() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[10]));
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[20]));
        pipe.close();
        assertNull(peered.awaitClose());
        long sent = peered.peer().read(1000).length;
        assertEquals(42, sent + pipe.stats().unsentBytes());
        long wholly = sent < 16 ? 0 : sent < 42 ? 1 : 2; // a write may take any part
        assertEquals(2 - wholly, pipe.stats().unsentFrames());
    }

    // row 22
    @Test
    void closeAfterFlushDeliversAll() throws Exception {
        byte[] payload = Frames.pattern(2, 1 << 20);
        pipe.writeFrame(1, ByteBuffer.wrap(payload));
        pipe.closeAfterFlush();
        assertEquals(WriteResult.CLOSED, pipe.writeFrame(1, ByteBuffer.wrap(new byte[1])));
        assertArrayEquals(Frames.frame(1, payload), peered.peerReads(6 + payload.length));
        assertNull(peered.awaitClose());
        assertEquals(0, peered.peer().readSome(1).length);
        assertEquals(0, pipe.stats().unsentBytes());
    }

    @Test
    void closeInsideOnFrameReturnsFirstAndNoFurtherFrameIsDelivered() throws Exception {
        StringBuilder order = new StringBuilder();
        pipe.onFrame((from, channelId, payload) -> {
            from.close();
            order.append("returned ");
        });
        pipe.onClose((from, cause) -> order.append("closed"));
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b")));
        Await.idle(loop);
        assertEquals("returned closed", order.toString());
    }

    @Test
    void isToldAlsoBehindTheEndOfOurOwnOutput() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed().keptOpen()) {
            peered.pipe().shutdownOutput();
            test.loop().poll(0);
            peered.peer().write(Frames.frame(1, "a"));
            peered.peer().shutdownOutput();
            assertNull(peered.awaitClose());
            assertEquals(List.of("1:a", "end", "closed"), peered.heard());
        }
    }
}
