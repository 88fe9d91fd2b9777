package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import io.evloop.testing.RawPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker's standard streams. */
class WorkerStdioTest {

    private static final int TEN_MEBIBYTES = 10 * 1024 * 1024;
    private static final int BLOCK = 64 * 1024;
    private static final int NONBLOCK = 0x800;
    private static final String MANY = Integer.toString(TEN_MEBIBYTES);

    private final Journal journal = new Journal();

    @TempDir
    private Path directory;

    private WorkerExit run(WorkerBuilder builder) throws Exception {
        try (TestLoop test = TestLoop.open()) {
            journal.of(builder).start(test.loop());
            return journal.awaitExit(test.loop());
        }
    }

    @Test
    void standardInputComesFromAFile() throws Exception {
        Path file = Files.writeString(directory.resolve("input"), "some text\n");
        run(Programs.actor("input").stdin(Stdio.from(file)));
        assertEquals("some text\n", journal.textAfter("input="));
    }

    @Test
    void standardInputThatIsNullEndsAtOnce() throws Exception {
        run(Programs.actor("input").stdin(Stdio.NULL));
        assertEquals("", journal.textAfter("input="));
    }

    @Test
    void aFileIsMadeOrEmptied() throws Exception {
        Path output = directory.resolve("output");
        Path error = Files.writeString(directory.resolve("error"), "what was there");
        run(Programs.actor("print", "1", "5", "print", "2", "3")
                .stdout(Stdio.to(output))
                .stderr(Stdio.to(error)));
        assertEquals("xxxxx", Files.readString(output));
        assertEquals("xxx", Files.readString(error));
    }

    @Test
    void aFileIsAppendedToByManyWorkers() throws Exception {
        Path file = Files.writeString(directory.resolve("log"), "first ");
        Stdio log = Stdio.appendTo(file);
        run(Programs.actor("print", "1", "2", "print", "2", "3").stdout(log).stderr(log));
        Journal second = new Journal();
        try (TestLoop test = TestLoop.open()) {
            second.of(Programs.actor("print", "1", "4").stdout(log)).start(test.loop());
            second.awaitExit(test.loop());
        }
        assertEquals("first " + "x".repeat(9), Files.readString(file));
    }

    private Path fifo() throws Exception {
        Path fifo = directory.resolve("fifo");
        assertEquals(
                0,
                new ProcessBuilder("mkfifo", fifo.toString())
                        .inheritIO()
                        .start()
                        .waitFor());
        return fifo;
    }

    @Test
    void aFifoWithoutAReaderFailsTheStart() throws Exception {
        Stdio stdout = Stdio.to(fifo());
        NativeIoException failure = assertThrows(
                NativeIoException.class,
                () -> run(Programs.actor("print", "1", "1").stdout(stdout)));
        assertEquals("ENXIO", failure.errnoName());
    }

    @Test
    void aFifoWithoutAWriterIsAtItsEnd() throws Exception {
        run(Programs.actor("input").stdin(Stdio.from(fifo())));
        assertEquals("", journal.textAfter("input="));
    }

    @Test
    void aFifoBlocksTheWorkerThoughItsOpeningBlocksNobody() throws Exception {
        Path fifo = fifo();
        try (FileChannel reader = FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            run(Worker.command("grep", "flags", "/proc/self/fdinfo/1").stdout(Stdio.to(fifo)));
            ByteBuffer line = ByteBuffer.allocate(BLOCK);
            reader.read(line);
            String flags = new String(line.array(), 0, line.position(), StandardCharsets.US_ASCII);
            assertEquals(0, Integer.parseInt(flags.replaceAll("[^0-7]", ""), 8) & NONBLOCK, flags);
        }
    }

    // row 50
    @Test
    void tenMebibytesIntoAFile() throws Exception {
        Path file = directory.resolve("output");
        assertEquals(
                0,
                run(Programs.actor("print", "1", MANY).stdout(Stdio.to(file))).code());
        assertEquals(TEN_MEBIBYTES, Files.size(file));
    }

    // row 50
    @Test
    void tenMebibytesDropped() throws Exception {
        WorkerBuilder builder = Programs.actor("print", "1", MANY, "print", "2", MANY, "text", "printed");
        assertEquals(0, run(builder.stdout(Stdio.NULL).stderr(Stdio.NULL)).code());
        assertEquals(List.of("0:printed"), journal.frames());
    }

    /** The supervisor's own standard output is a file here; what the worker prints must stand in it. */
    // row 50
    @Test
    void tenMebibytesInherited() throws Exception {
        JavaProcess.Result supervisor = JavaProcess.run(Programs.inJava(Inheriting.class));
        String output = supervisor.output();
        assertEquals(0, supervisor.exitCode(), () -> output.replace("x", ""));
        assertEquals(
                2 * TEN_MEBIBYTES,
                output.chars().filter(character -> character == 'x').count());
    }

    static final class Inheriting {

        private Inheriting() {}

        public static void main(String[] arguments) throws IOException {
            Journal journal = new Journal();
            try (EventLoop loop = EventLoop.open()) {
                WorkerBuilder builder = Worker.command(Programs.inC("actor"), "print", "1", MANY, "print", "2", MANY);
                journal.of(builder).start(loop);
                System.exit(journal.awaitExit(loop).code());
            }
        }
    }

    /** A pipe that nobody reads: the worker waits for room in it, and nobody waits for the worker. */
    // row 50
    @Test
    void aWorkerThatHangsOnItsOutputHangsNobodyElse() throws Exception {
        Journal others = new Journal();
        try (RawPipe output = RawPipe.open();
                TestLoop test = TestLoop.open()) {
            journal.of(Programs.actor("print", "1", MANY, "text", "printed"))
                    .stdout(Stdio.to(Path.of("/proc/self/fd/" + output.writeEnd())))
                    .start(test.loop());
            output.closeWriteEnd();
            Worker other = others.of(Programs.actor("echo")).start(test.loop());
            for (int count = 1; count <= 100; count++) {
                int expected = count;
                other.pipe().writeFrame(1, new byte[] {'a'}, 0, 1);
                Await.turns(
                        test.loop(), "the other's echo", () -> others.frames().size() == expected);
            }
            assertEquals(List.of(), journal.frames());
            for (int block = 0; block < TEN_MEBIBYTES / BLOCK; block++) {
                assertEquals(BLOCK, output.read(BLOCK).length);
            }
            assertEquals(0, journal.awaitExit(test.loop()).code());
            assertEquals(List.of("0:printed"), journal.frames());
            other.pipe().close();
            others.awaitExit(test.loop());
        }
    }

    @Test
    void bothOutputsMayGoToTheSameFile() throws Exception {
        Path file = directory.resolve("both");
        String script = "echo one; echo two >&2; echo three; echo four >&2";
        run(Worker.command("sh", "-c", script).stdout(Stdio.to(file)).stderr(Stdio.to(file)));
        assertEquals("one\ntwo\nthree\nfour\n", Files.readString(file));
    }

    @Test
    void aNameThatIsNoTextIsRefusedRatherThanTakenForAnother() throws Exception {
        Files.createFile(directory.resolve("a"));
        Programs.assumePython();
        assertEquals(
                0,
                new ProcessBuilder("python3", "-c", "import os, sys; os.rename('a', b'a\\xe9')")
                        .directory(directory.toFile())
                        .start()
                        .waitFor());
        try (Stream<Path> files = Files.list(directory)) {
            Path odd = files.findFirst().orElseThrow();
            assertThrows(IllegalArgumentException.class, () -> Stdio.to(odd));
            assertThrows(IllegalArgumentException.class, () -> Stdio.from(odd));
            assertThrows(IllegalArgumentException.class, () -> Address.unix(odd));
            assertThrows(
                    IllegalArgumentException.class, () -> Worker.command("true").directory(odd));
        }
    }
}
