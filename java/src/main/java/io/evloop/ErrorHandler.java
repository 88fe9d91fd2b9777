package io.evloop;

/** Hears what handlers and tasks threw, once each. Set by {@link EventLoopOptions.Builder#errorHandler}. */
@FunctionalInterface
public interface ErrorHandler {

    /**
     * Called on the loop's thread. What it throws itself is logged and goes no further.
     *
     * @param source what the code was called for: a {@link Pipe}, {@link Connection}, {@link Watch}, {@link Worker},
     *     {@link Timer}, {@link Listener}, {@link ConnectAttempt}, {@link Supervisor}, {@link EventLoop}, or the task itself
     */
    void onError(Object source, Throwable error);
}
