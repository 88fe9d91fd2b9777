package io.evloop;

import java.util.Arrays;

/** Connections that the turn must see to. What is added while a batch is worked on belongs to the next one. */
final class EndpointBatch {

    private static final int INITIAL_CAPACITY = 8;

    private Endpoint[] items = new Endpoint[INITIAL_CAPACITY];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    void add(Endpoint endpoint) {
        if (size == items.length) {
            items = Arrays.copyOf(items, size * 2);
        }
        items[size++] = endpoint;
    }

    Endpoint get(int index) {
        return items[index];
    }

    /** Forgets the first {@code count}. */
    void removeFirst(int count) {
        int left = size - count;
        for (int index = 0; index < left; index++) { // mostly none: not worth a call of the JVM's stubs
            items[index] = items[count + index];
        }
        while (size > left) {
            items[--size] = null;
        }
    }

    /** Forgets one, which stands here at most once. */
    void remove(Endpoint endpoint) {
        for (int index = 0; index < size; index++) {
            if (items[index] == endpoint) {
                size--;
                System.arraycopy(items, index + 1, items, index, size - index);
                items[size] = null;
                return;
            }
        }
    }

    /** Adds all to another batch and forgets them here. */
    void moveTo(EndpointBatch target) {
        for (int index = 0; index < size; index++) {
            target.add(items[index]);
        }
        removeFirst(size);
    }
}
