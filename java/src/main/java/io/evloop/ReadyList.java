package io.evloop;

import java.util.ArrayDeque;

/**
 * Connections that have something to read or to deliver, first come, first served. A connection stands in it once: it keeps
 * the flag.
 *
 * <p>Of those in bulk, whose reads bring much, only a few have turns at a time; the others wait, unread. If all had, what
 * they hold would be larger than the near caches, and each turn would begin with bytes that have left them. A place is held
 * until what was read is delivered, or for so long that the next must have it. Those that bring little do not wait for a
 * place. Loop thread only.
 */
final class ReadyList {

    /** The place of a connection among those in bulk: none; not a turn yet; at least one turn. */
    enum Place {
        NONE,
        NEW,
        SERVED
    }

    /** Connections in bulk that have turns at a time: what they have read, 128 KiB each, stays in the near caches. */
    static final int BULK_PLACES = 2;

    /** So often the places go to the next, however much is unread: by far longer than it takes to deliver small frames. */
    private static final long TENURE_NANOS = 4_000_000;

    private static final int INITIAL_CAPACITY = 64;

    private final ArrayDeque<Inbound> turns = new ArrayDeque<>(INITIAL_CAPACITY);
    private final ArrayDeque<Inbound> waiting = new ArrayDeque<>(INITIAL_CAPACITY);
    private int places = BULK_PLACES;
    private long reassignedAt = System.nanoTime();

    boolean isEmpty() {
        return turns.isEmpty(); // nobody waits for a place while nobody has one
    }

    int size() {
        return turns.size() + waiting.size();
    }

    void addLast(Inbound inbound) {
        turns.addLast(inbound);
    }

    /** For a turn, among the others or among those in bulk. */
    void add(Inbound inbound, boolean bulk) {
        if (bulk) {
            addBulk(inbound);
        } else {
            addLast(inbound);
        }
    }

    /** For one in bulk: it gets its turn when there is a place. */
    void addBulk(Inbound inbound) {
        if (places > 0) {
            places--;
            take(inbound);
        } else {
            waiting.addLast(inbound);
        }
    }

    private void take(Inbound inbound) {
        inbound.place = Place.NEW;
        turns.addLast(inbound);
    }

    /** One that has a place has had a turn; without a next one it gives it up. */
    void served(Inbound inbound, boolean again) {
        if (again) {
            inbound.place = Place.SERVED;
        } else {
            leave(inbound);
        }
    }

    private void leave(Inbound inbound) {
        inbound.place = Place.NONE;
        Inbound next = waiting.pollFirst();
        if (next == null) {
            places++;
        } else {
            take(next);
        }
    }

    /** Whether somebody waits for a place: then {@link #reassign} is due now and then. */
    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** Now and then gives the places of those who have had a turn to those who wait, behind whom they wait from then on. */
    void reassign(long now) {
        if (now - reassignedAt < TENURE_NANOS) {
            return;
        }
        reassignedAt = now;
        for (int left = turns.size(); left > 0; left--) {
            Inbound inbound = turns.removeFirst();
            if (inbound.place == Place.SERVED && hasWaiting()) {
                leave(inbound);
                waiting.addLast(inbound);
            } else {
                turns.addLast(inbound);
            }
        }
    }

    /** Who is first; only while there is one. */
    Inbound first() {
        return turns.getFirst();
    }

    Inbound removeFirst() {
        return turns.removeFirst();
    }
}
