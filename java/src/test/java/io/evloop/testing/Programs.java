package io.evloop.testing;

import io.evloop.Stdio;
import io.evloop.Worker;
import io.evloop.WorkerBuilder;
import java.io.File;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * The programs that tests start as workers: in C from {@code native/test/workers}, in Java from the test classes, in Python
 * from the test resources. Their standard input and output are {@code /dev/null}, since those of this JVM are what the
 * build talks to it by.
 */
public final class Programs {

    private static final String DIRECTORY_PROPERTY = "evloop.test.workers";
    private static final String DIRECTORY = System.getProperty(DIRECTORY_PROPERTY);
    private static final int NATIVE_ACCESS_FEATURE = 22;

    private Programs() {}

    /** A program that plays acts, which {@code actor.c} lists, and leaves with 0 after the last. */
    public static WorkerBuilder actor(String... acts) {
        String[] command = new String[acts.length + 1];
        command[0] = inC("actor");
        System.arraycopy(acts, 0, command, 1, acts.length);
        return worker(command);
    }

    /** Any command as a worker. */
    public static WorkerBuilder worker(String... command) {
        return Worker.command(command).stdin(Stdio.NULL).stdout(Stdio.NULL);
    }

    /** The path of a program of {@code native/test/workers}. */
    public static String inC(String name) {
        return Path.of(DIRECTORY, name).toString();
    }

    /** The command line that runs a class of the tests in a JVM of its own. */
    public static List<String> inJava(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xcheck:jni", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.add("-XX:-UseContainerSupport"); // its files would take descriptors, now and then
        if (Runtime.version().feature() >= NATIVE_ACCESS_FEATURE) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(Coverage.options());
        String nativePath = System.getProperty("evloop.native.path");
        if (nativePath != null) {
            command.add("-Devloop.native.path=" + nativePath);
        }
        command.add("-D" + DIRECTORY_PROPERTY + "=" + DIRECTORY);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * The same below a library of {@code native/test/preload} and variables of its own. In place of a sanitizer, if this JVM
     * is under one, and so with the library of evloop that knows nothing of it.
     */
    public static List<String> preloaded(String library, List<String> variables, Class<?> main) {
        List<String> command = new ArrayList<>(List.of("env", "LD_PRELOAD=" + inC(library)));
        command.addAll(variables);
        command.addAll(inJava(main));
        if (System.getenv("LD_PRELOAD") != null) {
            command.removeIf(argument -> argument.startsWith("-Devloop.native.path="));
        }
        return command;
    }

    /** The command line that runs a script of the test resources. */
    public static List<String> inPython(String script) {
        return List.of(
                "python3",
                file(Programs.class.getResource("/workers/" + script)).toString());
    }

    /** Skips the test that calls it where there is no {@code python3} on the PATH. */
    public static void assumePython() {
        Assumptions.assumeTrue(hasPython(), "there is no python3 on the PATH");
    }

    /** Whether there is a {@code python3} on the PATH. */
    public static boolean hasPython() {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "python3")));
    }

    private static Path file(URL url) {
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(url.toString(), e);
        }
    }
}
