package io.evloop.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A worker's name and command: those of the demonstration run where it was built. */
record WorkerProgram(String name, List<String> command) {

    private static final Path PYTHON_SOURCE = Path.of("benchmarks", "src", "main", "python", "worker.py");

    /** Below it the build has a directory for each platform. */
    private static final Path NATIVE_BUILDS = Path.of("native", "target", "cmake");

    private static final Path C_PROGRAM = Path.of("bin", "demo_worker");

    /** From here on the JDK warns about native methods of modules that were not named, JEP 472. */
    private static final int WARNING_JDK = 24;

    /** The Java virtual machine and the class path of this process. */
    static WorkerProgram java(String mainClass) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= WARNING_JDK) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        return new WorkerProgram("Java", command);
    }

    static WorkerProgram c() throws IOException {
        Path builds = root().resolve(NATIVE_BUILDS);
        try (DirectoryStream<Path> platforms = Files.newDirectoryStream(builds)) {
            for (Path platform : platforms) {
                Path program = platform.resolve(C_PROGRAM);
                if (Files.isExecutable(program)) {
                    return new WorkerProgram("C", List.of(program.toString()));
                }
            }
        }
        throw new FileNotFoundException("no " + C_PROGRAM + " below " + builds + ": build the project first");
    }

    static WorkerProgram python() throws IOException {
        return new WorkerProgram(
                "Python", List.of("python3", root().resolve(PYTHON_SOURCE).toString()));
    }

    /** Whether there is a {@code python3} to run. */
    static boolean hasPython() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "python3")));
    }

    /** The top of the checkout, above the jar or the directory of classes that this is in. */
    private static Path root() throws IOException {
        Path here = here();
        for (Path at = here; at != null; at = at.getParent()) {
            if (Files.exists(at.resolve(PYTHON_SOURCE))) {
                return at;
            }
        }
        throw new FileNotFoundException("no " + PYTHON_SOURCE + " above " + here + ": run it where it was built");
    }

    private static Path here() {
        try {
            return Path.of(WorkerProgram.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the place of the classes is no path", e);
        }
    }
}
