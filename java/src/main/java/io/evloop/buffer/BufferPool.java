package io.evloop.buffer;

import java.util.Arrays;

/**
 * Off-heap buffers by size class, last in first out, so that the next lease is the block that is still in the cache. A
 * class holds 2^n bytes and {@link #SLACK} more, so that a payload of 2^n and its header fit. For one thread.
 *
 * <p>What is free is kept for the next lease up to {@link #retainedLimit}, and beyond that for a while: what is leased and
 * what is kept are together at most that limit more than what was leased at once of late, and the excess is at most a
 * quarter of the JVM's largest heap: by default there is as much direct memory as that heap. Otherwise a stream of large
 * frames would take fresh memory for each, which the JVM clears, and gets back by collecting garbage.
 *
 * <p>The rest is left to the garbage collector, which frees direct memory once no view of it is left: nothing here can
 * unmap memory under somebody's feet.
 */
public final class BufferPool {

    /** Bytes of a class beyond its power of two. */
    public static final int SLACK = 64;

    /** Bytes of free buffers that a loop, or a blocking pipe, keeps for good: a frame of 16 MiB grows through as many. */
    public static final long RETAINED_BYTES = 32L << 20;

    /** What they keep beyond that was in use within the last two such periods. */
    public static final long PERIOD_NANOS = 5_000_000_000L;

    private static final int MIN_SHIFT = 12;
    private static final int MAX_SHIFT = 30;

    /** Bytes of the largest buffer that can be leased. */
    static final int MAX_CAPACITY = (1 << MAX_SHIFT) + SLACK;

    /** An attempt in vain blocks the thread, for half a second in the JDK: of all the time, at most a part in this many. */
    private static final int ATTEMPT_SHARE = 5;

    private static final int NONE = Integer.MAX_VALUE;

    private static final long EXCESS_LIMIT = Runtime.getRuntime().maxMemory() / 4;

    private final OffHeapBuffer[] free = new OffHeapBuffer[MAX_SHIFT + 1];
    private final long retainedLimit;
    private final Runnable excessKept;
    private long retainedBytes;
    private long leasedBytes;

    /** The most bytes leased at once in this period, and in the one before. */
    private long peakBytes;

    private long formerPeakBytes;

    /** Somebody is going to call {@link #age}. */
    private boolean aging;

    /** The smallest class that the JVM had no memory for of late, and the time until which it is not asked again. */
    private int scarceShift = NONE;

    private long scarceUntilNanos;

    /**
     * @param retainedLimit bytes of free buffers that are kept until {@link #trim}
     * @param excessKept called when more than that is kept: {@link #age} is to be called once, a period later
     */
    public BufferPool(long retainedLimit, Runnable excessKept) {
        this.retainedLimit = retainedLimit;
        this.excessKept = excessKept;
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
            shed(leasedBytes + (1L << shift) + SLACK);
            buffer = allocate(shift);
        } else {
            free[shift] = buffer.next;
            retainedBytes -= buffer.capacity();
        }
        buffer.clear();
        leasedBytes += buffer.capacity();
        if (leasedBytes > peakBytes) {
            peakBytes = leasedBytes;
        }
        return buffer;
    }

    /** Whether the next lease of {@code capacity} bytes is of memory that is here already. */
    boolean holds(int capacity) {
        return free[shiftOf(capacity)] != null;
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
        long retained = retainedBytes + buffer.capacity();
        if (retained <= keptBytes(leasedBytes)) {
            int shift = shiftOf(buffer.capacity());
            buffer.next = free[shift];
            free[shift] = buffer;
            retainedBytes = retained;
            if (retained > retainedLimit && !aging) {
                excessKept.run();
                aging = true;
            }
        }
    }

    /** Bytes of free buffers to be kept beside {@code leased} ones. */
    private long keptBytes(long leased) {
        long unleased = Math.max(0, Math.max(peakBytes, formerPeakBytes) - leased);
        return retainedLimit + Math.min(unleased, EXCESS_LIMIT);
    }

    /** Whether {@link #age} is to be called. */
    public boolean isAging() {
        return aging;
    }

    /** A period is over: what was needed at once in the one before it, and not in this one, is forgotten. */
    public void age() {
        formerPeakBytes = peakBytes;
        peakBytes = leasedBytes;
        shed(leasedBytes);
        aging = false;
        if (retainedBytes > retainedLimit) {
            excessKept.run();
            aging = true;
        }
    }

    /** Forgets what is not to be kept beside {@code leased} bytes. */
    private void shed(long leased) {
        long kept = keptBytes(leased);
        while (retainedBytes > kept) {
            int shift = dispensable(retainedBytes - kept);
            retainedBytes -= free[shift].capacity();
            free[shift] = free[shift].next;
        }
    }

    /** The smallest class with a free buffer of {@code bytes} or more, or else the largest with any. There is one. */
    private int dispensable(long bytes) {
        int found = NONE;
        for (int shift = MAX_SHIFT; shift >= MIN_SHIFT; shift--) {
            if (free[shift] != null && (found == NONE || free[shift].capacity() >= bytes)) {
                found = shift;
            }
        }
        return found;
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
