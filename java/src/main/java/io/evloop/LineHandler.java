package io.evloop;

/** Takes what a worker prints, line by line. Set by {@link Stdio#lines}. */
@FunctionalInterface
public interface LineHandler {

    /**
     * Called in the loop's turn. What it throws is told to the error handler, once; from then on the worker's output is read
     * and dropped, so that the worker does not hang on it.
     *
     * @param line without its end; cut after the bound given to {@link Stdio#lines}; malformed UTF-8 is replaced
     */
    void onLine(Worker worker, String line);
}
