package io.evloop;

import io.evloop.sys.Errno;
import java.io.IOException;

/**
 * One descriptor's place in the epoll, and the events it is registered for. Without any it is taken out, because a
 * registration for nothing still reports a hang-up, again and again ({@code epoll_ctl(2)}). Loop thread only.
 */
final class Registration {

    private static final long NONE = -1;

    private final Registry registry;
    private final int fd;
    private long token = NONE;
    private int events;
    private boolean added;

    Registration(Registry registry, int fd) {
        this.registry = registry;
        this.fd = fd;
    }

    /** Begins; if it throws, nothing is left behind. {@code initialEvents} may be 0: hang-ups and errors alone. */
    void open(Pollable pollable, int initialEvents) throws IOException {
        if (registry.owned().contains(fd)) { // perhaps suspended, so that epoll would not know
            throw Errno.exception("epoll_ctl", -Errno.EEXIST);
        }
        long reserved = registry.reserve(pollable);
        boolean success = false;
        try {
            registry.add(reserved, fd, initialEvents);
            added = true;
            if (pollable.ownsDescriptor()) {
                registry.owned().add(fd);
            }
            success = true;
        } finally {
            if (!success) {
                registry.release(reserved);
                suspend();
            }
        }
        token = reserved;
        events = initialEvents;
    }

    boolean isOpen() {
        return token != NONE;
    }

    /** What it is registered for. */
    int events() {
        return events;
    }

    boolean has(int someEvents) {
        return added && (events & someEvents) == someEvents;
    }

    void arm(int moreEvents) throws IOException {
        if (isOpen() && !has(moreEvents)) {
            set(events | moreEvents);
        }
    }

    void disarm(int lessEvents) throws IOException {
        if (added && (events & lessEvents) != 0) {
            int rest = events & ~lessEvents;
            if (rest == 0) {
                suspend();
            } else {
                set(rest);
            }
        }
    }

    /** Takes it out of the epoll, until it is armed or set again. */
    void suspend() throws IOException {
        if (added) {
            registry.remove(fd);
            added = false;
            events = 0;
        }
    }

    /** Registers for exactly these; for 0 too, which reports hang-ups and errors alone. */
    void set(int newEvents) throws IOException {
        if (!isOpen() || added && events == newEvents) {
            return;
        }
        if (added) {
            registry.modify(token, fd, newEvents);
        } else {
            registry.add(token, fd, newEvents);
            added = true;
        }
        events = newEvents;
    }

    /** Registers for exactly these and re-arms what was reported once. */
    void replace(int newEvents) throws IOException {
        registry.modify(token, fd, newEvents);
        events = newEvents;
    }

    /** Ends it, before the descriptor is closed: a duplicate of that may live on in another process. */
    void close() throws IOException {
        if (isOpen()) { // in an order in which it can be tried again where there is no stack for the rest
            IOException failure = null;
            try {
                suspend();
            } catch (IOException e) { // the descriptor may be gone from there: its owner has closed it
                failure = e;
                added = false;
            }
            registry.owned().remove(fd);
            registry.release(token);
            token = NONE;
            if (failure != null) {
                throw failure;
            }
        }
    }
}
