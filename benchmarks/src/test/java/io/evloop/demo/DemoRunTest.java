package io.evloop.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Runs with workers that do not do what they should. */
class DemoRunTest {

    private static final int OUTSTANDING = 16;
    private static final Duration LOAD = Duration.ofSeconds(1);
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final StringWriter written = new StringWriter();

    @AfterEach
    void leavesNoWorker() {
        assertEquals(List.of(), ProcessHandle.current().children().toList());
    }

    private boolean run(WorkerProgram... programs) throws IOException {
        PrintWriter out = new PrintWriter(written);
        return new DemoRun(List.of(programs), OUTSTANDING, out, new LiveLine(out, false)).run(LOAD, LIMIT);
    }

    private static WorkerProgram shell(String script) {
        return new WorkerProgram("sh", List.of("sh", "-c", script));
    }

    private void assertFailure(String pattern) {
        List<String> lines = written.toString().lines().toList();
        assertTrue(lines.get(lines.size() - 1).matches("FAILED  " + pattern), written::toString);
    }

    @Test
    void failsIfAWorkerFlipsOneBit() throws IOException {
        assertFalse(run(FaultyWorker.with(FaultyWorker.Fault.FLIP), WorkerProgram.c()));
        assertFailure("Faulty: frame 100 of \\d+ bytes came with a wrong byte at \\d+");
    }

    @Test
    void failsIfAWorkerLeavesUnasked() throws IOException {
        assertFalse(run(WorkerProgram.c(), shell("exit 0")));
        assertFailure("sh: (the pipe broke|the worker left unasked).*");
    }

    @Test
    void failsIfAWorkerLeavesWithAnotherCodeThanNought() throws IOException {
        WorkerProgram c = WorkerProgram.c();
        assertFalse(run(shell(c.command().get(0) + "; exit 3")));
        assertFailure("sh: the worker left with 3");
    }

    @Test
    void failsIfAWorkerKillsItself() throws IOException {
        assertFalse(run(WorkerProgram.c(), shell("kill -9 $$")));
        assertFailure("sh: .*");
        assertTrue(written.toString().contains("signal 9"), written::toString);
    }

    @Test
    void failsIfAFrameComesThatWasNotSent() throws IOException {
        assertFalse(run(FaultyWorker.with(FaultyWorker.Fault.ADD)));
        assertFailure("Faulty: a frame came back that was not sent");
    }

    @Test
    void failsIfAProgramIsNotThere() throws IOException {
        assertFalse(run(WorkerProgram.c(), new WorkerProgram("none", List.of("/nowhere/to/be/found"))));
        assertFailure("none: exec /nowhere/to/be/found: ENOENT.*");
    }
}
