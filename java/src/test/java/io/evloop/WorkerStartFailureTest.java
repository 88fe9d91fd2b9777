package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import io.evloop.testing.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that fail: an exception that says what and why; no process and no descriptor is left, and the loop goes on. */
class WorkerStartFailureTest {

    @TempDir
    private Path directory;

    /** Holds a start to fail with {@code errno} and to leave nothing, and the same loop to start a good worker. */
    private static NativeIoException assertFails(String errno, WorkerBuilder builder) throws Exception {
        Journal journal = new Journal();
        try (EventLoop loop = EventLoop.open()) {
            Resources before = Resources.now();
            NativeIoException failure = assertThrows(NativeIoException.class, () -> builder.start(loop));
            assertEquals("", Resources.now().surplusOver(before));
            assertEquals(errno, failure.errnoName(), failure.getMessage());
            assertEquals(0, failure.getSuppressed().length);
            journal.of(Programs.actor()).start(loop);
            assertEquals(0, journal.awaitExit(loop).code());
            return failure;
        }
    }

    /** Started plainly, and with the helper in between. */
    private static void assertExecFails(String errno, String program) throws Exception {
        assertExecFails(errno, program, Programs.worker(program, "argument"));
        assertExecFails(errno, program, Programs.worker(program, "argument").nice(1));
    }

    private static void assertExecFails(String errno, String program, WorkerBuilder builder) throws Exception {
        NativeIoException failure = assertFails(errno, builder);
        String beginning = "exec " + program + ": " + errno + " (";
        assertTrue(failure.getMessage().startsWith(beginning), failure.getMessage());
        assertEquals("execve", failure.systemCall());
    }

    private Path file(String content, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("program"), content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    // row 41
    @Test
    void aProgramThatIsNotThere() throws Exception {
        assertExecFails("ENOENT", "/no/such/program");
        assertExecFails("ENOENT", "evloop-no-such-program");
        assertExecFails("ENOENT", "./evloop-no-such-program");
    }

    // row 41
    @Test
    void aFileThatIsNotExecutable() throws Exception {
        assertExecFails("EACCES", file("#!/bin/sh\n", "rw-------").toString());
    }

    // row 41
    @Test
    void aDirectory() throws Exception {
        assertExecFails("EACCES", directory.toString());
    }

    // row 41
    @Test
    void aScriptWithoutItsInterpreter() throws Exception {
        assertExecFails("ENOENT", file("#!/no/such/interpreter\n", "rwx------").toString());
    }

    // row 41
    @Test
    void aFileThatIsNoProgram() throws Exception {
        assertExecFails("ENOEXEC", file("\1\2\3\4", "rwx------").toString());
    }

    // row 41
    @Test
    void aPathThatLeadsThroughAFile() throws Exception {
        assertExecFails("ENOTDIR", file("", "rwx------") + "/program");
    }

    // row 41
    @Test
    void anArgumentThatIsTooLong() throws Exception {
        NativeIoException failure = assertFails("E2BIG", Programs.actor("text", "x".repeat(256 * 1024)));
        assertTrue(failure.getMessage().startsWith("exec " + Programs.inC("actor") + ": E2BIG"), failure.getMessage());
    }

    // row 41
    @Test
    void aMissingDirectoryToStartInIsNamedAndSoIsTheCommand() throws Exception {
        Path missing = directory.resolve("missing");
        NativeIoException failure =
                assertFails("ENOENT", Programs.worker("true").directory(missing));
        String beginning = "exec true: chdir " + missing + ": ENOENT (";
        assertTrue(failure.getMessage().startsWith(beginning), failure.getMessage());
        assertEquals("chdir", failure.systemCall());
    }

    // row 41
    @Test
    void aFileToStartIn() throws Exception {
        Path file = file("", "rwx------");
        NativeIoException failure =
                assertFails("ENOTDIR", Programs.worker("true").directory(file));
        assertTrue(failure.getMessage().startsWith("exec true: chdir " + file), failure.getMessage());
    }

    /** The number of the failure is the same; the directory is not at fault. */
    // row 41
    @Test
    void aMissingProgramInADirectoryThatIsThere() throws Exception {
        NativeIoException failure =
                assertFails("ENOENT", Programs.worker("./missing").directory(directory));
        assertTrue(failure.getMessage().startsWith("exec ./missing: ENOENT ("), failure.getMessage());
    }

    // row 41
    @Test
    void aFileForAStandardStreamThatCannotBeOpened() throws Exception {
        Path missing = directory.resolve("missing/file");
        for (Stdio stdio : new Stdio[] {Stdio.from(missing), Stdio.to(missing), Stdio.appendTo(missing)}) {
            NativeIoException failure =
                    assertFails("ENOENT", Programs.worker("true").stderr(stdio));
            assertTrue(failure.getMessage().startsWith("open " + missing + ": ENOENT"), failure.getMessage());
        }
    }

    @Test
    void nothingIsLeftOfManyFailedStarts() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Resources before = Resources.now();
            WorkerBuilder builder = Programs.worker("/no/such/program")
                    .stdout(Stdio.lines(100, (worker, line) -> {}))
                    .onFrame((pipe, channelId, payload) -> {});
            for (int count = 0; count < 300; count++) {
                assertThrows(IOException.class, () -> builder.start(loop));
            }
            assertEquals("", Resources.now().surplusOver(before));
            while (loop.poll(0) > 0) {
                continue; // what a failed start has left in the loop would show here
            }
            assertEquals("", Resources.now().surplusOver(before));
        }
    }

    @Test
    void anotherThreadThanTheLoopsCannotStart() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            AtomicReference<Exception> thrown = new AtomicReference<>();
            Thread other = new Thread(
                    () -> thrown.set(assertThrows(
                            IllegalStateException.class,
                            () -> Programs.worker("true").start(loop))),
                    "another");
            other.start();
            other.join();
            String message = thrown.get().getMessage();
            assertTrue(
                    message.contains("another")
                            && message.contains(Thread.currentThread().getName()),
                    message);
        }
    }

    @Test
    void aClosedLoopStartsNothing() throws Exception {
        EventLoop loop = EventLoop.open();
        loop.close();
        assertThrows(IllegalStateException.class, () -> Programs.worker("true").start(loop));
    }
}
