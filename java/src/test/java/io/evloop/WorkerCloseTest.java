package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.EventLoopClosedException;
import io.evloop.sys.ExitStatus;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.EchoProgram;
import io.evloop.testing.Journal;
import io.evloop.testing.Proc;
import io.evloop.testing.Programs;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of workers when they or their loop are closed: onClose, then onExit, and no process is left. */
class WorkerCloseTest {

    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final Duration LONG = Duration.ofMinutes(10);

    private final Journal journal = new Journal();

    private static TestLoop openWithGrace(Duration grace) throws IOException {
        return TestLoop.open(EventLoopOptions.builder().workerGrace(grace));
    }

    /** Starts an actor and waits until it has played all acts but the last. */
    private Worker startAndAwaitReady(EventLoop loop, String... acts) throws IOException {
        List<String> all = new ArrayList<>(List.of(acts));
        all.addAll(all.size() - 1, List.of("text", "ready"));
        Worker worker = journal.of(Programs.actor(all.toArray(new String[0]))).start(loop);
        Await.turns(loop, "the worker", () -> !journal.frames().isEmpty());
        return worker;
    }

    // the worker's close -----------------------------------------------------------------------------------------

    @Test
    void oneThatOutlivesItsLoopCountsAsEndedAndIsNotTouchedAnyMore() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            Worker worker = startAndAwaitReady(test.loop(), "sleep");
            int pidFd = Fd.check(Native.pidFdOpen((int) worker.pid()), "pidfd_open");
            worker.pipe().close();
            Await.idle(test.loop());
            worker.abandon(); // as a loop does that has closed
            assertTrue(test.takeError().error().getMessage().contains("did not end"));
            WorkerExit exit = journal.awaitExit(test.loop());
            assertEquals(-1, exit.code());
            assertEquals(0, exit.signal());
            assertFalse(worker.isAlive());
            worker.kill();
            worker.close();
            worker.abandon();
            assertEquals(0, Native.pidFdSignal(pidFd, 0), "it lives");
            Fd.check(Native.pidFdSignal(pidFd, SIGKILL), "pidfd_send_signal");
            ExitStatus status = new ExitStatus(ExitStatus.newRecord());
            Await.until("the exit", () -> status.reap(pidFd) == 1);
            Fd.close(pidFd);
            Await.idle(test.loop());
            journal.assertEnded();
        }
    }

    @Test
    void closeKillsAndTellsBothEndsInTheTurnsThatFollow() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            Worker worker = startAndAwaitReady(test.loop(), "ignore", "15", "sleep");
            worker.close();
            assertFalse(journal.isClosed());
            worker.close();
            assertEquals(SIGKILL, journal.awaitExit(test.loop()).signal());
            assertNull(journal.closeCause());
            worker.close();
            Await.idle(test.loop());
            journal.assertEnded();
        }
    }

    @Test
    void anotherThreadClosesThroughTheLoop() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            Worker worker = startAndAwaitReady(test.loop(), "sleep");
            Thread other = new Thread(worker::close, "closer");
            other.start();
            other.join();
            assertFalse(journal.isClosed());
            assertEquals(SIGKILL, journal.awaitExit(test.loop()).signal());
        }
    }

    @Test
    void closeInAHandlerDeliversNoFurtherFrame() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            List<Worker> workers = new ArrayList<>();
            WorkerBuilder builder = journal.of(Programs.actor("frames", "100", "sleep"))
                    .onFrame((pipe, channelId, payload) -> {
                        journal.frame(pipe, channelId, payload);
                        workers.get(0).close();
                        assertFalse(journal.isClosed());
                    });
            workers.add(builder.start(test.loop()));
            assertEquals(SIGKILL, journal.awaitExit(test.loop()).signal());
            assertEquals(1, journal.frames().size());
        }
    }

    @Test
    void closeOfAWorkerOfAClosedLoopDoesNothing() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(Duration.ZERO)) {
            worker = startAndAwaitReady(test.loop(), "sleep");
        }
        worker.close();
        Thread other = new Thread(worker::close, "closer");
        other.start();
        other.join();
        assertFalse(worker.isAlive());
        journal.assertEnded();
    }

    // the loop's close -------------------------------------------------------------------------------------------

    private void assertEndedByLoop(Worker worker) {
        journal.assertEnded();
        assertInstanceOf(EventLoopClosedException.class, journal.closeCause());
        assertFalse(worker.isAlive());
        assertEquals('X', Proc.state(worker.pid()));
    }

    @Test
    void aClosedLoopEndsAWorkerBySigterm() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(LONG)) {
            worker = startAndAwaitReady(test.loop(), "sleep");
        }
        assertEquals(SIGTERM, journal.exit().signal());
        assertEndedByLoop(worker);
    }

    @Test
    void aClosedLoopLetsAWorkerReadTheEndAndLeave() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(LONG)) {
            worker = startAndAwaitReady(test.loop(), "ignore", "15", "wait");
        }
        assertEquals(0, journal.exit().code());
        assertEndedByLoop(worker);
    }

    @Test
    void aClosedLoopKillsAWorkerThatOutlastsTheGrace() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(Duration.ofMillis(20))) {
            worker = startAndAwaitReady(test.loop(), "ignore", "15", "sleep");
        }
        assertEquals(SIGKILL, journal.exit().signal());
        assertEndedByLoop(worker);
    }

    @Test
    void aClosedLoopKillsAStoppedWorker() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(Duration.ZERO)) {
            worker = journal.of(Programs.actor("raise", "19")).start(test.loop());
            Await.until("the stop", () -> Proc.isStopped(worker.pid()));
        }
        assertEquals(SIGKILL, journal.exit().signal());
        assertEndedByLoop(worker);
    }

    @Test
    void aGraceOfMoreThanTheClocksRangeIsAGrace() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(Duration.ofSeconds(Long.MAX_VALUE))) {
            worker = startAndAwaitReady(test.loop(), "sleep");
        }
        assertEquals(SIGTERM, journal.exit().signal());
        assertEndedByLoop(worker);
    }

    /** Its frames, which nobody has resumed for, are gone with the loop. */
    @Test
    void aClosedLoopTellsTheExitOfAWorkerThatWasHeldBackByAPause() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(LONG)) {
            worker = journal.of(Programs.actor("frames", "3", "exit", "5")).start(test.loop());
            worker.pipe().pauseReading();
            Await.turns(test.loop(), "the end of the process", () -> !worker.isAlive());
            Await.idle(test.loop());
        }
        assertEquals(5, journal.exit().code());
        assertEquals(List.of(), journal.frames());
        assertEndedByLoop(worker);
    }

    @Test
    void aClosedLoopTellsTheExitOfAWorkerThatHasClosedItsPipe() throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(LONG)) {
            worker = journal.of(Programs.actor("close", "sleep")).start(test.loop());
            Await.turns(test.loop(), "the close", journal::isClosed);
        }
        assertEquals(SIGTERM, journal.exit().signal());
        journal.assertEnded();
        assertNull(journal.closeCause());
        assertFalse(worker.isAlive());
    }

    @Test
    void whatIsQueuedWhenTheLoopIsClosedIsCounted() throws Exception {
        try (TestLoop test = openWithGrace(Duration.ZERO)) {
            Worker worker = startAndAwaitReady(test.loop(), "sleep");
            byte[] payload = new byte[32 * 1024 * 1024];
            worker.pipe().writeFrame(1, payload, 0, payload.length);
            Await.idle(test.loop());
        }
        assertEquals(1, journal.exit().unsentFrames());
        assertTrue(journal.exit().unsentBytes() > 0);
        journal.assertEnded();
    }

    @Test
    void manyWorkersOfAClosedLoopEndTogether() throws Exception {
        List<Journal> journals = new ArrayList<>();
        try (TestLoop test = openWithGrace(LONG)) {
            for (int count = 0; count < 20; count++) {
                Journal one = new Journal();
                one.of(Programs.actor(count % 2 == 0 ? "sleep" : "wait")).start(test.loop());
                journals.add(one);
            }
        }
        journals.forEach(Journal::assertEnded);
    }

    @Test
    void aLoopClosedInAHandlerEndsItsWorkersBeforeRunReturns() throws Exception {
        try (TestLoop test = openWithGrace(LONG)) {
            Worker worker = journal.of(Programs.actor("frames", "1", "sleep"))
                    .onFrame((pipe, channelId, payload) -> {
                        test.loop().close();
                        assertFalse(journal.isClosed());
                    })
                    .start(test.loop());
            test.loop().run();
            assertEquals(SIGTERM, journal.exit().signal());
            assertEndedByLoop(worker);
        }
    }

    @Test
    void aLoopClosedByAnotherThreadEndsItsWorkersBeforeCloseReturns() throws Exception {
        try (TestLoop test = openWithGrace(LONG)) {
            Worker worker = startAndAwaitReady(test.loop(), "sleep");
            List<Boolean> told = new ArrayList<>();
            Thread closer = new Thread(() -> {
                test.loop().close();
                told.add(journal.hasExited());
            });
            test.loop().execute(closer::start); // not before it runs: then the closer would be the loop's thread
            test.loop().run();
            closer.join();
            assertEquals(List.of(true), told);
            assertEndedByLoop(worker);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWorkerInAnyLanguageLeavesWhenTheLoopIsClosed(EchoProgram program) throws Exception {
        Worker worker;
        try (TestLoop test = openWithGrace(LONG)) {
            worker = journal.of(program.worker()).start(test.loop());
            worker.pipe().writeFrame(1, new byte[] {'a'}, 0, 1);
            Await.turns(test.loop(), "the echo", () -> !journal.frames().isEmpty());
        }
        assertEndedByLoop(worker);
    }
}
