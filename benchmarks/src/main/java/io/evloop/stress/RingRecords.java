package io.evloop.stress;

import io.evloop.buffer.SendRing;
import java.nio.ByteBuffer;

/** Records for a ring that tell of tearing, and what was found in it. For one consumer at a time. */
final class RingRecords {

    /** In the place of a count: a record is torn, or out of its producer's order. */
    static final int BROKEN = -1;

    private static final int PRODUCERS = 3;
    private static final int LONGS = 5;

    private final int[] last = new int[PRODUCERS];
    private int count;
    private boolean broken;

    /** Writes a record; 1 = accepted, 0 = refused since the ring is closed. */
    static int write(SendRing ring, int producer, int number) {
        int payload = ring.claim(LONGS * Long.BYTES);
        if (payload == SendRing.CLOSED) {
            return 0;
        }
        for (int index = 0; index < LONGS; index++) {
            ring.memory().putLong(payload + index * Long.BYTES, content(producer, number));
        }
        ring.publish(payload, LONGS * Long.BYTES, producer);
        return 1;
    }

    private static long content(int producer, int number) {
        return (long) producer << 32 | number;
    }

    /** Takes what is there; returns how many records there were since the beginning, or {@link #BROKEN}. */
    int drain(SendRing ring) {
        ring.drain(this::take, Long.MAX_VALUE);
        return broken ? BROKEN : count;
    }

    private boolean take(int producer, ByteBuffer memory, int payload, int length) {
        long content = content(producer, ++last[producer]);
        broken |= length != LONGS * Long.BYTES;
        for (int index = 0; index < LONGS; index++) {
            broken |= memory.getLong(payload + index * Long.BYTES) != content;
        }
        count++;
        return true;
    }
}
