package io.evloop.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that a test starts without evloop, for what cannot be done in this JVM. What it prints, to both streams, goes
 * to a file. Closing kills it if it still runs.
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

    /** Runs it to its end, and what it prints must be exactly this line. */
    public static void assertPrints(String line, List<String> command) throws IOException, InterruptedException {
        try (TestProcess process = start(command)) {
            int exitCode = process.waitFor();
            if (exitCode != 0 || !process.output().strip().equals(line)) {
                throw new AssertionError("exit code " + exitCode + ", printed: " + process.output());
            }
        }
    }

    /** Its exit code; 128 and the signal if one killed it. */
    public int waitFor() throws InterruptedException {
        if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still running, and has printed: " + output());
        }
        return process.exitValue();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** By SIGKILL. */
    public void kill() {
        process.destroyForcibly();
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
    public void close() throws IOException {
        process.destroyForcibly();
        boolean gone = false;
        try {
            gone = process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.getOutputStream().close();
        Files.delete(output);
        if (!gone) {
            throw new AssertionError("not to be killed: " + process);
        }
    }
}
