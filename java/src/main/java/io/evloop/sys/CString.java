package io.evloop.sys;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
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
     * @throws IllegalArgumentException if there is a NUL in it, where C would end it, or half of a surrogate pair
     */
    public static CString of(String string, String what) {
        return new CString(encode(string, what));
    }

    /** The bytes without the NUL; parameters and exception as of {@link #of}. */
    public static byte[] encode(String string, String what) {
        if (string.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in " + what + ": " + string.replace("\0", "\\0"));
        }
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(string));
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            return copy;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("half of a surrogate pair in " + what + ": " + string, e);
        }
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
