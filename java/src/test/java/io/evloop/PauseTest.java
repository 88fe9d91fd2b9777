package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading that is paused, and peers that go on, or die, meanwhile. */
class PauseTest {

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws IOException {
        open(EventLoopOptions.builder());
    }

    private void open(EventLoopOptions.Builder options) throws IOException {
        test = TestLoop.open(options);
        loop = test.loop();
        peered = PeeredPipe.adopt(loop).pushed();
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws IOException {
        peered.close();
        test.close();
    }

    private static byte[] numbered(int count) {
        byte[][] frames = new byte[count][];
        for (int index = 0; index < count; index++) {
            frames[index] = Frames.frame(index, "x");
        }
        return Frames.concat(frames);
    }

    private static List<String> heard(int from, int to) {
        List<String> expected = new ArrayList<>();
        for (int index = from; index < to; index++) {
            expected.add(index + ":x");
        }
        return expected;
    }

    private long leasedBytes() {
        return loop.openContext().pool.leasedBytes();
    }

    @Test
    void aPipeThatPausesInItsHandlerHoldsNoMoreMemoryThanItsUnreadBytesNeed() throws Exception {
        pipe.onFrame((from, channelId, payload) -> from.pauseReading());
        peered.peer().write(Frames.frame(1, "all there is"));
        Await.idle(loop);
        assertTrue(pipe.stats().framesIn() == 1 && leasedBytes() == 0, () -> "nothing is unread: " + leasedBytes());
        pipe.resumeReading();
        peered.peer().write(Frames.concat(Frames.frame(1, "one"), Frames.frame(1, "unread")));
        Await.idle(loop);
        assertEquals(2, pipe.stats().framesIn());
        assertTrue(leasedBytes() < 8_192, () -> "a frame is unread: " + leasedBytes());
        pipe.onFrame((from, channelId, payload) -> peered.heard().add(Frames.latin(payload)));
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(List.of("unread"), peered.heard());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHandlerThatIsTakenAwayInItselfLosesNoFrame(boolean ofAChannel) throws Exception {
        List<Integer> first = new ArrayList<>();
        List<Integer> second = new ArrayList<>();
        FrameHandler once = (from, channelId, payload) -> {
            first.add(channelId);
            from.onFrame(null);
            from.onFrame(0, null);
        };
        pipe.onFrame(null);
        if (ofAChannel) {
            pipe.onFrame(0, once);
        } else {
            pipe.onFrame(once);
        }
        peered.peer().write(numbered(100)); // one read
        Await.turns(loop, "the first frame", () -> !first.isEmpty());
        Await.idle(loop);
        assertEquals(List.of(0), first);
        pipe.onFrame((from, channelId, payload) -> second.add(channelId));
        Await.turns(loop, "the others", () -> second.size() == 99);
        assertEquals(1, second.get(0));
        assertEquals(0, pipe.stats().droppedFrames());
    }

    @Test
    void whatIsUnreadWhenAFlushBeginsIsNotHeldUntilItsEnd() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            from.writeFrame(1, ByteBuffer.allocate(1 << 20)); // more than the socket takes
            from.closeAfterFlush();
        });
        peered.peer().write(Frames.burst(1_000, 100));
        Await.turns(loop, "the first frame", () -> pipe.stats().framesIn() > 0);
        Await.idle(loop);
        assertEquals(1, pipe.stats().framesIn());
        long outputAlone = 1L << 20; // in one block
        assertTrue(leasedBytes() <= outputAlone + 8_192, () -> leasedBytes() + " bytes, " + pipe);
        peered.peerReads((1 << 20) + 6);
        peered.awaitClose();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100})
    void deliversNoFurtherFrameOnceAHandlerHasPaused(int framesPerTurn) throws Exception {
        close();
        open(EventLoopOptions.builder().framesPerTurn(framesPerTurn));
        pipe.onFrame((from, channelId, payload) -> {
            peered.heard().add(channelId + ":" + Frames.latin(payload));
            if (channelId == 2 || channelId == 5) {
                from.pauseReading();
            }
        });
        peered.peer().write(numbered(10));
        Await.idle(loop);
        assertEquals(heard(0, 3), peered.takeHeard());
        Quiet.assertQuiet(loop);
        assertEquals(List.of(), peered.takeHeard());
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(heard(3, 6), peered.takeHeard());
        pipe.resumeReading();
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(heard(6, 10), peered.takeHeard());
    }

    @Test
    void aHandlerThatPausesAndResumesMissesNothing() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            peered.heard().add(channelId + ":" + Frames.latin(payload));
            from.pauseReading();
            from.resumeReading();
        });
        peered.peer().write(numbered(20));
        Await.idle(loop);
        assertEquals(heard(0, 20), peered.heard());
    }

    @Test
    void readsNothingWhilePaused() throws Exception {
        peered.peer().write(numbered(1));
        Await.idle(loop);
        pipe.pauseReading();
        long bytesIn = pipe.stats().bytesIn();
        peered.peer().write(numbered(3));
        Await.idle(loop);
        peered.peer().write(numbered(3));
        Quiet.assertQuiet(loop);
        assertEquals(bytesIn, pipe.stats().bytesIn());
        assertEquals(heard(0, 1), peered.takeHeard());
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(numbered(7).length, pipe.stats().bytesIn());
    }

    @Test
    void aPausedPipeWritesOn() throws Exception {
        pipe.pauseReading();
        pipe.writeFrame(3, ByteBuffer.wrap(new byte[] {'o', 'u', 't'}));
        Await.idle(loop);
        assertEquals(9, peered.peer().read(9).length);
    }

    /** How the peer of a paused pipe may die, and what must come of it once reading is resumed. */
    private void deadPeerIsToldOnResume(byte[] lastBytes, int frames, Class<? extends Throwable> cause)
            throws Exception {
        pipe.pauseReading();
        peered.peer().write(lastBytes);
        peered.close();
        Await.idle(loop);
        Quiet.assertQuiet(loop);
        assertEquals(List.of(), peered.heard(), "nothing is told while reading is paused");
        pipe.resumeReading();
        Throwable told = peered.awaitClose();
        assertEquals(cause, told == null ? null : told.getClass());
        List<String> expected = heard(0, frames);
        expected.add("closed");
        assertEquals(expected, peered.heard());
    }

    @Test
    void aPausedPipeWhosePeerDiesCostsNothingAndIsToldOnResume() throws Exception {
        deadPeerIsToldOnResume(new byte[0], 0, null);
    }

    @Test
    void aPausedPipeWhosePeerDiesDeliversItsLastFramesOnResume() throws Exception {
        deadPeerIsToldOnResume(numbered(5), 5, null);
    }

    @Test
    void aPausedPipeWhosePeerDiesInsideAFrameIsToldOnResume() throws Exception {
        deadPeerIsToldOnResume(Frames.concat(numbered(2), Frames.header(9, 100)), 2, TruncatedFrameException.class);
    }

    @Test
    void aPausedPipeWhosePeerDiesWithUnreadInputIsToldOnResume() throws Exception {
        pipe.writeFrame(1, ByteBuffer.allocate(10));
        Await.idle(loop);
        deadPeerIsToldOnResume(numbered(3), 3, NativeIoException.class);
    }

    @Test
    void aPausedPipeWithQueuedOutputWhosePeerDiesIsToldOnResume() throws Exception {
        while (pipe.stats().queuedBytes() == 0) {
            pipe.writeFrame(1, ByteBuffer.allocate(10_000));
            Await.idle(loop);
        }
        deadPeerIsToldOnResume(numbered(3), 3, NativeIoException.class);
        assertTrue(pipe.stats().unsentFrames() > 0);
    }

    @Test
    @ExactCalls("the frame that is read in the first turn")
    void anEndThatWasReadBeforeThePauseWasToldAsAHangUp() throws Exception {
        try (PeeredPipe first = PeeredPipe.adopt(loop)) {
            first.pipe().onFrame((from, channelId, payload) -> pipe.pauseReading());
            peered.peer().write(Frames.header(4, 100));
            Await.idle(loop); // the cut frame is read
            first.peer().write(numbered(1)); // its turn comes first
            peered.close();
            Await.idle(loop); // the end is read, and reading paused before it is told
            Quiet.assertQuiet(loop);
            assertEquals(List.of(), peered.heard());
            pipe.resumeReading();
            assertInstanceOf(TruncatedFrameException.class, peered.awaitClose());
        }
    }

    @Test
    void aFrameDeclinedInThePullModeWasLostWhenThePeerDied() throws Exception {
        try (PeeredPipe pulled = PeeredPipe.adopt(loop)) {
            List<String> calls = new ArrayList<>();
            pulled.pipe().onReadable(from -> calls.add("offered"));
            pulled.peer().write(numbered(1));
            Await.idle(loop);
            assertEquals(List.of("offered"), calls);
            pulled.close();
            Await.idle(loop);
            Quiet.assertQuiet(loop);
            assertEquals(List.of(), pulled.heard(), "the end waits for the frame");
            Frame frame = pulled.pipe().readFrame();
            assertEquals("0:x", PeeredPipe.describe(frame));
            assertNull(pulled.awaitClose());
        }
    }

    @Test
    void writesToADeadPeerDoNotTellItsEndBeforeItsFrames() throws Exception {
        try (PeeredPipe pulled = PeeredPipe.adopt(loop)) {
            pulled.pipe().onReadable(from -> {});
            pulled.peer().write(numbered(1));
            pulled.close();
            Await.idle(loop);
            pulled.pipe().writeFrame(1, ByteBuffer.allocate(10));
            Await.idle(loop);
            Quiet.assertQuiet(loop);
            assertEquals(List.of(), pulled.heard());
            assertEquals(WriteResult.CLOSED, pulled.pipe().writeFrame(1, ByteBuffer.allocate(10)));
            assertEquals("0:x", PeeredPipe.describe(pulled.pipe().readFrame()));
            assertEquals(
                    "EPIPE",
                    assertInstanceOf(NativeIoException.class, pulled.awaitClose())
                            .errnoName());
        }
    }

    @Test
    void theEndOfAPeerWhoStaysReadableIsToldOnResume() throws Exception {
        peered.keptOpen();
        pipe.pauseReading();
        peered.peer().write(numbered(1));
        peered.peer().shutdownOutput();
        Await.idle(loop);
        Quiet.assertQuiet(loop);
        assertEquals(List.of(), peered.heard());
        pipe.resumeReading();
        Await.turns(loop, "the end", () -> peered.heard().contains("end"));
        assertEquals(List.of("0:x", "end"), peered.heard());
        Quiet.assertQuiet(loop);
        pipe.writeFrame(8, ByteBuffer.wrap(new byte[1]));
        Await.idle(loop);
        assertEquals(7, peered.peer().read(7).length);
        peered.close();
        assertNull(peered.awaitClose());
    }
}
