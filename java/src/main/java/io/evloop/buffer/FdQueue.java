package io.evloop.buffer;

import io.evloop.sys.Native;
import java.util.Arrays;

/** Descriptors on their way, each at a position of a stream, in order. They are owned here. */
public final class FdQueue {

    private static final int INITIAL_CAPACITY = 4;

    private long[] positions = new long[INITIAL_CAPACITY];
    private int[] fds = new int[INITIAL_CAPACITY];
    private int size;

    public boolean isEmpty() {
        return size == 0;
    }

    public int size() {
        return size;
    }

    /**
     * @param position not below that of the last one
     */
    public void add(long position, int fd) {
        if (size == fds.length) {
            positions = Arrays.copyOf(positions, size * 2);
            fds = Arrays.copyOf(fds, size * 2);
        }
        positions[size] = position;
        fds[size++] = fd;
    }

    /** The position of the first; only while there is one. */
    public long firstPosition() {
        return positions[0];
    }

    /** The first, which stays here; only while there is one. */
    public int first() {
        return fds[0];
    }

    /** How many have a position of at most {@code position}. */
    public int countUpTo(long position) {
        int count = 0;
        while (count < size && positions[count] <= position) {
            count++;
        }
        return count;
    }

    /** Takes the first, which is the caller's from now on; only while there is one. They are few: the others are moved. */
    public int removeFirst() {
        int fd = fds[0];
        size--;
        System.arraycopy(positions, 1, positions, 0, size);
        System.arraycopy(fds, 1, fds, 0, size);
        return fd;
    }

    /** Closes what has a position of at most {@code position}. */
    public void closeUpTo(long position) {
        while (size > 0 && positions[0] <= position) {
            Native.close(removeFirst()); // nobody waits for the result: the other side of it has other owners
        }
    }

    public void closeAll() {
        closeUpTo(Long.MAX_VALUE);
    }
}
