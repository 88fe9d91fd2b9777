package io.evloop.sys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.Errors;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One call of {@code posix_spawn}: what its failure is called, and what an exit tells. */
class SpawnTest {

    private static final int[] INHERITED = {-1, -1, -1};
    private static final int TARGET_FD = 3;
    private static final int SIGKILL = 9;
    private static final String NO_PROGRAM = "/nowhere/program";

    @TempDir
    private Path directory;

    private static List<byte[]> strings(String... strings) {
        return Arrays.stream(strings).map(string -> string.getBytes(UTF_8)).toList();
    }

    private static Spawn spawn(String directory, String... command) {
        return new Spawn(command[0], strings(command), strings("PATH=/usr/bin:/bin"), false, directory, 0, List.of());
    }

    /** Starts a child, whose pipe is closed at once. */
    private static int start(Spawn spawn) throws IOException {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket ours = pair[0];
                RawSocket workers = pair[1]) {
            return spawn.start(INHERITED, workers.fd(), TARGET_FD);
        }
    }

    private static NativeIoException failure(Spawn spawn) {
        return assertThrows(NativeIoException.class, () -> start(spawn));
    }

    // row 41
    @Test
    void namesTheProgramThatCannotBeRun() throws Exception {
        NativeIoException missing = failure(spawn(null, NO_PROGRAM));
        assertEquals("exec " + NO_PROGRAM + ": ENOENT (No such file or directory)", missing.getMessage());
        assertEquals("execve", missing.systemCall());
        assertEquals(Errors.ENOENT, missing.errno());
        assertEquals(
                "exec nobody-has-this: ENOENT (No such file or directory)",
                failure(spawn(null, "nobody-has-this")).getMessage());
        Path file = Files.writeString(directory.resolve("text"), "no program");
        for (String program : List.of(file.toString(), directory.toString())) {
            assertEquals(
                    "exec " + program + ": EACCES (Permission denied)",
                    failure(spawn(null, program)).getMessage());
        }
    }

    // row 41
    @Test
    void namesTheDirectoryIfThatIsAtFault() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        for (String program : List.of("true", NO_PROGRAM)) {
            NativeIoException missing = failure(spawn("/nowhere", program));
            assertEquals(
                    "exec " + program + ": chdir /nowhere: ENOENT (No such file or directory)", missing.getMessage());
            assertEquals("chdir", missing.systemCall());
            assertEquals(
                    "exec " + program + ": chdir " + file + ": ENOTDIR (Not a directory)",
                    failure(spawn(file.toString(), program)).getMessage());
            assertEquals("chdir", failure(spawn("", program)).systemCall());
        }
    }

    // row 41
    @Test
    void namesTheProgramIfTheDirectoryIsGood() {
        for (String good : List.of("/", "/proc", directory.toString())) {
            NativeIoException missing = failure(spawn(good, NO_PROGRAM));
            assertEquals("execve", missing.systemCall());
            assertTrue(missing.getMessage().startsWith("exec " + NO_PROGRAM + ": ENOENT"), missing.getMessage());
        }
    }

    // row 41
    @Test
    void tellsADirectoryThatMayNotBeEnteredFromOneThatMayNotBeRead() throws Exception {
        Path classes = directory.resolve("classes");
        for (Class<?> type : List.of(Native.class, SpawnTest.class)) {
            copyTree(Path.of(JavaProcess.pathOf(type)), classes);
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path unreadable = Files.createDirectory(directory.resolve("unreadable"));
        Files.setPosixFilePermissions(unreadable, PosixFilePermissions.fromString("--x--x--x"));
        Path closed = Files.createDirectory(directory.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r--r--r--"));
        JavaProcess process = JavaProcess.of(StartIn.class).classPath(classes.toString());
        if ("root".equals(System.getProperty("user.name"))) { // whom no permission stops
            List<String> asNobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
            process.prefix(asNobody.toArray(String[]::new));
            JavaProcess.Result probe = JavaProcess.run(List.of("setpriv", "--reuid=65534", "test", "-x", "/"));
            assumeTrue(probe.exitCode() == 0, () -> "may not become another: " + probe.output());
        }
        JavaProcess.Result result = process.run(unreadable.toString(), closed.toString());
        assertEquals(0, result.exitCode(), result.output());
        List<String> lines = result.output().lines().toList();
        assertTrue(lines.contains("exec " + NO_PROGRAM + ": ENOENT (No such file or directory)"), result.output());
        assertTrue(
                lines.contains("exec " + NO_PROGRAM + ": chdir " + closed + ": EACCES (Permission denied)"),
                result.output());
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    try (InputStream in = Files.newInputStream(file)) {
                        Files.copy(in, copy);
                    }
                }
            }
        }
    }

    /** Starts a program that does not exist in each of the directories. */
    static final class StartIn {

        private StartIn() {}

        public static void main(String[] directories) throws IOException {
            long pair = Fd.check(Native.socketPair(), "socketpair");
            for (String directory : directories) {
                try {
                    spawn(directory, NO_PROGRAM).start(INHERITED, Fd.second(pair), TARGET_FD);
                } catch (NativeIoException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    @Test
    void blamesNeitherDirectoryNorChildForADescriptorThatIsNotOpen() {
        Spawn spawn = spawn("/", "true");
        Errors.assertFails(Errors.EBADF, "EBADF", "execve", () -> spawn.start(INHERITED, -1, TARGET_FD));
        Errors.assertFails(Errors.EINVAL, "EINVAL", "execve", () -> spawn.start(INHERITED, 0, 2));
        Errors.assertFails(Errors.EINVAL, "EINVAL", "execve", () -> spawn.start(INHERITED, 0, 256));
    }

    @Test
    void tellsHowAChildEnded() throws Exception {
        ExitStatus status = exitOf("exit 7");
        assertEquals(7, status.code());
        assertEquals(0, status.signal());
        ExitStatus killed = exitOf("kill -KILL $$");
        assertEquals(-1, killed.code());
        assertEquals(SIGKILL, killed.signal());
        assertTrue(killed.maxResidentBytes() > 4096, () -> "resident: " + killed.maxResidentBytes());
        assertTrue(killed.userMicros() >= 0 && killed.systemMicros() >= 0);
    }

    @Test
    void stringsArriveByteForByteAlsoEmptyOnesAndNone() throws Exception {
        String script = "[ $# -eq 3 ] && [ \"$1\" = one ] && [ -z \"$2\" ]"
                + " && [ \"$(printf %s \"$3\" | /usr/bin/od -An -tx1)\" = ' ff 78' ] && [ -z \"$EVLOOP_FD\" ]";
        List<byte[]> arguments = new ArrayList<>(strings("/bin/sh", "-c", script, "sh", "one", ""));
        arguments.add(new byte[] {(byte) 0xFF, 'x'});
        Spawn spawn = new Spawn("/bin/sh", arguments, List.of(), false, null, 0, List.of());
        assertEquals(0, exitOf(spawn).code());
    }

    // row 42
    @Test
    void refusesADirectoryWithANul() {
        Spawn spawn = spawn("/tmp\0/x", "true");
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> start(spawn));
        assertTrue(refused.getMessage().contains("the directory"), refused.getMessage());
    }

    private static ExitStatus exitOf(String script) throws IOException {
        return exitOf(spawn(null, "sh", "-c", script));
    }

    private static ExitStatus exitOf(Spawn spawn) throws IOException {
        int pid = start(spawn);
        int pidFd = Fd.check(Native.pidFdOpen(pid), "pidfd_open");
        ExitStatus status = new ExitStatus(ExitStatus.newRecord());
        assertEquals(-1, status.code());
        assertEquals(0, status.signal());
        Await.until("the exit", () -> status.reap(pidFd) == 1);
        assertEquals(-Errno.ECHILD, status.reap(pidFd));
        assertEquals(-Errno.ESRCH, Native.pidFdSignal(pidFd, SIGKILL));
        Fd.close(pidFd);
        return status;
    }
}
