package io.evloop;

/** Hears the exit of a {@link Worker}. */
@FunctionalInterface
public interface ExitHandler {

    /** Called exactly once, on the loop's thread, after the last frame and after {@code onClose} of the worker's pipe. */
    void onExit(Worker worker, WorkerExit exit);
}
