package io.evloop.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that runs beside a test, which watches it and ends it; {@link JavaProcess} runs one to its end. What it
 * prints, to both streams, goes to a file. Closing kills it.
 */
public final class TestProcess implements AutoCloseable {

    private static final long DEADLINE_SECONDS = 60;

    private final Process process;
    private final Path output;

    private TestProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    public static TestProcess start(List<String> command) throws IOException {
        Path output = Files.createTempFile("evloop-test-", ".out");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            return new TestProcess(builder.start(), output);
        } catch (IOException e) {
            Files.delete(output);
            throw e;
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** By SIGKILL; it is gone when this returns. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("not to be killed: " + process);
        }
    }

    /** What it has printed so far. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        kill();
        process.getOutputStream().close();
        Files.delete(output);
    }
}
