package io.evloop;

/**
 * How a worker ended.
 *
 * @param code its exit code, 0 to 255; -1 if a signal killed it or its status is unknown
 * @param signal the signal that killed it; 0 if none did, or if its status is unknown: somebody else reaped it, or it
 *     outlived its loop
 * @param unsentFrames frames that were queued for it and not sent, or not wholly
 * @param unsentBytes bytes that were queued for it and not sent, headers included
 * @param tornFrame whether its stream ended inside a frame
 */
public record WorkerExit(int code, int signal, long unsentFrames, long unsentBytes, boolean tornFrame) {

    /** Whether it left with code 0. */
    public boolean isSuccess() {
        return code == 0;
    }
}
