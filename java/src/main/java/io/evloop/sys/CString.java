package io.evloop.sys;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A NUL-terminated string off-heap, as {@code open(2)} wants it, encoded in UTF-8. */
public final class CString {

    private final ByteBuffer memory;
    private final long address;

    private CString(byte[] bytes) {
        memory = ByteBuffer.allocateDirect(Math.addExact(bytes.length, 1));
        memory.put(bytes).put((byte) 0);
        memory.flip();
        address = Native.addressOf(memory);
    }

    /**
     * @param what names the string in the exception
     * @throws IllegalArgumentException if there is a NUL in it: C would end it there
     */
    public static CString of(String string, String what) {
        return new CString(encode(string, what));
    }

    /** The bytes without the NUL; parameters and exception as of {@link #of}. */
    public static byte[] encode(String string, String what) {
        if (string.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in " + what + ": " + string.replace("\0", "\\0"));
        }
        return string.getBytes(StandardCharsets.UTF_8);
    }

    /** Valid while this object is reachable. */
    long address() {
        return address;
    }

    /** Bytes, the NUL included. */
    int length() {
        return memory.remaining();
    }
}
