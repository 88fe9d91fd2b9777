package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/**
 * The payloads of the frames to come, stamped some at a time: a copy right behind the stamp of the same payload would wait
 * for the stamp's stores. Of large ones there is one: beside their copy it is nothing.
 */
final class PayloadRing {

    private static final int CAPACITY = 4096; // bytes; a small part of the first-level cache
    private static final int MAX_PAYLOADS = 16;

    private final ByteBuffer bytes;
    private final int length;
    private final int mask;

    PayloadRing(int payloadLength) {
        int count = Integer.highestOneBit(Math.max(1, Math.min(MAX_PAYLOADS, CAPACITY / payloadLength)));
        length = payloadLength;
        mask = count - 1;
        bytes = Wire.newPayloads(payloadLength, count);
    }

    /** A direct buffer. */
    ByteBuffer bytes() {
        return bytes;
    }

    /** Where the payload with this sequence number is; for each number in order, which may be asked for again. */
    int offset(long sequence) {
        int index = (int) sequence & mask;
        if (index == 0) {
            stampFrom(sequence);
        }
        return index * length;
    }

    /** Of the payloads that {@link #offset} stamps together with this one, the sequence number of the last. */
    long lastStampedWith(long sequence) {
        return sequence | mask;
    }

    private void stampFrom(long sequence) {
        for (int i = 0; i <= mask; i++) {
            Wire.stamp(bytes, i * length, length, sequence + i);
        }
    }
}
