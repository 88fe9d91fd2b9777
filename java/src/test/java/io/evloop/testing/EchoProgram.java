package io.evloop.testing;

import io.evloop.WorkerBuilder;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A worker that sends every frame back and leaves with 0 when the pipe ends: one in each language. */
public enum EchoProgram {
    JAVA,
    C,
    PYTHON;

    /** Begins to describe it; where there is no {@code python3}, the test that asks for it is skipped, visibly. */
    public WorkerBuilder worker() {
        Assumptions.assumeTrue(isAvailable(), "there is no python3 on the PATH");
        return Programs.worker(command().toArray(new String[0]));
    }

    public boolean isAvailable() {
        return this != PYTHON || Programs.hasPython();
    }

    private List<String> command() {
        return switch (this) {
            case JAVA -> Programs.inJava(EchoWorker.class);
            case C -> List.of(Programs.inC("echo"));
            case PYTHON -> Programs.inPython("echo.py");
        };
    }
}
