package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.FrameTimeoutException;
import io.evloop.error.IdleTimeoutException;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.DirectMemory;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Peers who stall inside a frame, or altogether. Nothing here ends too early; how late is the machine's business. */
class TimeoutsTest {

    private static final Duration TIMEOUT = Duration.ofMillis(60);
    private static final long NANOS = TIMEOUT.toNanos();

    /** How often a test that must not be slower than the timeout begins anew when it was. */
    private static final int TRIES = 20;

    private static final PipeOptions PARTIAL =
            PipeOptions.builder().partialFrameTimeout(TIMEOUT).build();
    private static final PipeOptions IDLE =
            PipeOptions.builder().idleTimeout(TIMEOUT).build();

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;
    private long begin;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
    }

    private void reopen(EventLoopOptions.Builder options) throws Exception {
        test.close();
        test = TestLoop.open(options);
        loop = test.loop();
    }

    private void use(PipeOptions options) throws Exception {
        begin = System.nanoTime();
        peered = PeeredPipe.adopt(loop, options).pushed();
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    private void assertNotEarly() {
        long elapsed = System.nanoTime() - begin;
        assertTrue(elapsed >= NANOS, "after " + Duration.ofNanos(elapsed));
    }

    private void pass() {
        long start = System.nanoTime();
        Await.turns(loop, "twice the timeout", () -> System.nanoTime() - start > 2 * NANOS);
    }

    /** No turn, for twice the timeout: the loop's thread is busy with something else. */
    private static void hold() {
        long start = System.nanoTime();
        Await.until("twice the timeout", () -> System.nanoTime() - start > 2 * NANOS);
    }

    private void assertFrameTimeout(long wanted, long got) {
        FrameTimeoutException cause = assertInstanceOf(FrameTimeoutException.class, peered.awaitClose());
        assertNotEarly();
        assertEquals(List.of(wanted, got), List.of(cause.wantedBytes(), cause.gotBytes()));
        assertTrue(loop.openContext().timers.isEmpty());
    }

    private void assertIdleTimeout() {
        assertInstanceOf(IdleTimeoutException.class, peered.awaitClose());
        assertNotEarly();
        assertTrue(loop.openContext().timers.isEmpty());
    }

    @FunctionalInterface
    private interface Step {
        void run(int number) throws Exception;
    }

    /** Takes steps for three times the timeout without a gap of half of it; begins anew if the machine was slower. */
    private void assertOutlives(PipeOptions options, Step step) throws Exception {
        for (int tries = 0; tries < TRIES; tries++) {
            use(options);
            long start = System.nanoTime();
            long last = start;
            long gap = 0;
            for (int number = 0; last - start < 3 * NANOS; number++) {
                step.run(number);
                loop.poll(1_000_000);
                gap = Math.max(gap, System.nanoTime() - last);
                last = System.nanoTime();
            }
            if (gap < NANOS / 2) {
                assertEquals(0, peered.heard().stream().filter("closed"::equals).count());
                return;
            }
            peered.close();
            pipe.close();
            Await.idle(loop);
        }
        Assumptions.abort("the machine was too slow in each of " + TRIES + " tries");
    }

    @Test
    void manyThatAreOverdueTogetherHoldNoOtherTimerUp() throws Exception {
        use(IDLE);
        List<PeeredPipe> others = new ArrayList<>();
        for (int count = 0; count < 20; count++) {
            others.add(PeeredPipe.adopt(loop, IDLE));
        }
        hold();
        boolean[] ran = {false};
        loop.schedule(0, () -> ran[0] = true);
        loop.poll(0);
        assertTrue(ran[0]);
        for (PeeredPipe other : others) {
            other.close();
        }
    }

    // inside a frame ----------------------------------------------------------------------------------------------

    @Test
    void aPeerThatStallsInsideAPayloadIsGivenUp() throws Exception {
        use(PARTIAL);
        peered.peer().write(Frames.concat(Frames.frame(1, "whole"), Frames.header(2, 10), new byte[3]));
        assertFrameTimeout(16, 9);
        assertEquals(List.of("1:whole", "closed"), peered.heard());
    }

    @Test
    void aPeerThatStallsInsideAHeaderIsGivenUp() throws Exception {
        use(PARTIAL);
        peered.peer().write(new byte[] {0, 1, 0});
        assertFrameTimeout(6, 3);
    }

    // row 5
    @Test
    void aHeaderOf64MebibytesAndATrickleTakesLittleMemoryAndIsGivenUp() throws Exception {
        use(PARTIAL);
        long memory = DirectMemory.usedBytes();
        peered.peer().write(Frames.header(1, 64 << 20));
        Await.turns(loop, "the end of the trickle", () -> {
            if (!peered.isClosed()) {
                trickle();
            }
            return peered.isClosed();
        });
        assertInstanceOf(FrameTimeoutException.class, peered.awaitClose());
        assertNotEarly();
        DirectMemory.assertGrownByLessThan(1 << 20, memory);
    }

    private void trickle() {
        try {
            peered.peer().write(new byte[1]);
        } catch (IOException e) {
            assertTrue(pipe.isClosed());
        }
    }

    @Test
    void framesThatGetCompleteOneAfterTheOtherAreNoStall() throws Exception {
        byte[] middle = Frames.concat(new byte[5], Frames.header(1, 10), new byte[5]);
        assertOutlives(
                PARTIAL,
                number -> peered.peer().write(number == 0 ? Frames.concat(Frames.header(1, 10), new byte[5]) : middle));
    }

    @Test
    void aPauseSuspendsThePartialFrameTimeout() throws Exception {
        use(PARTIAL);
        peered.peer().write(Frames.header(1, 10));
        Await.idle(loop);
        pipe.pauseReading();
        pass();
        assertEquals(List.of(), peered.heard());
        begin = System.nanoTime();
        pipe.resumeReading();
        assertFrameTimeout(16, 6);
    }

    @Test
    @ExactCalls("the one read that a late loop tries before it gives up")
    void aFrameFinishedInTimeWasGivenUpWhenTheLoopWasLate() throws Exception {
        use(PARTIAL);
        peered.peer().write(Frames.concat(Frames.header(1, 2), new byte[] {'h'}));
        Await.idle(loop);
        peered.peer().write(new byte[] {'i'});
        hold();
        Await.idle(loop);
        pass();
        assertEquals(List.of("1:hi"), peered.heard());
    }

    @Test
    void aFrameThatWaitsForItsReaderIsNoStall() throws Exception {
        use(PARTIAL);
        pipe.onFrame(null);
        peered.close();
        peered = PeeredPipe.adopt(loop, PARTIAL);
        peered.pipe().onReadable(from -> {});
        peered.peer().write(Frames.concat(Frames.frame(1, "x"), Frames.header(2, 10)));
        pass();
        assertEquals(List.of(), peered.heard());
        assertEquals("1:x", PeeredPipe.describe(peered.pipe().readFrame()));
    }

    @Test
    void withoutTimeoutsThereAreNoTimers() throws Exception {
        use(PipeOptions.DEFAULT);
        peered.peer().write(Frames.header(1, 10));
        Await.idle(loop);
        assertTrue(loop.openContext().timers.isEmpty());
    }

    @Test
    void aCloseTakesItsTimersAlong() throws Exception {
        use(PipeOptions.builder()
                .idleTimeout(Duration.ofHours(1))
                .partialFrameTimeout(Duration.ofHours(1))
                .build());
        peered.peer().write(Frames.header(1, 10));
        Await.idle(loop);
        assertEquals(2, loop.openContext().timers.size());
        pipe.close();
        assertNull(peered.awaitClose());
        assertTrue(loop.openContext().timers.isEmpty());
    }

    // altogether --------------------------------------------------------------------------------------------------

    @Test
    void aPipeOnWhichNothingMovesIsGivenUp() throws Exception {
        use(IDLE);
        assertIdleTimeout();
    }

    @Test
    void outputThatNobodyTakesIsNoMove() throws Exception {
        use(IDLE);
        while (pipe.stats().queuedBytes() == 0) {
            pipe.writeFrame(1, new byte[50_000], 0, 50_000);
            Await.idle(loop);
        }
        assertIdleTimeout();
        assertTrue(pipe.stats().unsentFrames() > 0);
    }

    @Test
    void bytesThatComeKeepItAlive() throws Exception {
        assertOutlives(IDLE, number -> peered.peer().write(new byte[] {0, 1, 0, 0, 0, 1, 0}[number % 7]));
    }

    @Test
    void bytesThatGoKeepItAlive() throws Exception {
        assertOutlives(IDLE, number -> {
            pipe.writeFrame(1, new byte[100], 0, 100);
            Await.turns(loop, "a write", () -> pipe.stats().queuedBytes() == 0 || pipe.isClosed());
            peered.peer().read(106);
        });
    }

    @Test
    void largeFramesPastTheQueueDidNotKeepItAlive() throws Exception {
        ByteBuffer large = ByteBuffer.allocateDirect(256 * 1024);
        assertOutlives(IDLE, number -> {
            Native.setSendBuffer(pipe.connection().fd(), 1 << 20);
            pipe.writeFrame(1, large.rewind());
            new Reader(peered.peer()).readAll();
        });
    }

    @Test
    void aPauseSuspendsTheIdleTimeout() throws Exception {
        use(IDLE);
        pipe.pauseReading();
        pass();
        assertEquals(List.of(), peered.heard());
        begin = System.nanoTime();
        pipe.resumeReading();
        assertIdleTimeout();
    }

    @Test
    @ExactCalls("the one read that a late loop tries before it gives up")
    void bytesThatCameInTimeWereNoMoveWhenTheLoopWasLate() throws Exception {
        use(IDLE);
        Await.idle(loop);
        peered.peer().write(Frames.frame(1, "in time"));
        hold();
        Await.turns(loop, "the frame", () -> !peered.heard().isEmpty());
        assertEquals("1:in time", peered.heard().get(0));
        begin = System.nanoTime() - NANOS;
        assertIdleTimeout();
    }

    @Test
    @ExactCalls("the one read that a late loop tries before it gives up")
    void bytesThatCameInTimeWereNoMoveWhenMoreWereReadyThanOneWaitReports() throws Exception {
        reopen(EventLoopOptions.builder().maxEvents(2));
        List<PeeredPipe> all = new ArrayList<>();
        for (int count = 0; count < 20; count++) {
            use(IDLE);
            all.add(peered);
        }
        Await.idle(loop);
        Collections.reverse(all); // whose patience ends first is ready last
        for (PeeredPipe one : all) {
            one.peer().write(Frames.frame(1, "in time"));
        }
        hold();
        for (PeeredPipe one : all) {
            Await.turns(loop, "the frame", () -> !one.heard().isEmpty());
            assertEquals("1:in time", one.heard().get(0));
            one.close();
        }
    }

    @Test
    @ExactCalls("the one frame in each turn, and the read in the turn after the wait")
    void bytesThatCameInTimeWereNoMoveWhileTheyWaitedForTheirTurn() throws Exception {
        assertHeardBehindAFlooder(IDLE, new byte[0], Frames.frame(1, "in time"));
    }

    @Test
    @ExactCalls("the one frame in each turn, and the read in the turn after the wait")
    void aFrameFinishedInTimeWasGivenUpWhileItWaitedForItsTurn() throws Exception {
        byte[] frame = Frames.frame(1, "in time");
        assertHeardBehindAFlooder(PARTIAL, Arrays.copyOf(frame, 7), Arrays.copyOfRange(frame, 7, frame.length));
    }

    /** The second part comes in time, but its pipe gets its turn some turns after the kernel has named it. */
    private void assertHeardBehindAFlooder(PipeOptions options, byte[] first, byte[] second) throws Exception {
        reopen(EventLoopOptions.builder().bytesPerTurn(1)); // a turn for each frame
        use(options);
        peered.peer().write(first);
        Await.idle(loop);
        List<PeeredPipe> flooders = new ArrayList<>();
        for (int count = 0; count < 5; count++) {
            PeeredPipe flooder = PeeredPipe.adopt(loop).pushed();
            flooder.peer().write(Frames.concat(Frames.frame(1, "x"), Frames.frame(1, "y")));
            flooders.add(flooder);
        }
        loop.poll(0); // they stand in front of it
        peered.peer().write(second);
        hold();
        for (int turn = 0; turn < 3; turn++) {
            loop.poll(0);
            assertEquals(List.of(), peered.heard(), "in turn " + turn);
        }
        Await.idle(loop);
        assertEquals("1:in time", peered.heard().get(0));
        for (PeeredPipe flooder : flooders) {
            flooder.close();
        }
    }

    @Test
    void framesThatWaitForASlowHandlerWereLost() throws Exception {
        reopen(EventLoopOptions.builder().bytesPerTurn(1)); // a turn for each frame
        use(IDLE);
        pipe.onFrame((from, channelId, payload) -> {
            hold();
            peered.heard().add(channelId + "");
        });
        peered.peer().write(Frames.concat(Frames.frame(1, "x"), Frames.frame(2, "y"), Frames.frame(3, "z")));
        peered.awaitClose();
        assertEquals(List.of("1", "2", "3", "closed"), peered.heard());
    }
}
