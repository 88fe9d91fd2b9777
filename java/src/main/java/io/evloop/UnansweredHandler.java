package io.evloop;

/** Hears of requests whose worker left before it had answered. */
@FunctionalInterface
public interface UnansweredHandler {

    /**
     * Called in the loop's turn, once for each request that will not be answered, in the order in which they were made, before
     * the {@code onExit} of the worker. Whether the worker had begun to work on it is not known.
     *
     * @param requestId what {@link Supervisor#request} was given
     * @param worker that had it, and has left
     */
    void onUnanswered(Supervisor supervisor, long requestId, Worker worker);
}
