package io.evloop;

import java.nio.ByteBuffer;

/** Takes what a worker prints, as bytes. Set by {@link Stdio#bytes}. */
@FunctionalInterface
public interface OutputHandler {

    /**
     * Called in the loop's turn. What it throws is told to the error handler, once; from then on the worker's output is read
     * and dropped, so that the worker does not hang on it.
     *
     * @param bytes from position to limit, 1 byte to 64 KiB, off-heap, valid until this returns; what is not taken is dropped
     */
    void onOutput(Worker worker, ByteBuffer bytes);
}
