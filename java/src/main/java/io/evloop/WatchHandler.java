package io.evloop;

/** Hears the readiness of a watched descriptor. */
@FunctionalInterface
public interface WatchHandler {

    /**
     * Called on the loop's thread, once a turn while the descriptor is ready; what it throws cancels the watch.
     *
     * @param readyEvents bits of {@link io.evloop.epoll.Epoll#IN} and the others
     */
    void onReady(Watch watch, int readyEvents);
}
