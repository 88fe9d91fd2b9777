package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a worker's process is given before its program begins. */
class WorkerAttributesTest {

    private static final int MAX_LINE = 4096;

    /** Runs a shell script to its end and returns what it printed. */
    private static List<String> run(WorkerBuilder builder) throws Exception {
        List<String> lines = new ArrayList<>();
        List<WorkerExit> exits = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            builder.stdout(Stdio.lines(MAX_LINE, (worker, line) -> lines.add(line)))
                    .onExit((worker, exit) -> exits.add(exit))
                    .start(loop);
            Await.turns(loop, "the exit", () -> !exits.isEmpty());
        }
        assertEquals(0, exits.get(0).code());
        return lines;
    }

    private static WorkerBuilder shell(String script) {
        return Worker.command("sh", "-c", script);
    }

    /** The fields behind the program's name in /proc/self/stat: state, parent, group, session … */
    private static String[] stat(List<String> lines) {
        String line = lines.get(0);
        return line.substring(line.lastIndexOf(')') + 2).split(" ");
    }

    @Test
    void limitsAreSetBeforeTheProgramBegins() throws Exception {
        WorkerBuilder builder = shell("ulimit -n; ulimit -Hn; ulimit -c; ulimit -Hc")
                .limit(ResourceLimit.NOFILE, 50, 60)
                .limit(ResourceLimit.CORE, 0, ResourceLimit.UNLIMITED);
        assertEquals(List.of("50", "60", "0", "unlimited"), run(builder));
    }

    @Test
    void niceAndNoNewPrivilegesAreSet() throws Exception {
        List<String> lines =
                run(shell("nice; grep NoNewPrivs /proc/self/status").nice(7).noNewPrivileges());
        assertEquals(List.of("7", "NoNewPrivs:\t1"), lines);
    }

    @Test
    void anUnprivilegedDefaultKeepsEverythingAsItWas() throws Exception {
        List<String> own = run(shell("nice; grep NoNewPrivs /proc/$PPID/status"));
        assertEquals(own, run(shell("nice; grep NoNewPrivs /proc/self/status")));
        assertNotEquals(
                own, run(shell("nice; grep NoNewPrivs /proc/self/status").nice(19)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNewSessionIsItsOwnLeader(boolean andGroup) throws Exception {
        WorkerBuilder builder = shell("cat /proc/$$/stat").newSession();
        List<String> lines = run(andGroup ? builder.newProcessGroup() : builder);
        String pid = lines.get(0).substring(0, lines.get(0).indexOf(' '));
        assertEquals(pid, stat(lines)[3], "session");
        assertEquals(pid, stat(lines)[2], "group");
    }

    @Test
    void aNewProcessGroupStaysInTheSession() throws Exception {
        List<String> lines = run(shell("cat /proc/$$/stat").newProcessGroup());
        String pid = lines.get(0).substring(0, lines.get(0).indexOf(' '));
        assertEquals(pid, stat(lines)[2], "group");
        assertNotEquals(pid, stat(lines)[3], "session");
    }

    @Test
    void theHelperLeavesNoDescriptorOfItsOwn() throws Exception {
        List<String> plain = run(shell("ls /proc/$$/fd"));
        assertEquals(List.of("0", "1", "2", "3"), plain);
        assertEquals(plain, run(shell("ls /proc/$$/fd").nice(1)));
    }

    @Test
    void theHelperKeepsTheEnvironmentAndTheArguments() throws Exception {
        WorkerBuilder builder =
                Worker.command("env").clearEnv().env("A", "=1 2").nice(1);
        assertEquals(List.of("A==1 2", "EVLOOP_FD=3"), run(builder));
        assertEquals(
                List.of("-- nice=3"), run(Worker.command("echo", "-- nice=3").nice(1)));
    }

    // row 41, with the helper in between
    @Test
    void aProgramThatIsNotThereIsAnExceptionFromStart() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            WorkerBuilder builder = Worker.command("no-such-program").nice(1);
            NativeIoException e = assertThrows(NativeIoException.class, () -> builder.start(loop));
            assertEquals("ENOENT", e.errnoName());
            assertTrue(e.getMessage().startsWith("exec no-such-program: ENOENT"), e.getMessage());
            WorkerBuilder elsewhere = Worker.command("true").nice(1).directory(Path.of("/no/such/directory"));
            e = assertThrows(NativeIoException.class, () -> elsewhere.start(loop));
            assertEquals("chdir", e.systemCall());
        }
    }

    @Test
    void aLimitThatCannotBeHadIsAnExceptionFromStart() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            // above fs.nr_open nobody may go, root neither
            WorkerBuilder builder = Worker.command("true").limit(ResourceLimit.NOFILE, 1L << 40, 1L << 40);
            NativeIoException e = assertThrows(NativeIoException.class, () -> builder.start(loop));
            assertEquals("setrlimit", e.systemCall());
            assertTrue(e.getMessage().startsWith("setrlimit RLIMIT_NOFILE for true: EPERM"), e.getMessage());
        }
    }

    @Test
    void refusesWhatMakesNoSense() {
        WorkerBuilder builder = Worker.command("true");
        assertThrows(IllegalArgumentException.class, () -> builder.nice(20));
        assertThrows(IllegalArgumentException.class, () -> builder.nice(-21));
        assertThrows(IllegalArgumentException.class, () -> builder.limit(ResourceLimit.CPU, -2, 1));
        assertThrows(IllegalArgumentException.class, () -> builder.limit(ResourceLimit.CPU, 2, 1));
        assertThrows(
                IllegalArgumentException.class, () -> builder.limit(ResourceLimit.CPU, ResourceLimit.UNLIMITED, 1));
        assertThrows(IllegalArgumentException.class, () -> builder.stdin(Stdio.lines(1, (worker, line) -> {})));
        assertThrows(IllegalArgumentException.class, () -> Stdio.lines(0, (worker, line) -> {}));
    }
}
