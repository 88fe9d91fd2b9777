package io.evloop.error;

import java.io.IOException;

/** A system call failed. The message reads {@code read: ECONNRESET (Connection reset by peer)}. */
public final class NativeIoException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String systemCall;
    private final int errno;
    private final String errnoName;

    /**
     * @param systemCall the call that failed, as its manual page names it
     * @param errno the positive error number
     * @param errnoName its symbolic name, as in {@code errno(3)}
     */
    public NativeIoException(String systemCall, int errno, String errnoName, String message) {
        super(message);
        this.systemCall = systemCall;
        this.errno = errno;
        this.errnoName = errnoName;
    }

    /** The error number, positive, as in {@code errno(3)}. */
    public int errno() {
        return errno;
    }

    /** The symbolic name of {@link #errno()}, such as {@code "ENOENT"}. */
    public String errnoName() {
        return errnoName;
    }

    /** The system call that failed, such as {@code "epoll_ctl"}. */
    public String systemCall() {
        return systemCall;
    }
}
