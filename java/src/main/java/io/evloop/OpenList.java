package io.evloop;

import java.util.ArrayList;
import java.util.List;

/**
 * What is open at present, in the order of its opening. Neither {@link #add} nor {@link Entry#remove} leaves anything half done
 * where the stack ends, as the collections of the JDK do. Loop thread only.
 */
final class OpenList<T> {

    private final Entry<T> ends = new Entry<>(null);

    OpenList() {
        ends.previous = ends;
        ends.next = ends;
    }

    /** The place of one item. */
    static final class Entry<T> {

        private final T item;
        private Entry<T> previous;
        private Entry<T> next;

        private Entry(T item) {
            this.item = item;
        }

        /** Idempotent. */
        void remove() {
            if (next != null) {
                next.previous = previous;
                previous.next = next;
                next = null;
                previous = null;
            }
        }
    }

    Entry<T> add(T item) {
        Entry<T> entry = new Entry<>(item);
        entry.previous = ends.previous;
        entry.next = ends;
        ends.previous.next = entry;
        ends.previous = entry;
        return entry;
    }

    boolean isEmpty() {
        return ends.next == ends;
    }

    /** A copy: those that are open now, whatever happens to them meanwhile. */
    List<T> snapshot() {
        List<T> items = new ArrayList<>();
        for (Entry<T> entry = ends.next; entry != ends; entry = entry.next) {
            items.add(entry.item);
        }
        return items;
    }
}
