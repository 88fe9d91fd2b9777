package io.evloop.testing;

import java.util.Arrays;

/** The bytes that a fuzzer has chosen, taken from the front; behind their end there are zeros. */
public final class FuzzInput {

    private static final int MAX_PIECES = 15;

    private final byte[] bytes;
    private int position;

    public FuzzInput(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    public boolean isEmpty() {
        return position == bytes.length;
    }

    /** The next byte, 0 to 255. */
    public int next() {
        return isEmpty() ? 0 : Byte.toUnsignedInt(bytes[position++]);
    }

    /** The next two bytes, 0 to 65535. */
    public int nextShort() {
        int high = next();
        return high << 8 | next();
    }

    /** The next bytes, fewer where there are fewer. */
    public byte[] take(int length) {
        int to = Math.min(bytes.length, position + length);
        byte[] taken = Arrays.copyOfRange(bytes, position, to);
        position = to;
        return taken;
    }

    /** The lengths of pieces, a byte each: behind their number, 0 to 15. */
    public byte[] pieces() {
        return take(next() & MAX_PIECES);
    }

    /** Where such pieces of a stream end, and the stream itself, which is behind the last. */
    public static int[] cuts(byte[] pieces, int streamLength) {
        int[] cuts = new int[pieces.length + 1];
        int end = 0;
        for (int index = 0; index < pieces.length; index++) {
            end = Math.min(streamLength, end + Byte.toUnsignedInt(pieces[index]));
            cuts[index] = end;
        }
        cuts[pieces.length] = streamLength;
        return cuts;
    }
}
