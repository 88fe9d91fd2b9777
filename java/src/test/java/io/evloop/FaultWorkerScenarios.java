package io.evloop;

import io.evloop.FaultScenarios.Scenario;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.testing.Frames;
import io.evloop.testing.Programs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Workers that are started, used and reaped while system calls fail. */
final class FaultWorkerScenarios {

    private static final int SIGTERM = 15;
    private static final int LIVES = 3;

    /** Errors after which no further life is waited for: each restart fails. */
    private static final int HOPELESS = 6;

    private FaultWorkerScenarios() {}

    static void addTo(Map<String, Scenario> all) {
        all.put("worker that leaves", FaultWorkerScenarios::leavingWorker);
        all.put("worker that echoes", FaultWorkerScenarios::echoingWorker);
        all.put("worker that is ended", FaultWorkerScenarios::endedWorker);
        all.put("worker that cannot start", FaultWorkerScenarios::failingWorker);
        all.put("supervisor", FaultWorkerScenarios::supervisor);
    }

    /** One that needs the helper, prints and leaves. */
    private static void leavingWorker(FaultProbe probe) throws Exception {
        WorkerExit[] exit = {null};
        try (EventLoop loop = probe.openLoop()) {
            Programs.actor()
                    .stdout(Stdio.bytes((worker, bytes) -> {}))
                    .noNewPrivileges()
                    .onClose((pipe, cause) -> probe.ended(cause))
                    .onExit((worker, status) -> exit[0] = status)
                    .start(loop);
            probe.await(loop, "the exit", () -> exit[0] != null, () -> false);
        }
        checkExit(probe, exit[0], 0, 0);
    }

    private static void checkExit(FaultProbe probe, WorkerExit exit, int code, int signal)
            throws FaultProbe.EndedEarly {
        if (exit.code() == -1 && exit.signal() == 0) { // status unknown: so ECHILD is told
            probe.ended(Errno.exception("waitid", -Errno.ECHILD));
        }
        if (exit.code() != code || exit.signal() != signal) {
            if (probe.hasHeardTheFault()) {
                throw new FaultProbe.EndedEarly();
            }
            throw new AssertionError(exit.toString());
        }
    }

    private static void echoingWorker(FaultProbe probe) throws Exception {
        WorkerExit[] exit = {null};
        AtomicInteger closed = new AtomicInteger();
        try (EventLoop loop = probe.openLoop()) {
            Worker worker = Programs.worker(Programs.inC("echo"))
                    .limits(FaultScenarios.OPTIONS)
                    .onClose((pipe, cause) -> {
                        closed.incrementAndGet();
                        probe.ended(cause);
                    })
                    .onExit((from, status) -> exit[0] = status)
                    .start(loop);
            FaultScenarios.awaitStreams(
                    probe, loop, closed, new FaultStream(worker.pipe(), worker.pipe(), FaultScenarios.FEW_FRAMES));
            worker.pipe().shutdownOutput();
            probe.await(loop, "the exit", () -> exit[0] != null, () -> false);
        }
        checkExit(probe, exit[0], 0, 0);
    }

    private static void endedWorker(FaultProbe probe) throws Exception {
        WorkerExit[] exit = {null};
        try (EventLoop loop = probe.openLoop()) {
            Worker worker = Programs.worker(Programs.inC("echo"))
                    .directory(Path.of("/"))
                    .onClose((pipe, cause) -> probe.ended(cause))
                    .onExit((from, status) -> exit[0] = status)
                    .start(loop);
            worker.terminate();
            probe.await(loop, "the exit", () -> exit[0] != null, probe::hasHeardTheFault);
        }
        checkExit(probe, exit[0], -1, SIGTERM);
    }

    /** One that the helper cannot execute, and that must be reaped. */
    private static void failingWorker(FaultProbe probe) throws Exception {
        try (EventLoop loop = probe.openLoop()) {
            Programs.worker("/no/such/program").noNewPrivileges().start(loop);
            throw new AssertionError("it was started");
        } catch (NativeIoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /** Workers that say something and leave, again and again. */
    private static void supervisor(FaultProbe probe) throws Exception {
        int[] exits = {0};
        try (EventLoop loop = probe.openLoop()) {
            WorkerBuilder command = Programs.actor("text", "hello", "exit", "1");
            Supervisor supervisor = Supervisor.builder(command, 1)
                    .backoff(Duration.ofMillis(1), Duration.ofMillis(2))
                    .maxRestartsPerMinute(1000)
                    .grace(Duration.ofMillis(200))
                    .onUnsolicited((pipe, channelId, payload) -> checkText(Frames.text(payload)))
                    .onExit((worker, exit) -> exits[0]++)
                    .start(loop);
            probe.await(loop, "the exits", () -> exits[0] >= LIVES, () -> probe.heardCount() >= HOPELESS);
            supervisor.close();
        }
    }

    private static void checkText(String text) {
        if (!text.equals("hello")) {
            throw new AssertionError(text);
        }
    }
}
