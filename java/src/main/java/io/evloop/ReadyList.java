package io.evloop;

import java.util.Arrays;

/**
 * Connections that have something to read or to deliver, first come, first served. A connection stands in it once: it keeps
 * the flag. Loop thread only.
 */
final class ReadyList {

    private static final int INITIAL_CAPACITY = 16;

    private Inbound[] ring = new Inbound[INITIAL_CAPACITY];
    private int head;
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    void addLast(Inbound inbound) {
        if (size == ring.length) {
            Inbound[] larger = Arrays.copyOf(ring, size * 2);
            System.arraycopy(ring, 0, larger, size, head); // what had wrapped around
            Arrays.fill(larger, 0, head, null);
            ring = larger;
        }
        ring[(head + size++) & (ring.length - 1)] = inbound;
    }

    /** Who is first; only while there is one. */
    Inbound first() {
        return ring[head];
    }

    Inbound removeFirst() {
        Inbound first = ring[head];
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
        return first;
    }
}
