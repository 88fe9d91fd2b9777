package io.evloop;

import io.evloop.sys.Native;

/** The last reads of a connection that closes: what was there when it began, and one byte more to find the end by. */
final class Linger {

    private static final long UNKNOWN = Long.MAX_VALUE - Integer.MAX_VALUE; // so that bytes held may be added

    private long bytesLeft;
    private Throwable cause;

    Linger(int fd) {
        int unread = Native.unreadBytes(fd);
        this.bytesLeft = unread < 0 ? UNKNOWN : unread + 1L;
    }

    /** Why the connection closes; the first cause that is one is kept. */
    void because(Throwable newCause) {
        if (cause == null) {
            cause = newCause;
        }
    }

    /** Null: a clean end. */
    Throwable cause() {
        return cause;
    }

    /** The most unread bytes to hold, of which {@code held} are there. */
    int unreadLimit(int limit, int held) {
        return (int) Math.min(limit, held + bytesLeft);
    }

    /** After a read of so many bytes: whether the last of them came too late. */
    boolean isBeyond(int bytes) {
        bytesLeft -= bytes;
        return bytesLeft == 0;
    }
}
