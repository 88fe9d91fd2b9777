package io.evloop.error;

import java.io.IOException;
import java.time.Duration;

/** Nobody has accepted a connection in time. */
public final class ConnectTimeoutException extends IOException {

    private static final long serialVersionUID = 1L;

    public ConnectTimeoutException(String address, Duration timeout) {
        super("connect " + address + ": not connected within " + timeout);
    }
}
