package io.evloop.sys;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A run of NUL-terminated strings off-heap, as {@code execve(2)} and {@code open(2)} want them, encoded in UTF-8. */
public final class CStrings {

    private final ByteBuffer memory;
    private final long address;
    private final int count;

    private CStrings(List<byte[]> strings) {
        int length = 0;
        for (byte[] string : strings) {
            length = Math.addExact(length, string.length + 1);
        }
        memory = ByteBuffer.allocateDirect(Math.max(1, length));
        for (byte[] string : strings) {
            memory.put(string).put((byte) 0);
        }
        memory.flip();
        address = Native.addressOf(memory);
        count = strings.size();
    }

    /** Bytes without a NUL; the caller has checked them. */
    public static CStrings ofBytes(List<byte[]> strings) {
        return new CStrings(strings);
    }

    /** One string. */
    public static CStrings of(String string, String what) {
        return new CStrings(List.of(encode(string, what)));
    }

    /**
     * @param what names the string in the exception
     * @throws IllegalArgumentException if there is a NUL in it: C would end it there
     */
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

    /** Bytes in all. */
    int length() {
        return memory.remaining();
    }

    /** Strings. */
    int count() {
        return count;
    }
}
