package io.evloop.sys;

import io.evloop.error.NativeIoException;

/** The one converter of native results: what is {@code >= 0} passes, what is {@code -errno} becomes an exception. */
public final class Fd {

    /** The status flags of a descriptor that is read and written, and blocks. */
    public static final int READ_WRITE = 2;

    private static final int O_ACCMODE = 3;
    private static final int O_RDONLY = 0;
    private static final int O_WRONLY = 1;
    static final int O_NONBLOCK = 0x800;

    static {
        Errno.prepare(); // whoever opens something comes by here, while there is still memory
    }

    private Fd() {}

    /** Returns {@code result} if it is not negative. */
    public static int check(int result, String systemCall) throws NativeIoException {
        if (result < 0) {
            throw Errno.exception(systemCall, result);
        }
        return result;
    }

    /** The same for a native that returns two descriptors in a long. */
    public static long check(long result, String systemCall) throws NativeIoException {
        if (result < 0) {
            throw Errno.exception(systemCall, (int) result);
        }
        return result;
    }

    /** The first of two descriptors that a native packed into a long. */
    public static int first(long pair) {
        return (int) (pair >>> 32);
    }

    /** The second of two descriptors that a native packed into a long. */
    public static int second(long pair) {
        return (int) pair;
    }

    /** Closes a descriptor that evloop owns. */
    public static void close(int fd) throws NativeIoException {
        check(Native.close(fd), "close");
    }

    /** Closes on the way out of a failure, which is the one that the caller hears; a second one is attached to it. */
    public static void closeAfter(Throwable failure, int fd) {
        int result = Native.close(fd);
        if (result < 0) {
            failure.addSuppressed(Errno.exception("close", result));
        }
    }

    /**
     * Refuses a socket whose messages have bounds: of one that is longer than the room for it a read drops the rest. What is no
     * socket passes.
     */
    public static void checkStream(int fd) throws NativeIoException {
        int type = Native.socketType(fd);
        if (type >= 0 && type != Native.SOCK_STREAM) {
            throw Errno.exception("getsockopt", "getsockopt (the socket is no stream)", -Errno.EPROTOTYPE);
        }
        check(type == -Errno.ENOTSOCK ? 0 : type, "getsockopt");
    }

    /** Whether the access mode of {@code fcntl(F_GETFL)} lets one read. */
    public static boolean isReadable(int statusFlags) {
        return (statusFlags & O_ACCMODE) != O_WRONLY;
    }

    /** Whether {@code fcntl(F_GETFL)} tells of {@code O_NONBLOCK}. */
    public static boolean isNonBlocking(int statusFlags) {
        return (statusFlags & O_NONBLOCK) != 0;
    }

    /** Whether the access mode of {@code fcntl(F_GETFL)} lets one write. */
    public static boolean isWritable(int statusFlags) {
        return (statusFlags & O_ACCMODE) != O_RDONLY;
    }
}
