package io.evloop.sys;

import io.evloop.error.NativeIoException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** This process's environment as the bytes that it is: {@code System.getenv()} has decoded them, perhaps with loss. */
public final class Environment {

    private static final int INITIAL_CAPACITY = 16 * 1024;

    /** Kept from call to call: as garbage it would wait for a collection, which thousands of starts need not cause. */
    private static ByteBuffer block = ByteBuffer.allocateDirect(INITIAL_CAPACITY);

    private Environment() {}

    /**
     * Entries {@code name=value} by name. Names are ISO 8859-1 here, one character a byte, so that none is lost.
     *
     * @throws NativeIoException EOVERFLOW if it is longer than 2 GiB
     */
    public static synchronized Map<String, byte[]> copy() throws NativeIoException {
        int length = copyTo(block);
        while (length > block.capacity()) {
            block = ByteBuffer.allocateDirect(length);
            length = copyTo(block);
        }
        byte[] bytes = new byte[length];
        block.get(0, bytes);
        Map<String, byte[]> entries = new LinkedHashMap<>();
        int start = 0;
        for (int index = 0; index < bytes.length; index++) {
            if (bytes[index] == 0) {
                byte[] entry = Arrays.copyOfRange(bytes, start, index);
                entries.put(nameOf(entry), entry);
                start = index + 1;
            }
        }
        return entries;
    }

    private static int copyTo(ByteBuffer block) throws NativeIoException {
        return Fd.check(Native.environment(Native.addressOf(block), block.capacity()), "environ");
    }

    private static String nameOf(byte[] entry) {
        int end = 0;
        while (end < entry.length && entry[end] != '=') {
            end++;
        }
        return new String(entry, 0, end, StandardCharsets.ISO_8859_1);
    }
}
