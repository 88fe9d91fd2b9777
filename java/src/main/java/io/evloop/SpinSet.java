package io.evloop;

/**
 * The few connections that had bytes most recently. While the loop spins it reads from them directly, which costs about
 * two thirds of asking epoll. Loop thread only.
 */
final class SpinSet {

    private static final int CAPACITY = 4;

    private final Inbound[] recent = new Inbound[CAPACITY];
    private int size;

    /** Who is replaced next, once there are as many as can be. */
    private int oldest;

    /** Who was read from last. */
    private int last;

    /** Whether one of them may be out of the epoll: asked before each wait, where looking at them all would cost cold memory. */
    private boolean bypassesEpoll;

    /** Remembers a connection that had bytes. */
    void touch(Inbound inbound) {
        if (recent[last] != inbound) { // or else it is that one's read
            add(inbound);
        }
    }

    private void add(Inbound inbound) {
        for (int index = 0; index < size; index++) {
            if (recent[index] == inbound) {
                return;
            }
        }
        if (size < CAPACITY) {
            recent[size++] = inbound;
        } else {
            recent[oldest].endpoint().interest().endBypass();
            recent[oldest] = inbound;
            oldest = (oldest + 1) % CAPACITY;
        }
    }

    void remove(Inbound inbound) {
        for (int index = 0; index < size; index++) {
            if (recent[index] == inbound) {
                recent[index] = recent[--size];
                recent[size] = null;
            }
        }
    }

    /** Reads once from each until one had something: that one, or null. Who stands behind it is the first of the next time. */
    Inbound tryRead() {
        for (int count = 0; count < size; count++) {
            last = last + 1 < size ? last + 1 : 0;
            Inbound inbound = recent[last];
            if (inbound.wantsInput() ? inbound.tryRead() : failsToReturn(inbound)) {
                return inbound;
            }
            if (size > 1) {
                inbound.buffer().shrink(); // for the next one: they need one block in all
            }
        }
        return null;
    }

    /** One that is not read from returns to the epoll, for the hang-up. True: the kernel has refused, and it is to end. */
    private static boolean failsToReturn(Inbound inbound) {
        inbound.endpoint().interest().endBypass();
        return inbound.endpoint().isClosed();
    }

    /** After tries in vain: nobody holds memory, or little for the part of a frame. */
    void trim() {
        for (int index = 0; index < size; index++) {
            recent[index].buffer().shrink();
        }
    }

    /** Many tries in a row have found something: for the one that was read from last, epoll is not needed. */
    void bypassEpoll() {
        if (last < size) {
            bypassesEpoll = true;
            recent[last].endpoint().interest().bypass();
        }
    }

    /** Before the loop waits, or asks epoll without having tried. */
    void endBypass() {
        if (bypassesEpoll) {
            for (int index = 0; index < size; index++) {
                recent[index].endpoint().interest().endBypass();
            }
            bypassesEpoll = false; // last: what fails halfway is tried again
        }
    }
}
