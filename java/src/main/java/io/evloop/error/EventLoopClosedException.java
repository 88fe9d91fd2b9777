package io.evloop.error;

import java.io.IOException;

/** The cause that a connection or pipe is told when its event loop was closed under it. */
public final class EventLoopClosedException extends IOException {

    private static final long serialVersionUID = 1L;

    public EventLoopClosedException(String message) {
        super(message);
    }
}
