package io.evloop.sys;

import io.evloop.error.NativeIoException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;

/** Error numbers of {@code errno(3)}, the same on every architecture that evloop is built for. */
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int EPIPE = 32;
    public static final int ENONET = 64;
    public static final int EPROTO = 71;
    public static final int ENOTSOCK = 88;
    public static final int EPROTOTYPE = 91;
    public static final int ENOPROTOOPT = 92;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRINUSE = 98;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int ENOTCONN = 107;
    public static final int ETOOMANYREFS = 109;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTDOWN = 112;
    public static final int EHOSTUNREACH = 113;
    public static final int EINPROGRESS = 115;

    private static final int TEXT_CAPACITY = 256;

    /** One for all, made at once: when there is an error to tell, direct memory may be exhausted. Under the class's lock. */
    private static final ByteBuffer TEXT = ByteBuffer.allocateDirect(TEXT_CAPACITY);

    private static final long TEXT_ADDRESS = Native.addressOf(TEXT);

    /** {@code strerror(3)} speaks the language of the locale. */
    private static final Charset NATIVE_ENCODING = Charset.forName(System.getProperty("native.encoding", "US-ASCII"));

    private Errno() {}

    /** Makes what {@link #name} and {@link #message} need, so that they need nothing more. */
    static void prepare() {
        // done by the class's initialization
    }

    /** The symbolic name, such as {@code "ENOENT"}; {@code "errno 4095"} for a number without one. */
    public static synchronized String name(int errno) {
        String name = text(Native.errnoName(errno, TEXT_ADDRESS, TEXT_CAPACITY));
        return name.isEmpty() ? "errno " + errno : name;
    }

    /** The text of {@code strerror(3)}. */
    public static synchronized String message(int errno) {
        return text(Native.errnoMessage(errno, TEXT_ADDRESS, TEXT_CAPACITY));
    }

    private static String text(int length) {
        if (length < 0) {
            throw new IllegalStateException("no text of an error: " + length);
        }
        byte[] bytes = new byte[length];
        TEXT.get(0, bytes);
        return new String(bytes, NATIVE_ENCODING);
    }

    /**
     * The exception for a failed call.
     *
     * @param systemCall as its manual page names it
     * @param result what the native returned: {@code -errno}
     */
    public static NativeIoException exception(String systemCall, int result) {
        return exception(systemCall, systemCall, result);
    }

    /** The same, with a message that begins with {@code what} instead of the bare name of the call. */
    public static NativeIoException exception(String systemCall, String what, int result) {
        int errno = -result;
        String name = name(errno);
        return new NativeIoException(systemCall, errno, name, what + ": " + name + " (" + message(errno) + ")");
    }
}
