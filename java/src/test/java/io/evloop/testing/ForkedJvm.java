package io.evloop.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of the tests in a JVM of its own, so that a crash shows as an exit code. */
public record ForkedJvm(int exitCode, String output) {

    private static final long DEADLINE_SECONDS = 60;

    /** Runs {@code main} to its end, with this JVM's class path; what it prints, to both streams, is kept. */
    public static ForkedJvm run(Class<?> main, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xcheck:jni", "-Xmx128m", "-XX:-CreateCoredumpOnCrash"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("evloop-test-", ".out");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            int exitCode = waitFor(builder.redirectOutput(output.toFile()).start());
            return new ForkedJvm(exitCode, Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }

    private static int waitFor(Process process) throws InterruptedException {
        try {
            if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("still running: " + process);
            }
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }
}
