package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Journal;
import io.evloop.testing.Proc;
import io.evloop.testing.Programs;
import io.evloop.testing.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Signals to workers, and those that they begin with. */
class WorkerSignalsTest {

    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int SIGSTOP = 19;
    private static final int SIGWINCH = 28;
    private static final Path LAST_PID = Path.of("/proc/sys/kernel/ns_last_pid");
    private static final int TRIES = 200;

    private final Journal journal = new Journal();

    private Worker startAndAwaitReady(EventLoop loop, String... acts) throws IOException {
        String[] all = new String[acts.length + 2];
        System.arraycopy(acts, 0, all, 0, acts.length - 1);
        all[acts.length - 1] = "text";
        all[acts.length] = "ready";
        all[acts.length + 1] = acts[acts.length - 1];
        Worker worker = journal.of(Programs.actor(all)).start(loop);
        Await.turns(loop, "the worker", () -> !journal.frames().isEmpty());
        return worker;
    }

    @Test
    void terminateIsSigtermAndKillIsSigkill() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            startAndAwaitReady(loop, "sleep").terminate();
            assertEquals(SIGTERM, journal.awaitExit(loop).signal());
        }
    }

    @Test
    void killEndsAWorkerThatIgnoresEverythingElse() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = startAndAwaitReady(loop, "ignore", "15", "sleep");
            worker.terminate();
            worker.signal(0);
            assertTrue(worker.isAlive());
            worker.kill();
            assertEquals(SIGKILL, journal.awaitExit(loop).signal());
        }
    }

    @Test
    void killEndsAStoppedWorker() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = startAndAwaitReady(loop, "sleep");
            worker.signal(SIGSTOP);
            Await.until("the stop", () -> Proc.isStopped(worker.pid()));
            worker.kill();
            assertEquals(SIGKILL, journal.awaitExit(loop).signal());
        }
    }

    // row 47
    @Test
    void twoKillsAreOneExit() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = startAndAwaitReady(loop, "sleep");
            worker.kill();
            worker.kill();
            Await.until("the end", () -> Proc.hasEnded(worker.pid()));
            worker.kill();
            assertEquals(SIGKILL, journal.awaitExit(loop).signal());
            worker.kill();
            worker.terminate();
            assertFalse(worker.isAlive());
            Await.idle(loop);
            journal.assertEnded();
        }
    }

    @Test
    void aSignalThatTheKernelDoesNotKnowIsRefused() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = startAndAwaitReady(loop, "sleep");
            assertThrows(IllegalArgumentException.class, () -> worker.signal(-1));
            assertThrows(IllegalArgumentException.class, () -> worker.signal(65));
            worker.signal(64);
            assertEquals(64, journal.awaitExit(loop).signal());
        }
    }

    @Test
    void anotherThreadMayNotSignal() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = startAndAwaitReady(loop, "wait");
            AtomicReference<Exception> thrown = new AtomicReference<>();
            Thread other = new Thread(() -> thrown.set(assertThrows(IllegalStateException.class, worker::kill)));
            other.start();
            other.join();
            assertTrue(thrown.get().getMessage().contains(other.getName()));
            assertTrue(worker.isAlive());
            worker.pipe().close();
            assertEquals(0, journal.awaitExit(loop).code());
        }
    }

    /** Possible only where the kernel lets one choose the next process id: who has that of a worker that left is a stranger. */
    // row 47
    @Test
    void aStrangerWithTheProcessIdOfAWorkerThatLeftIsNotHit() throws Exception {
        assumeTrue(Files.isWritable(LAST_PID), "the next process id cannot be chosen here");
        try (EventLoop loop = EventLoop.open()) {
            Worker gone = journal.of(Programs.actor()).start(loop);
            Await.until("the exit", () -> !gone.isAlive()); // reaped; the loop has not seen it yet
            Stranger stranger = startWithPid(gone.pid(), loop);
            gone.signal(SIGKILL);
            gone.kill();
            gone.terminate();
            journal.awaitExit(loop);
            gone.kill();
            gone.close();
            stranger.worker.pipe().writeFrame(1, new byte[] {'a'}, 0, 1);
            Await.turns(loop, "the stranger", () -> !stranger.journal.frames().isEmpty());
            stranger.worker.pipe().close();
            assertEquals(0, stranger.journal.awaitExit(loop).code());
        }
    }

    private record Stranger(Worker worker, Journal journal) {}

    private static Stranger startWithPid(long pid, EventLoop loop) throws Exception {
        for (int count = 0; count < TRIES; count++) {
            Files.writeString(LAST_PID, Long.toString(pid - 1));
            Journal journal = new Journal();
            Worker worker = journal.of(Programs.actor("echo")).start(loop);
            if (worker.pid() == pid) {
                return new Stranger(worker, journal);
            }
            worker.close();
            journal.awaitExit(loop);
        }
        return abort("others take every process id first");
    }

    // row 48
    @Test
    void theMaskIsEmptyAndEveryDispositionDefault() throws Exception {
        try (EventLoop loop = EventLoop.open();
                Signals ignored = Signals.ignore("USR1", "WINCH")) {
            assertTrue(Signals.isIn("SigIgn", SIGWINCH));
            journal.of(Programs.actor("status")).start(loop);
            assertEquals(0, journal.awaitExit(loop).code());
            for (String set : new String[] {"SigBlk", "SigIgn", "SigCgt", "SigPnd"}) {
                assertEquals("\t0000000000000000", journal.textAfter(set + ":"), set);
            }
        }
    }
}
