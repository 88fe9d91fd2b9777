package io.evloop.error;

import java.io.IOException;
import java.time.Duration;

/** No byte came from a peer and none went to it for the pipe's {@code idleTimeout}. */
public final class IdleTimeoutException extends IOException {

    private static final long serialVersionUID = 1L;

    public IdleTimeoutException(Duration timeout) {
        super("no byte moved for " + timeout);
    }
}
