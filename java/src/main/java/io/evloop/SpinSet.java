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
            if (inbound.wantsInput() ? inbound.tryRead() : endsBypass(inbound)) {
                return inbound;
            }
            if (size > 1) {
                inbound.buffer().shrink(); // for the next one: they need one block in all
            }
        }
        return null;
    }

    /** It is not read from for now, so that only epoll can tell of a hang-up. True: the kernel has refused, and it is to end. */
    private static boolean endsBypass(Inbound inbound) {
        inbound.endpoint().interest().endBypass();
        return inbound.endpoint().isClosed();
    }

    /** After some {@link #tryRead}: all but {@code hit} had nothing, and hold no memory, or little for the part of a frame. */
    void trim(Inbound hit) {
        for (int index = 0; index < size; index++) {
            if (recent[index] != hit) {
                recent[index].buffer().shrink();
            }
        }
    }

    /** Many tries in a row have found something: for the one that was read from last, epoll is not needed. */
    void bypassEpoll() {
        if (last < size) {
            recent[last].endpoint().interest().bypass();
        }
    }

    /** Before the loop waits, or asks epoll without having tried. */
    void endBypass() {
        for (int index = 0; index < size; index++) {
            recent[index].endpoint().interest().endBypass();
        }
    }
}
