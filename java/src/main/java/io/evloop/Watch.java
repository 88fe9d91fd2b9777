package io.evloop;

import io.evloop.epoll.Epoll;
import java.io.IOException;

/**
 * The raw readiness of a descriptor that stays the caller's. Made by {@link EventLoop#watch}. Loop thread only. Cancel it
 * before closing the descriptor.
 */
public final class Watch {

    private final LoopContext context;
    private final int fd;
    private final WatchHandler handler;
    private final Registration registration;

    Watch(LoopContext context, int fd, WatchHandler handler) {
        this.context = context;
        this.fd = fd;
        this.handler = handler;
        this.registration = new Registration(context.registry, fd);
    }

    void open(int interest) throws IOException {
        registration.open(new Events(), interest);
    }

    /** The watched descriptor. */
    public int fd() {
        return fd;
    }

    /**
     * Replaces the interest: bits of {@link Epoll#IN} and the others; 0 = hang-ups and errors alone. What was reported
     * by now and is not of it is not told any more.
     *
     * @throws IllegalStateException if it was cancelled
     */
    public void modify(int interest) throws IOException {
        context.loop.checkThread();
        if (!registration.isOpen()) {
            throw new IllegalStateException("cancelled: " + this);
        }
        registration.replace(interest);
    }

    /** Ends it: the handler is not called again, not even for what is ready by now. Idempotent. */
    public void cancel() throws IOException {
        context.loop.checkThread();
        registration.close();
    }

    /** Whether it was neither cancelled nor ended by its handler or the loop. */
    public boolean isActive() {
        return registration.isOpen();
    }

    private void end() {
        try {
            registration.close();
        } catch (IOException e) {
            context.reportError(this, e);
        }
    }

    @Override
    public String toString() {
        return "Watch[fd=" + fd + (isActive() ? "" : ", ended") + "]";
    }

    private final class Events implements Pollable {

        @Override
        public boolean ownsDescriptor() {
            return false;
        }

        @Override
        public void onEvents(int reported) {
            int events = reported & (registration.events() | Epoll.ERR | Epoll.HUP);
            if (events == 0) {
                return; // reported before the interest was replaced
            }
            HandlerEvent.Slow event = HandlerEvent.start(context);
            try {
                handler.onReady(Watch.this, events);
            } catch (Throwable e) {
                context.reportError(Watch.this, e);
                end();
            }
            HandlerEvent.finish(event, Watch.this);
            context.abortOpenClaims();
        }

        @Override
        public void onLoopClose(Throwable cause) {
            end();
        }
    }
}
