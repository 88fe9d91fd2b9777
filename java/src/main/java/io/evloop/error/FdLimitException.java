package io.evloop.error;

import java.io.IOException;

/** More descriptors came with a frame than the pipe accepts, or than this process may open. */
public final class FdLimitException extends IOException {

    private static final long serialVersionUID = 1L;

    public FdLimitException(String message) {
        super(message);
    }
}
