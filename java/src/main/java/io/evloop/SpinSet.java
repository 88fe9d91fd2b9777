package io.evloop;

/**
 * The few connections that had bytes most recently. While the loop spins it reads from them directly, which costs about
 * two thirds of asking epoll. Loop thread only.
 */
final class SpinSet {

    private static final int CAPACITY = 4;

    private final Endpoint[] recent = new Endpoint[CAPACITY];
    private int next;

    /** Remembers a connection that had bytes. */
    void touch(Endpoint endpoint) {
        for (Endpoint known : recent) {
            if (known == endpoint) {
                return;
            }
        }
        recent[next] = endpoint;
        next = (next + 1) % CAPACITY;
    }

    void remove(Endpoint endpoint) {
        for (int index = 0; index < CAPACITY; index++) {
            if (recent[index] == endpoint) {
                recent[index] = null;
            }
        }
    }

    /** Reads once from each; true as soon as one had something. */
    boolean tryRead() {
        for (Endpoint endpoint : recent) {
            if (endpoint != null && endpoint.tryRead()) {
                return true;
            }
        }
        return false;
    }
}
