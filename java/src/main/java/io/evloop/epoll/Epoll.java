package io.evloop.epoll;

import io.evloop.sys.DropGuard;
import io.evloop.sys.Errno;
import io.evloop.sys.EventArray;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;

/**
 * {@code epoll(7)}: an interest list of file descriptors, each with a 64-bit token of the caller's, and the wait for their
 * readiness. No allocation after {@link #open}, no thread that waits, no state beside the kernel's. Dropped without a close, it
 * is closed by the garbage collector, with a warning.
 *
 * <p>{@link #wakeup} and {@link #close} may be called by any thread; {@link #add}, {@link #modify} and {@link #remove}
 * too, as the kernel allows it, though not while another is in {@code close}; {@link #await} and the results of it belong
 * to one thread at a time. After {@link #close} everything but {@code wakeup}, {@code wakeups} and {@code close} throws
 * {@link IllegalStateException}.
 */
public final class Epoll implements AutoCloseable {

    /** Readable: bytes, an end of stream, or a connection to accept. */
    public static final int IN = 0x001;
    /** Urgent data. */
    public static final int PRI = 0x002;
    /** Writable. */
    public static final int OUT = 0x004;
    /** An error is pending; always reported. */
    public static final int ERR = 0x008;
    /** Both directions are shut; always reported. */
    public static final int HUP = 0x010;
    /** The peer shut its writing side. */
    public static final int RDHUP = 0x2000;
    /** Of several epolls that watch one descriptor, wake one. */
    public static final int EXCLUSIVE = 1 << 28;
    /** Report once, then stay silent until {@link #modify}. */
    public static final int ONESHOT = 1 << 30;
    /** Report changes rather than states. */
    public static final int EDGE_TRIGGERED = 1 << 31;

    /** The one token that {@link #add} refuses: it marks the descriptor behind {@link #wakeup}. */
    public static final long RESERVED_TOKEN = 0xB4D1_7E0F_3C59_A268L;

    private static final int CTL_ADD = 1;
    private static final int CTL_DEL = 2;
    private static final int CTL_MOD = 3;
    private static final int MAX_EVENTS_LIMIT = 1 << 20;
    private static final int NONE = -1;

    private final int epollFd;
    private final int wakeupFd;
    private final DropGuard guard = new DropGuard();
    private final Object wakeupLock = new Object();
    private volatile boolean closed;
    private volatile boolean wakeupPending;
    private volatile long wakeups;
    private EventArray eventArray;
    private int readyCount;

    private Epoll(int epollFd, int wakeupFd, EventArray eventArray) {
        this.epollFd = epollFd;
        this.wakeupFd = wakeupFd;
        this.eventArray = eventArray;
        guard.add(epollFd);
        guard.add(wakeupFd);
        guard.watch(this, "an Epoll, or the EventLoop that it belongs to,");
    }

    /**
     * @param maxEvents the most events that one {@link #await} reports, 1 to 1,048,576; more ready descriptors are
     *     reported by the next one
     */
    public static Epoll open(int maxEvents) throws IOException {
        checkMaxEvents(maxEvents);
        EventArray eventArray = new EventArray(maxEvents);
        int epollFd = Fd.check(Native.epollCreate(), "epoll_create1");
        int wakeupFd = NONE;
        try {
            wakeupFd = Fd.check(Native.eventFd(), "eventfd");
            // Edge-triggered: each write is one event, so that nobody has to read the counter back.
            int result = Native.epollControl(epollFd, CTL_ADD, wakeupFd, IN | EDGE_TRIGGERED, RESERVED_TOKEN);
            Fd.check(result, "epoll_ctl");
            return new Epoll(epollFd, wakeupFd, eventArray);
        } catch (Throwable e) {
            if (wakeupFd != NONE) {
                Fd.closeAfter(e, wakeupFd);
            }
            Fd.closeAfter(e, epollFd);
            throw e;
        }
    }

    /**
     * Adds a descriptor. It stays the caller's, who removes it before closing it.
     *
     * @param events bits of {@link #IN} and the others
     * @param token what {@link #token} reports with its events; anything but {@link #RESERVED_TOKEN}
     * @throws io.evloop.error.NativeIoException EEXIST if it is there already, EPERM if it cannot be polled (a regular
     *     file), EBADF, ENOSPC, ENOMEM: see {@code epoll_ctl(2)}
     */
    public void add(int fd, int events, long token) throws IOException {
        control(CTL_ADD, fd, events, token);
    }

    /** Replaces the events and the token of a descriptor that was added; ENOENT if it was not. */
    public void modify(int fd, int events, long token) throws IOException {
        control(CTL_MOD, fd, events, token);
    }

    /** Removes a descriptor; ENOENT if it was not added. */
    public void remove(int fd) throws IOException {
        checkOpen();
        checkControl(epollControl(CTL_DEL, fd, 0, 0), "remove", fd);
    }

    private void control(int operation, int fd, int events, long token) throws IOException {
        checkOpen();
        if (token == RESERVED_TOKEN) {
            throw new IllegalArgumentException("the token is reserved: 0x" + Long.toHexString(token));
        }
        checkControl(epollControl(operation, fd, events, token), operation == CTL_ADD ? "add" : "modify", fd);
    }

    private int epollControl(int operation, int fd, int events, long token) {
        try {
            return Native.epollControl(epollFd, operation, fd, events, token);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private static void checkControl(int result, String operation, int fd) throws IOException {
        if (result < 0) {
            throw Errno.exception("epoll_ctl", "epoll_ctl: " + operation + " fd " + fd, result);
        }
    }

    /**
     * Waits until a descriptor is ready, {@link #wakeup} was called, a signal came or the time is over. The results are
     * valid until the next call.
     *
     * @param timeoutNanos nanoseconds, never cut short (before Linux 5.11 rounded up to a millisecond); 0 does not wait,
     *     below 0 waits without limit
     * @return how many events are ready; 0 = timeout, woken or interrupted
     */
    public int await(long timeoutNanos) throws IOException {
        checkOpen();
        readyCount = 0;
        int count = Fd.check(eventArray.await(epollFd, timeoutNanos), "epoll_wait");
        readyCount = wakeupPending ? withoutWakeup(count) : count;
        return readyCount;
    }

    private int withoutWakeup(int count) {
        for (int index = 0; index < count; index++) {
            if (eventArray.token(index) == RESERVED_TOKEN) {
                wakeupPending = false;
                eventArray.move(count - 1, index);
                return count - 1;
            }
        }
        return count;
    }

    /** The token of a ready descriptor; {@code index} from 0 to below the result of the last {@link #await}. */
    public long token(int index) {
        return eventArray.token(checkIndex(index));
    }

    /** The ready events of a descriptor; {@code index} from 0 to below the result of the last {@link #await}. */
    public int events(int index) {
        return eventArray.events(checkIndex(index));
    }

    private int checkIndex(int index) {
        if (index < 0 || index >= readyCount) { // close has set it to 0
            checkOpen();
            throw new IndexOutOfBoundsException("event " + index + " of " + readyCount);
        }
        return index;
    }

    /**
     * Makes the {@link #await} under way, or else the next one, return. Any thread; calls before it returns coalesce into
     * one. Does nothing once closed.
     */
    public void wakeup() {
        if (wakeupPending) {
            return;
        }
        synchronized (wakeupLock) { // close waits for it: no write into a descriptor that is somebody else's by now
            if (closed || wakeupPending) {
                return;
            }
            boolean written = false;
            wakeupPending = true; // before the other thread can see the event
            try {
                int result = Native.eventFdWrite(wakeupFd);
                written = result >= 0;
                if (!written) {
                    throw new UncheckedIOException(Errno.exception("write", "write to the eventfd", result));
                }
                wakeups++;
            } finally {
                if (!written) { // perhaps for want of stack
                    wakeupPending = false;
                }
            }
        }
    }

    /** How often {@link #wakeup} had to write to the descriptor behind it; calls that coalesced do not count. Any thread. */
    public long wakeups() {
        return wakeups;
    }

    /** The epoll descriptor, for adding it to another loop: it is readable when {@link #await} would return at once. */
    public int fd() {
        checkOpen();
        return epollFd;
    }

    /** The most events that one {@link #await} reports. */
    public int maxEvents() {
        checkOpen();
        return eventArray.length();
    }

    /**
     * Changes {@link #maxEvents()}, 1 to 1,048,576; the results of the last {@link #await} are lost.
     *
     * @throws OutOfMemoryError if direct memory is exhausted; nothing has changed
     */
    public void maxEvents(int maxEvents) {
        checkOpen();
        checkMaxEvents(maxEvents);
        eventArray = new EventArray(maxEvents);
        readyCount = 0;
    }

    /** Closes the epoll, not what was added to it. Any thread, though not while another is in {@link #await}; idempotent. */
    @Override
    public void close() throws IOException {
        synchronized (wakeupLock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        readyCount = 0;
        guard.close();
        int first = Native.close(wakeupFd);
        int second = Native.close(epollFd);
        Fd.check(first, "close");
        Fd.check(second, "close");
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the epoll is closed");
        }
    }

    /**
     * Whether {@link #open} would take it.
     *
     * @throws IllegalArgumentException if it is not 1 to 1,048,576
     */
    public static void checkMaxEvents(int maxEvents) {
        if (maxEvents < 1 || maxEvents > MAX_EVENTS_LIMIT) {
            throw new IllegalArgumentException("maxEvents must be 1 to " + MAX_EVENTS_LIMIT + ", not " + maxEvents);
        }
    }

    @Override
    public String toString() {
        return "Epoll[fd=" + epollFd + (closed ? ", closed" : "") + "]";
    }
}
