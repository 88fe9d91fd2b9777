package io.evloop;

/** Hears the exit of a {@link Worker}. */
@FunctionalInterface
public interface ExitHandler {

    /**
     * Called exactly once, on the loop's thread, after the last frame and after {@code onClose} of the worker's pipe: so both wait
     * while reading is paused, or a pulled frame is not taken, for as long as that is so and the pipe is not closed.
     */
    void onExit(Worker worker, WorkerExit exit);
}
