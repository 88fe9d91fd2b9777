package io.evloop.demo;

import io.evloop.bench.Build;
import io.evloop.bench.JavaCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A worker's name and command: those of the demonstration run where it was built. */
record WorkerProgram(String name, List<String> command) {

    private static final Path PYTHON_SOURCE = Path.of("benchmarks", "src", "main", "python", "worker.py");

    /** The Java virtual machine and the class path of this process. */
    static WorkerProgram java(String mainClass) {
        return new WorkerProgram("Java", JavaCommand.of(List.of(), mainClass));
    }

    static WorkerProgram c() throws IOException {
        return new WorkerProgram("C", List.of(Build.program("demo_worker").toString()));
    }

    static WorkerProgram python() throws IOException {
        return new WorkerProgram(
                "Python", List.of("python3", Build.root().resolve(PYTHON_SOURCE).toString()));
    }

    /** Whether there is a {@code python3} to run. */
    static boolean hasPython() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "python3")));
    }
}
