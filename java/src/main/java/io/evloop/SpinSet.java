package io.evloop;

/**
 * The few connections that had bytes most recently. While the loop spins it reads from them directly, which costs about
 * two thirds of asking epoll. Loop thread only.
 */
final class SpinSet {

    private static final int CAPACITY = 4;

    private final Inbound[] recent = new Inbound[CAPACITY];
    private int next;
    private int first;

    /** Remembers a connection that had bytes. */
    void touch(Inbound inbound) {
        for (Inbound known : recent) {
            if (known == inbound) {
                return;
            }
        }
        recent[next] = inbound;
        next = (next + 1) % CAPACITY;
    }

    void remove(Inbound inbound) {
        for (int index = 0; index < CAPACITY; index++) {
            if (recent[index] == inbound) {
                recent[index] = null;
            }
        }
    }

    /** Reads once from each; true as soon as one had something. The one behind it is the first of the next time. */
    boolean tryRead() {
        for (int count = 0; count < CAPACITY; count++) {
            Inbound inbound = recent[first];
            first = (first + 1) % CAPACITY;
            if (inbound != null && inbound.tryRead()) {
                return true;
            }
        }
        return false;
    }
}
