package io.evloop.buffer;

import java.util.Arrays;

/**
 * Off-heap buffers by size class, last in first out, so that the next lease is the block that is still in the cache. A
 * class holds 2^n bytes and {@link #SLACK} more, so that a payload of 2^n and its header fit. For one thread.
 *
 * <p>What is released beyond {@link #retainedLimit} is left to the garbage collector, which frees direct memory once no
 * view of it is left: nothing here can unmap memory under somebody's feet.
 */
public final class BufferPool {

    /** Bytes of a class beyond its power of two. */
    public static final int SLACK = 64;

    private static final int MIN_SHIFT = 12;
    private static final int MAX_SHIFT = 30;

    /** Bytes of the largest buffer that can be leased. */
    static final int MAX_CAPACITY = (1 << MAX_SHIFT) + SLACK;

    /** An attempt in vain blocks the thread, for half a second in the JDK: of all the time, at most a part in this many. */
    private static final int ATTEMPT_SHARE = 5;

    private static final int NONE = Integer.MAX_VALUE;

    private final OffHeapBuffer[] free = new OffHeapBuffer[MAX_SHIFT + 1];
    private final long retainedLimit;
    private long retainedBytes;
    private long leasedBytes;

    /** The smallest class that the JVM had no memory for of late, and the time until which it is not asked again. */
    private int scarceShift = NONE;

    private long scarceUntilNanos;

    /**
     * @param retainedLimit bytes of free buffers that are kept for the next lease
     */
    public BufferPool(long retainedLimit) {
        this.retainedLimit = retainedLimit;
    }

    /**
     * Leases a buffer, empty, of at least {@code capacity} bytes.
     *
     * @throws OutOfMemoryError if the JVM's direct memory is exhausted, or was for as many bytes a moment ago
     */
    public OffHeapBuffer lease(int capacity) {
        int shift = shiftOf(capacity);
        OffHeapBuffer buffer = free[shift];
        if (buffer == null) {
            buffer = allocate(shift);
        } else {
            free[shift] = buffer.next;
            retainedBytes -= buffer.capacity();
        }
        buffer.clear();
        leasedBytes += buffer.capacity();
        return buffer;
    }

    private OffHeapBuffer allocate(int shift) {
        int capacity = (1 << shift) + SLACK;
        long begin = System.nanoTime();
        if (shift >= scarceShift) {
            if (begin - scarceUntilNanos < 0) {
                throw new OutOfMemoryError("direct memory: there were no " + capacity + " bytes a moment ago");
            }
            scarceShift = NONE;
        }
        try {
            return allocateOrTrim(capacity);
        } catch (OutOfMemoryError e) {
            long now = System.nanoTime();
            scarceShift = shift;
            scarceUntilNanos = now + (ATTEMPT_SHARE - 1) * (now - begin);
            throw e;
        }
    }

    private OffHeapBuffer allocateOrTrim(int capacity) {
        try {
            return OffHeapBuffer.allocate(capacity);
        } catch (OutOfMemoryError e) {
            if (retainedBytes == 0) {
                throw e;
            }
            trim();
            return OffHeapBuffer.allocate(capacity);
        }
    }

    /** Takes a buffer back. The caller forgets it. */
    public void release(OffHeapBuffer buffer) {
        buffer.hideView();
        buffer.clear();
        leasedBytes -= buffer.capacity();
        if (retainedBytes + buffer.capacity() <= retainedLimit) {
            int shift = shiftOf(buffer.capacity());
            buffer.next = free[shift];
            free[shift] = buffer;
            retainedBytes += buffer.capacity();
        }
    }

    /** Forgets every free buffer. */
    public void trim() {
        Arrays.fill(free, null);
        retainedBytes = 0;
    }

    /** Bytes of buffers that are leased. */
    public long leasedBytes() {
        return leasedBytes;
    }

    /** Bytes of free buffers that are kept. */
    public long retainedBytes() {
        return retainedBytes;
    }

    private static int shiftOf(int capacity) {
        if (capacity < 0 || capacity > MAX_CAPACITY) {
            throw new IllegalArgumentException("capacity " + capacity);
        }
        int payload = Math.max(1 << MIN_SHIFT, capacity - SLACK);
        return Integer.SIZE - Integer.numberOfLeadingZeros(payload - 1);
    }
}
