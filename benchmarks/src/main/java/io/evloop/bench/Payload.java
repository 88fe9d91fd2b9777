package io.evloop.bench;

import java.nio.ByteBuffer;

/**
 * The content of a numbered frame, by which a receiver tells a right one from a wrong one: the first word is the sequence
 * number, the last one the sequence number times {@link #MIX}, word {@code k} in between {@code k * MIX}. The channel is the
 * low bits of the sequence number.
 */
final class Payload {

    /** The shortest payload: the first word and the last. */
    static final int MIN_LENGTH = 2 * Long.BYTES;

    private static final int CHANNEL_MASK = 1023;
    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final ByteBuffer bytes;
    private final int lastWord;

    /**
     * @param length bytes, a multiple of 8 from {@link #MIN_LENGTH}
     */
    Payload(int length) {
        this(ByteBuffer.allocateDirect(length));
    }

    /** In all of {@code bytes}. */
    Payload(ByteBuffer bytes) {
        this.bytes = bytes;
        lastWord = bytes.capacity() - Long.BYTES;
        for (int at = Long.BYTES; at < lastWord; at += Long.BYTES) {
            bytes.putLong(at, at / Long.BYTES * MIX);
        }
    }

    /** The payload of one frame, from position 0 to its end, until the next call. */
    ByteBuffer numbered(long sequence) {
        return bytes.clear().putLong(0, sequence).putLong(lastWord, sequence * MIX);
    }

    static int channelId(long sequence) {
        return (int) sequence & CHANNEL_MASK;
    }

    /** Checks the channel, the length and, of the content, the first word, the last and one in between. */
    static void verify(int channelId, ByteBuffer payload, int length, long sequence) {
        final int first = payload.position();
        if (payload.remaining() != length
                || channelId != channelId(sequence)
                || payload.getLong(first) != sequence
                || payload.getLong(first + length - Long.BYTES) != sequence * MIX
                || !isInnerWordRight(payload, first, length, sequence)) {
            throw new IllegalStateException(
                    "frame " + sequence + " is wrong: channel " + channelId + ", " + payload + ", or its content");
        }
    }

    private static boolean isInnerWordRight(ByteBuffer payload, int first, int length, long sequence) {
        final int words = (length - MIN_LENGTH) / Long.BYTES;
        if (words == 0) {
            return true;
        }
        final int word =
                1 + (int) ((sequence * MIX >>> 32) * words >>> 32); // another one each time, without a division
        return payload.getLong(first + word * Long.BYTES) == word * MIX;
    }
}
