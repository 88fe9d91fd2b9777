package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a worker prints, read on its loop; and what it has cost. */
class OutputCaptureTest {

    private final List<String> events = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private final List<WorkerExit> exits = new ArrayList<>();

    private Worker run(WorkerBuilder builder) throws Exception {
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> errors.add(error))
                .build();
        try (EventLoop loop = EventLoop.open(options)) {
            Worker worker = builder.onClose((pipe, cause) -> events.add("close " + cause))
                    .onExit((w, exit) -> {
                        events.add("exit " + exit.code());
                        exits.add(exit);
                    })
                    .start(loop);
            Await.turns(loop, "the exit", () -> !exits.isEmpty());
            return worker;
        }
    }

    private static WorkerBuilder shell(String script) {
        return Worker.command("sh", "-c", script);
    }

    @Test
    void linesComeBeforeTheExitAndTheLastOneWithoutItsEnd() throws Exception {
        List<String> lines = new ArrayList<>();
        run(shell("printf 'a\\nbb\\r\\n\\nlast'; printf 'error\\n' >&2")
                .stdout(Stdio.lines(100, (worker, line) -> lines.add(line)))
                .stderr(Stdio.lines(100, (worker, line) -> lines.add("2:" + line))));
        assertTrue(lines.remove("2:error"), lines::toString);
        assertEquals(List.of("a", "bb", "", "last"), lines);
        assertEquals("exit 0", events.get(events.size() - 1));
    }

    @Test
    void whatAWorkerPrintsWhenItIsAskedToLeaveByTheLoopsCloseIsHeard() throws Exception {
        List<String> lines = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            String goodBye = "for n in 1 2 3; do echo bye $n; sleep 0.02; done; exit 7";
            shell("trap '" + goodBye + "' TERM; echo up; while :; do sleep 0.02; done")
                    .stdout(Stdio.lines(100, (worker, line) -> lines.add(line)))
                    .onExit((worker, exit) -> exits.add(exit))
                    .start(loop);
            Await.turns(loop, "its first line", () -> !lines.isEmpty());
        }
        assertEquals(List.of("up", "bye 1", "bye 2", "bye 3"), lines);
        assertEquals(7, exits.get(0).code());
    }

    @Test
    void aLineBeyondItsBoundIsCutAndGoesOn() throws Exception {
        List<String> lines = new ArrayList<>();
        run(shell("printf 'abcdefgh\\nxyz\\n'").stdout(Stdio.lines(3, (worker, line) -> lines.add(line))));
        assertEquals(List.of("abc", "def", "gh", "xyz"), lines);
    }

    @Test
    void aCarriageReturnIsTheEndOfALineOnlyWithALineFeed() throws Exception {
        List<String> lines = new ArrayList<>();
        run(shell("printf 'abcd\\r\\nabc\\rdef\\nabcd\\refg\\n\\r\\n'")
                .stdout(Stdio.lines(4, (worker, line) -> lines.add(line))));
        assertEquals(List.of("abcd", "abc\r", "def", "abcd", "\refg", ""), lines);
    }

    // row 50
    @Test
    void tenMebibytesPrintedHangNobody() throws Exception {
        long[] count = {0};
        run(shell("head -c 10485760 /dev/zero").stdout(Stdio.bytes((worker, bytes) -> count[0] += bytes.remaining())));
        assertEquals(10485760, count[0]);
    }

    @Test
    void aHandlerThatThrowsIsToldOnceAndTheOutputIsDropped() throws Exception {
        RuntimeException failure = new RuntimeException("on purpose");
        run(shell("head -c 1048576 /dev/zero | tr '\\0' '\\n'; exit 3").stdout(Stdio.lines(10, (worker, line) -> {
            throw failure;
        })));
        assertEquals(3, exits.get(0).code());
        assertEquals(1, errors.size());
        assertSame(failure, errors.get(0));
    }

    @Test
    void aGrandchildThatKeepsTheOutputDelaysNothing() throws Exception {
        List<String> lines = new ArrayList<>();
        run(shell("echo $$; sleep 600 & echo $!").stdout(Stdio.lines(100, (worker, line) -> lines.add(line))));
        assertEquals(2, lines.size());
        ProcessHandle.of(Long.parseLong(lines.get(1))).orElseThrow().destroyForcibly();
    }

    @Test
    void theUsageIsToldOnceItHasLeft() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")
                    .onExit((w, exit) -> exits.add(exit))
                    .start(loop);
            assertNull(worker.usage());
            Await.turns(loop, "the exit", () -> !exits.isEmpty());
            WorkerUsage usage = worker.usage();
            assertNotNull(usage);
            assertTrue(usage.userTime().plus(usage.systemTime()).compareTo(Duration.ZERO) > 0, usage::toString);
            assertTrue(usage.maxResidentBytes() > 100_000, usage::toString);
            assertEquals(false, usage.coreDumped());
        }
    }

    @Test
    void terminateInsistsAfterTheGrace() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            boolean[] ready = {false};
            Worker worker = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done")
                    .stdout(Stdio.lines(100, (w, line) -> ready[0] = true))
                    .onExit((w, exit) -> exits.add(exit))
                    .start(loop);
            Await.turns(loop, "the trap", () -> ready[0]);
            worker.terminate(Duration.ofMillis(20));
            Await.turns(loop, "the exit", () -> !exits.isEmpty());
            assertEquals(9, exits.get(0).signal());
        }
    }

    @Test
    void terminateLetsItLeaveByItself() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = shell("trap 'exit 5' TERM; echo ready >&3; while :; do sleep 0.01; done")
                    .onFrame((pipe, channelId, payload) -> {})
                    .onExit((w, exit) -> exits.add(exit))
                    .start(loop);
            Await.turns(loop, "the trap", () -> worker.pipe().stats().bytesIn() > 0);
            worker.terminate(Duration.ofMinutes(10));
            Await.turns(loop, "the exit", () -> !exits.isEmpty());
            assertEquals(5, exits.get(0).code());
        }
    }

    private List<String> linesOf(String printed, int maxLength) throws Exception {
        List<String> lines = new ArrayList<>();
        run(shell("printf '" + printed + "\\n'").stdout(Stdio.lines(maxLength, (worker, line) -> lines.add(line))));
        return lines;
    }

    @Test
    void aLineIsNotCutInsideACharacter() throws Exception {
        assertEquals(List.of("a😀", "b😀", "😀", "\ufffd"), linesOf("a😀b😀😀\\351\\251", 5));
    }

    @Test
    void aCharacterThatIsLongerThanALineIsKeptWhole() throws Exception {
        assertEquals(List.of("\ufffd", "\ufffd", "é", "😀", "\r"), linesOf("\\200\\200é😀\\r\\r", 1));
    }
}
