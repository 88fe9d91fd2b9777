package io.evloop.lang;

import io.evloop.WorkerBuilder;
import io.evloop.testing.Programs;
import java.nio.file.Path;
import java.util.List;

/** The worker's sides that evloop has; what all of these workers do is said in {@code native/test/workers/header.c}. */
enum Language {
    JAVA_LOOP,
    JAVA_BLOCKING,
    C,
    PYTHON_BLOCKING,
    PYTHON_ASYNC;

    /** For a frame of 64 MiB that is copied into the queue while another block is kept for the next. */
    private static final String DIRECT_MEMORY = "-XX:MaxDirectMemorySize=400m";

    /** Begins to describe a worker; where there is no {@code python3}, the test that asks for one is skipped, visibly. */
    WorkerBuilder worker() {
        return switch (this) {
            case JAVA_LOOP -> java(LoopWorker.class);
            case JAVA_BLOCKING -> java(BlockingWorker.class);
            case C -> Programs.worker(Programs.inC("header"));
            case PYTHON_BLOCKING -> python("blocking.py");
            case PYTHON_ASYNC -> python("asynchronous.py");
        };
    }

    private static WorkerBuilder java(Class<?> main) {
        List<String> command = Programs.inJava(main);
        command.add(1, DIRECT_MEMORY);
        return Programs.worker(command.toArray(new String[0]));
    }

    private static WorkerBuilder python(String script) {
        Programs.assumePython();
        Path library = Path.of(System.getProperty("basedir", "."), "..", "native", "python");
        return Programs.worker(Programs.inPython(script).toArray(new String[0]))
                .env("PYTHONPATH", library.toAbsolutePath().toString())
                .env("PYTHONDONTWRITEBYTECODE", "1");
    }
}
