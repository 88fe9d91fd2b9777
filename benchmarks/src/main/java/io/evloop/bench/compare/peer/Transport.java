package io.evloop.bench.compare.peer;

/** How frames travel in one competitor. */
interface Transport {

    /**
     * Connects one pipe for each party and serves them until all have ended. For each pipe: {@link Party#onRoom} once it is
     * connected, and again when there is room after a refusal; {@link Party#onFrame} for each frame; when {@link
     * Party#finished}, what is queued is flushed and the pipe is closed; the end of the stream closes it too.
     */
    void run(Job job, Party[] parties) throws Exception;

    /** Adds what is particular to the transport to the result, each field with a comma before it. */
    default void appendTo(StringBuilder json) {}
}
