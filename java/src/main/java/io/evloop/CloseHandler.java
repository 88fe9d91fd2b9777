package io.evloop;

/** Hears the end of a {@link Pipe}. */
@FunctionalInterface
public interface CloseHandler {

    /**
     * Called exactly once, as the last call for this pipe, on the loop's thread; the descriptor is closed already. What was
     * queued and never sent is told by {@link PipeStats#unsentFrames()} and {@link PipeStats#unsentBytes()}.
     *
     * @param cause {@code null} for a clean end: {@code close} here, or an end of stream between two frames;
     *     {@link io.evloop.error.TruncatedFrameException}, {@link io.evloop.error.InvalidFrameException},
     *     {@link io.evloop.error.FrameTimeoutException}, {@link io.evloop.error.IdleTimeoutException},
     *     {@link io.evloop.error.FdLimitException}, {@link io.evloop.error.NativeIoException},
     *     {@link io.evloop.error.EventLoopClosedException}; what a handler threw; {@link OutOfMemoryError} when there was no
     *     direct memory to read into
     */
    void onClose(Pipe pipe, Throwable cause);
}
