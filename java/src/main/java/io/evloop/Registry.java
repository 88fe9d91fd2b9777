package io.evloop;

import io.evloop.epoll.Epoll;
import io.evloop.sys.DropGuard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Who is behind each token of the epoll: {@code generation << 32 | slot}. A slot used again has another generation, so an
 * event for what is gone, in this very batch perhaps, is recognised and dropped. Loop thread only.
 */
final class Registry {

    private static final int INITIAL_SLOTS = 16;
    private static final long SLOT_MASK = 0xFFFF_FFFFL;

    private final Epoll epoll;
    private final DropGuard owned = new DropGuard();
    private Pollable[] pollables = new Pollable[INITIAL_SLOTS];
    private int[] generations = new int[INITIAL_SLOTS];
    private int[] freeSlots = new int[INITIAL_SLOTS];
    private int freeCount;
    private int usedSlots;
    private int size;

    Registry(Epoll epoll) {
        this.epoll = epoll;
    }

    /** Those of the registered descriptors that are closed with the loop. */
    DropGuard owned() {
        return owned;
    }

    /** Takes a slot, without the kernel; {@link #release} gives it back. Returns the token. */
    long reserve(Pollable pollable) {
        int slot;
        if (freeCount > 0) {
            slot = freeSlots[--freeCount];
        } else {
            slot = usedSlots;
            if (slot == pollables.length) {
                grow(slot * 2);
            }
            usedSlots++;
        }
        pollables[slot] = pollable;
        size++;
        return (long) generations[slot] << Integer.SIZE | slot;
    }

    /** Without memory nothing has changed. */
    private void grow(int capacity) {
        int[] moreFreeSlots = Arrays.copyOf(freeSlots, capacity);
        int[] moreGenerations = Arrays.copyOf(generations, capacity);
        pollables = Arrays.copyOf(pollables, capacity);
        generations = moreGenerations;
        freeSlots = moreFreeSlots;
    }

    /** Ends the life of a token. The descriptor was removed from the epoll already. */
    void release(long token) {
        int slot = (int) (token & SLOT_MASK);
        pollables[slot] = null;
        generations[slot]++;
        freeSlots[freeCount++] = slot;
        size--;
    }

    void add(long token, int fd, int events) throws IOException {
        epoll.add(fd, events, token);
    }

    void modify(long token, int fd, int events) throws IOException {
        epoll.modify(fd, events, token);
    }

    void remove(int fd) throws IOException {
        epoll.remove(fd);
    }

    /** Hands the event at {@code index} of the last wait to its owner; false if that is gone. */
    boolean dispatch(int index) {
        long token = epoll.token(index);
        int slot = (int) (token & SLOT_MASK);
        Pollable pollable = pollables[slot];
        if (pollable == null || generations[slot] != (int) (token >>> Integer.SIZE)) {
            return false;
        }
        pollable.onEvents(epoll.events(index));
        return true;
    }

    /** Everything registered at this moment. */
    List<Pollable> snapshot() {
        List<Pollable> all = new ArrayList<>(size);
        for (int slot = 0; slot < usedSlots; slot++) {
            if (pollables[slot] != null) {
                all.add(pollables[slot]);
            }
        }
        return all;
    }

    int size() {
        return size;
    }
}
