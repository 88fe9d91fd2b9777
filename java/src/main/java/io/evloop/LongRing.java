package io.evloop;

import java.util.Arrays;

/** A queue of longs that grows and allocates nothing otherwise. For one thread. */
final class LongRing {

    private static final int INITIAL_CAPACITY = 16;

    private long[] ring = new long[INITIAL_CAPACITY];
    private int head;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Makes room for one more: the next {@link #addLast} will not fail. */
    void makeRoom() {
        if (size == ring.length) {
            long[] larger = Arrays.copyOf(ring, size * 2);
            System.arraycopy(ring, 0, larger, size, head); // what had wrapped around
            ring = larger;
        }
    }

    void addLast(long value) {
        makeRoom();
        ring[(head + size++) & (ring.length - 1)] = value;
    }

    /** Only if it is not empty. */
    long first() {
        return ring[head];
    }

    /** Only if it is not empty. */
    long removeFirst() {
        long value = ring[head];
        head = (head + 1) & (ring.length - 1);
        size--;
        return value;
    }
}
