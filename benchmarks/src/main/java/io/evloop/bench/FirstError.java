package io.evloop.bench;

import io.evloop.ErrorHandler;
import io.evloop.EventLoop;
import io.evloop.EventLoopOptions;
import io.evloop.error.EventLoopClosedException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The error handler of a measurement's loops: keeps the first error and stops them all. A measurement of which a part has
 * failed has no result. Any thread.
 */
public final class FirstError implements ErrorHandler {

    private final List<EventLoop> loops = new CopyOnWriteArrayList<>();
    private final AtomicReference<Throwable> first = new AtomicReference<>();

    /** A loop with the options that a user gets, except for this error handler. */
    public EventLoop openLoop() throws IOException {
        EventLoop loop =
                EventLoop.open(EventLoopOptions.builder().errorHandler(this).build());
        loops.add(loop);
        return loop;
    }

    @Override
    public void onError(Object source, Throwable error) {
        first.compareAndSet(null, new IllegalStateException("failed: " + source, error));
        loops.forEach(EventLoop::stop);
    }

    /** For {@code onClose}: an end that is neither a clean one nor that of the loop is an error, too. */
    public void onClose(Object source, Throwable cause) {
        if (cause != null && !(cause instanceof EventLoopClosedException)) {
            onError(source, cause);
        }
    }

    /**
     * @throws IllegalStateException if there was one
     */
    public void check() {
        Throwable error = first.get();
        if (error != null) {
            throw new IllegalStateException("the measurement is void", error);
        }
    }
}
