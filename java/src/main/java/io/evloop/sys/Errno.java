package io.evloop.sys;

import io.evloop.error.NativeIoException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntBinaryOperator;

/** Error numbers of {@code errno(3)}, the same on every architecture that evloop is built for. */
public final class Errno {

    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ECHILD = 10;
    public static final int ENOMEM = 12;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;
    public static final int EPIPE = 32;
    public static final int ENOTCONN = 107;
    public static final int ENOBUFS = 105;
    public static final int ECONNRESET = 104;

    private static final int TEXT_CAPACITY = 256;

    private Errno() {}

    /** The symbolic name, such as {@code "ENOENT"}; {@code "errno 4095"} for a number without one. */
    public static String name(int errno) {
        ByteBuffer text = ByteBuffer.allocateDirect(TEXT_CAPACITY);
        long address = Native.addressOf(text);
        String name = text(text, (number, capacity) -> Native.errnoName(number, address, capacity), errno);
        return name.isEmpty() ? "errno " + errno : name;
    }

    /** The text of {@code strerror(3)}. */
    public static String message(int errno) {
        ByteBuffer text = ByteBuffer.allocateDirect(TEXT_CAPACITY);
        long address = Native.addressOf(text);
        return text(text, (number, capacity) -> Native.errnoMessage(number, address, capacity), errno);
    }

    private static String text(ByteBuffer text, IntBinaryOperator source, int errno) {
        int length = source.applyAsInt(errno, TEXT_CAPACITY);
        byte[] bytes = new byte[Math.max(0, Math.min(length, TEXT_CAPACITY))];
        text.get(0, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
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
