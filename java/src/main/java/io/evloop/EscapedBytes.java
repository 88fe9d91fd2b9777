package io.evloop;

import java.nio.ByteBuffer;

/** Bytes as text for a message: printable ASCII as it is, the rest as {@code \xNN}, not more than asked for. */
final class EscapedBytes {

    private static final int FIRST_PRINTABLE = 0x20;
    private static final int LAST_PRINTABLE = 0x7E;

    private EscapedBytes() {}

    static String quote(ByteBuffer bytes, int start, int end, int maxLength) {
        int shownEnd = Math.min(end, start + maxLength);
        StringBuilder text = new StringBuilder("\"");
        for (int index = start; index < shownEnd; index++) {
            int value = bytes.get(index) & 0xFF;
            if (value == '"' || value == '\\') {
                text.append('\\').append((char) value);
            } else if (value >= FIRST_PRINTABLE && value <= LAST_PRINTABLE) {
                text.append((char) value);
            } else {
                text.append(String.format("\\x%02x", value));
            }
        }
        return text.append(shownEnd < end ? "\"..." : "\"").toString();
    }
}
