package io.evloop.buffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A bounded queue of records off-heap, from many threads to one, without an allocation, and without a lock but for
 * writers that throw.
 *
 * <pre>
 *  0               4               8
 * +---------------+---------------+----------------+---------+
 * | record length |      tag      | payload    ... | padding |  to a multiple of 8
 * +---------------+---------------+----------------+---------+
 * </pre>
 *
 * A producer claims room by moving the tail, fills it, and publishes it by storing the length, header included; until then
 * a 0 stands there, which is why the consumer clears what it has taken before it moves the head. A negative length marks
 * room that nobody filled: the rest before the wrap, or a record given up.
 */
public final class SendRing {

    /** The result of {@link #claim}: there is no room at present. */
    public static final int FULL = -1;

    /** The result of {@link #claim}: {@link #close} was called. */
    public static final int CLOSED = -2;

    private static final int MIN_CAPACITY = 4 * 1024;
    private static final int MAX_CAPACITY = 1 << 30;
    private static final int LENGTH_OFFSET = 0;
    private static final int TAG_OFFSET = 4;
    private static final int HEADER_LENGTH = 8;
    private static final int ALIGNMENT = 8;

    /** Bytes cleared at a time: what a consumer gives back before it goes on. A smaller ring is cleared once around. */
    private static final int MAX_CLEAR_LENGTH = 16 * 1024;

    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(MAX_CLEAR_LENGTH);

    /** Two cache lines between the counters: the adjacent one is fetched, too. */
    private static final int COUNTER_DISTANCE = 16;

    private static final int TAIL = COUNTER_DISTANCE;
    private static final int HEAD = 2 * COUNTER_DISTANCE;
    private static final long CLOSED_BIT = Long.MIN_VALUE;

    /** How long a claimed record is waited for at the end. */
    private static final long PUBLISH_NANOS = 1_000_000_000L;

    /** Entries of what was abandoned, from which on nothing is claimed until the consumer has come. */
    private static final int MOST_ABANDONED = 128;

    /** Entries beyond, for writers who have just claimed. */
    private static final int ABANDONED_RESERVE = 128;

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final ByteBuffer memory;
    private final int capacity;
    private final int clearLength;
    private final AtomicLongArray counters = new AtomicLongArray(3 * COUNTER_DISTANCE);

    /** Position and length of what was claimed by a writer that has thrown; the lock of it, too. */
    private final long[] abandoned = new long[MOST_ABANDONED + ABANDONED_RESERVE];

    private volatile int abandonedCount;

    /**
     * @param minCapacity bytes; rounded up to a power of two, at least 4,096 and at most 2^30
     */
    public SendRing(int minCapacity) {
        if (minCapacity < 1 || minCapacity > MAX_CAPACITY) {
            throw new IllegalArgumentException("capacity " + minCapacity + " is outside 1.." + MAX_CAPACITY);
        }
        int shift = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(MIN_CAPACITY, minCapacity) - 1);
        capacity = 1 << shift;
        clearLength = Math.min(MAX_CLEAR_LENGTH, capacity);
        memory = ByteBuffer.allocateDirect(capacity + ALIGNMENT).alignedSlice(ALIGNMENT);
    }

    /** Bytes of room in all. */
    public int capacity() {
        return capacity;
    }

    /** The longest payload: with it, a record always fits into an empty ring, wherever its end is. */
    public int maxPayloadLength() {
        return capacity / 2 - HEADER_LENGTH;
    }

    /** Where the payload of a claimed or a taken record is. */
    public ByteBuffer memory() {
        return memory;
    }

    /** Bytes claimed and not taken, headers and padding included. Any thread; a moment's value. */
    public long usedBytes() {
        long head = counters.get(HEAD); // first: the tail is never behind it
        return (counters.get(TAIL) & ~CLOSED_BIT) - head;
    }

    // producers --------------------------------------------------------------------------------------------------

    /**
     * Claims room for a payload of {@code length} bytes, at most {@link #maxPayloadLength}. {@link #publish} or
     * {@link #giveUp} must follow, or the consumer stands still. Any thread.
     *
     * @return index in {@link #memory} of the payload, {@link #FULL} or {@link #CLOSED}
     */
    public int claim(int length) {
        final long position = claimPosition(aligned(HEADER_LENGTH + length));
        return position < 0 ? (int) position : indexOf(position) + HEADER_LENGTH;
    }

    private long claimPosition(int needed) {
        while (true) {
            final long tail = counters.get(TAIL);
            if (tail < 0) {
                return CLOSED;
            }
            final int index = indexOf(tail);
            final int skipped = skipped(index, needed);
            if (tail + skipped + needed - counters.get(HEAD) > capacity || abandonedCount > MOST_ABANDONED) {
                return FULL;
            }
            if (counters.compareAndSet(TAIL, tail, tail + skipped + needed)) {
                if (skipped == 0) {
                    return tail;
                }
                try {
                    INT.setRelease(memory, index + LENGTH_OFFSET, -skipped);
                } catch (RuntimeException | Error e) {
                    synchronized (abandoned) { // and no call, for which there may be no stack
                        if (abandonedCount + 2 < abandoned.length) {
                            abandoned[abandonedCount] = tail;
                            abandoned[abandonedCount + 1] = skipped;
                            abandoned[abandonedCount + 2] = tail + skipped;
                            abandoned[abandonedCount + 3] = needed;
                            abandonedCount += 4;
                        }
                    }
                    throw e;
                }
                return tail + skipped;
            }
        }
    }

    /**
     * Claims, fills and publishes a record of {@code length} bytes of {@code source} from {@code index} on. Any thread.
     *
     * @return 0, {@link #FULL} or {@link #CLOSED}; if it throws, the consumer is to be called for, which gives up what
     *     may have been claimed
     */
    public int write(ByteBuffer source, int index, int length, int tag) {
        return write(source, null, index, length, tag);
    }

    /** The same of an array. */
    public int write(byte[] source, int offset, int length, int tag) {
        return write(null, source, offset, length, tag);
    }

    private int write(ByteBuffer buffer, byte[] array, int index, int length, int tag) {
        final int needed = aligned(HEADER_LENGTH + length);
        final long position = claimPosition(needed);
        if (position < 0) {
            return (int) position;
        }
        try {
            final int payload = indexOf(position) + HEADER_LENGTH;
            if (array == null) {
                memory.put(payload, buffer, index, length);
            } else {
                memory.put(payload, array, index, length);
            }
            publish(payload, length, tag);
        } catch (RuntimeException | Error e) {
            synchronized (abandoned) { // no call either
                if (abandonedCount < abandoned.length) {
                    abandoned[abandonedCount] = position;
                    abandoned[abandonedCount + 1] = needed;
                    abandonedCount += 2;
                }
            }
            throw e;
        }
        return 0;
    }
    /** Whether {@link #claim} would find room for a payload of {@code length} bytes. A moment's value. */
    public boolean fits(int length) {
        final long head = counters.get(HEAD); // first: the tail is never behind it
        final long tail = counters.get(TAIL) & ~CLOSED_BIT;
        final int needed = aligned(HEADER_LENGTH + length);
        return tail + skipped(indexOf(tail), needed) + needed - head <= capacity;
    }

    /** Bytes left out at the end of the memory, where a record is not to be cut. */
    private int skipped(int index, int needed) {
        final int rest = capacity - index;
        return rest < needed ? rest : 0;
    }

    /** Hands a filled record over. */
    public void publish(int payload, int length, int tag) {
        memory.putInt(payload - HEADER_LENGTH + TAG_OFFSET, tag);
        INT.setRelease(memory, payload - HEADER_LENGTH + LENGTH_OFFSET, HEADER_LENGTH + length);
    }

    /** Gives a claimed record up. */
    public void giveUp(int payload, int length) {
        INT.setRelease(memory, payload - HEADER_LENGTH + LENGTH_OFFSET, -aligned(HEADER_LENGTH + length));
    }

    // the consumer -----------------------------------------------------------------------------------------------

    /** Takes a record. */
    @FunctionalInterface
    public interface Consumer {
        /** False = not now: the record stays the first. */
        boolean accept(int tag, ByteBuffer memory, int payload, int length);
    }

    /** Gives up what writers that have thrown have claimed and not published: until then everything stands still before it. */
    public void giveUpAbandoned() {
        if (abandonedCount == 0) {
            return;
        }
        synchronized (abandoned) {
            while (abandonedCount > 0) {
                final long position = abandoned[abandonedCount - 2];
                final int index = indexOf(position);
                // one that has thrown behind its publish may be gone, and the room another's
                if (position >= counters.get(HEAD) && (int) INT.getAcquire(memory, index + LENGTH_OFFSET) == 0) {
                    giveUp(index + HEADER_LENGTH, (int) abandoned[abandonedCount - 1] - HEADER_LENGTH);
                }
                abandonedCount -= 2;
            }
        }
    }

    /**
     * Hands over the records that are published at the head, in order, until one is not taken or {@code maxBytes} are. For one
     * thread.
     *
     * @return bytes taken, headers and padding included
     */
    public long drain(Consumer consumer, long maxBytes) {
        final long start = counters.get(HEAD);
        long head = start;
        long cleared = start;
        try {
            while (head - start < maxBytes) {
                final int index = indexOf(head);
                final int length = (int) INT.getAcquire(memory, index + LENGTH_OFFSET);
                if (length == 0) {
                    break;
                }
                if (length > 0
                        && !consumer.accept(
                                memory.getInt(index + TAG_OFFSET),
                                memory,
                                index + HEADER_LENGTH,
                                length - HEADER_LENGTH)) {
                    break;
                }
                head += length > 0 ? aligned(length) : -length;
                if (head - cleared >= clearLength) {
                    giveBack(cleared, head);
                    cleared = head;
                }
            }
        } finally {
            giveBack(cleared, head);
        }
        return head - start;
    }

    private void giveBack(long from, long to) {
        long position = from;
        while (position < to) {
            int index = indexOf(position);
            int length = (int) Math.min(Math.min(to - position, capacity - index), MAX_CLEAR_LENGTH);
            memory.put(index, ZEROS, 0, length);
            position += length;
        }
        if (to > from) {
            counters.lazySet(HEAD, to);
        }
    }

    /**
     * From now on {@link #claim} is {@link #CLOSED}. Returns once every record claimed before is published or given up, or a
     * second later: a producer that is suspended in between may never go on. Consumer.
     */
    public void close() {
        long tail = counters.get(TAIL);
        while (tail >= 0 && !counters.compareAndSet(TAIL, tail, tail | CLOSED_BIT)) {
            tail = counters.get(TAIL);
        }
        long end = counters.get(TAIL) & ~CLOSED_BIT;
        long position = counters.get(HEAD);
        long begin = System.nanoTime();
        while (position < end) {
            int length = (int) INT.getAcquire(memory, indexOf(position) + LENGTH_OFFSET);
            if (length == 0) {
                if (System.nanoTime() - begin > PUBLISH_NANOS) {
                    return;
                }
                giveUpAbandoned();
                Thread.onSpinWait(); // a producer is between its claim and its publish: it copies a frame
            } else {
                position += length > 0 ? aligned(length) : -length;
            }
        }
    }

    private int indexOf(long position) {
        return (int) position & (capacity - 1);
    }

    private static int aligned(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }
}
