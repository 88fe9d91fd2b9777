package io.evloop.testing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, for what would end or spoil the JVM of the tests. Every option is set before {@link #run}. */
public final class JavaProcess {

    private static final long DEADLINE_SECONDS = 60;

    private final Class<?> main;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private long deadlineSeconds = DEADLINE_SECONDS;
    private String classPath = System.getProperty("java.class.path");

    private JavaProcess(Class<?> main) {
        this.main = main;
    }

    /** How it ended, and what it printed, to both streams. */
    public record Result(int exitCode, String output) {}

    /** A JVM that will run {@code main} on the class path of the tests. */
    public static JavaProcess of(Class<?> main) {
        return new JavaProcess(main);
    }

    /** The directory or the jar that a class was loaded from. */
    public static String pathOf(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .toString();
    }

    public JavaProcess classPath(String... entries) {
        classPath = String.join(File.pathSeparator, entries);
        return this;
    }

    /** Options of the JVM. */
    public JavaProcess options(String... more) {
        options.addAll(List.of(more));
        return this;
    }

    /** A command that runs the command behind it: {@code unshare -m}, say. */
    public JavaProcess prefix(String... command) {
        prefix.addAll(List.of(command));
        return this;
    }

    /** How long it may take; a minute, unless this says otherwise. */
    public JavaProcess deadline(long seconds) {
        deadlineSeconds = seconds;
        return this;
    }

    /** Runs it to its end. */
    public Result run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xcheck:jni", "-Xmx128m", "-XX:TieredStopAtLevel=1"));
        command.add("-XX:-UseContainerSupport"); // its files would take descriptors, now and then
        command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=target/hs_err_%p.log"));
        if (prefix.isEmpty()) { // a user that it changes to may not read the agent
            command.addAll(Coverage.options());
        }
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        return run(command, deadlineSeconds);
    }

    /**
     * Runs the command line of a JVM to its end, which is to be a success. The lines that it printed, among them one for each
     * class that was loaded.
     */
    public static List<String> runLoggingClasses(List<String> command) throws IOException, InterruptedException {
        List<String> logging = new ArrayList<>(command);
        logging.add(1, "-Xlog:class+load");
        Result result = run(logging);
        if (result.exitCode() != 0) {
            throw new AssertionError("exit code " + result.exitCode() + "\n" + result.output());
        }
        return result.output().lines().toList();
    }

    /** Runs any command to its end. */
    public static Result run(List<String> command) throws IOException, InterruptedException {
        return run(command, DEADLINE_SECONDS);
    }

    /** The same for one that may take longer than usual. */
    public static Result run(List<String> command, long deadlineSeconds) throws IOException, InterruptedException {
        File printed = File.createTempFile("evloop-test-", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(printed)
                .start();
        try {
            boolean ended = process.waitFor(deadlineSeconds, TimeUnit.SECONDS);
            String output = Files.readString(printed.toPath(), StandardCharsets.UTF_8);
            if (!ended) {
                throw new AssertionError("still running: " + command + "\n" + output);
            }
            return new Result(process.exitValue(), output);
        } finally {
            process.destroyForcibly().waitFor();
            Files.delete(printed.toPath());
        }
    }
}
