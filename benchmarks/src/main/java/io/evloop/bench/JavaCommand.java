package io.evloop.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of another JVM like this one. */
public final class JavaCommand {

    private JavaCommand() {}

    /** A new list: {@code main} on the class path of this JVM; its arguments may be added. */
    public static List<String> of(List<String> options, String main) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add(BenchmarkJvm.NATIVE_ACCESS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        return command;
    }
}
