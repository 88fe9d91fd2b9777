package io.evloop.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Frames as the wire has them, made by hand: independent of the code under test. */
public final class Frames {

    private Frames() {}

    /** Six bytes: channel, 2 bytes big-endian; length, 4 bytes big-endian, any value. */
    public static byte[] header(int channelId, long length) {
        return new byte[] {
            (byte) (channelId >> 8),
            (byte) channelId,
            (byte) (length >> 24),
            (byte) (length >> 16),
            (byte) (length >> 8),
            (byte) length
        };
    }

    public static byte[] frame(int channelId, byte... payload) {
        return concat(header(channelId, payload.length), payload);
    }

    public static byte[] frame(int channelId, String payload) {
        return frame(channelId, payload.getBytes(StandardCharsets.UTF_8));
    }

    /** So many frames in a row: on channels from 0 up, each with a {@link #pattern} of its own, {@code length} bytes long. */
    public static byte[] burst(int frames, int length) {
        byte[][] parts = new byte[frames][];
        for (int index = 0; index < frames; index++) {
            parts[index] = frame(index, pattern(index, length));
        }
        return concat(parts);
    }

    public static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** The remaining bytes of a view; its position is left alone. */
    public static byte[] bytes(ByteBuffer view) {
        byte[] copy = new byte[view.remaining()];
        view.get(view.position(), copy);
        return copy;
    }

    /** The remaining bytes as UTF-8. */
    public static String text(ByteBuffer view) {
        return new String(bytes(view), StandardCharsets.UTF_8);
    }

    /** The remaining bytes as ISO 8859-1: a character for each byte, whatever it is. */
    public static String latin(ByteBuffer view) {
        return new String(bytes(view), StandardCharsets.ISO_8859_1);
    }

    /** {@code length} bytes that differ from place to place and from seed to seed. */
    public static byte[] pattern(int seed, int length) {
        byte[] bytes = new byte[length];
        for (int index = 0; index < length; index++) {
            bytes[index] = (byte) (seed * 31 + index * 7 + (index >>> 8));
        }
        return bytes;
    }
}
