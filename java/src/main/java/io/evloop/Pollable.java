package io.evloop;

/** What has a descriptor in the loop's epoll. */
interface Pollable {

    /** The descriptor is ready: bits of {@link io.evloop.epoll.Epoll#IN} and the others. Called in the loop's turn. */
    void onEvents(int events);

    /** The loop is closing: let go of the descriptor. */
    void onLoopClose(Throwable cause);

    /** Whether the descriptor is closed with the loop, rather than the caller's. */
    default boolean ownsDescriptor() {
        return true;
    }
}
