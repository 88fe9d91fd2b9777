package io.evloop;

import io.evloop.epoll.Epoll;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Tasks and requests from any thread, and the question whether the loop must be woken for them. */
final class TaskQueue {

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicReference<Sender> signalled = new AtomicReference<>();
    private final Epoll epoll;
    private final AtomicInteger stops = new AtomicInteger();
    private volatile boolean asleep;
    private volatile boolean closeRequested;
    private volatile boolean closed;

    /** Of {@link #stops}: those that a run has answered. Loop thread. */
    private int answeredStops;

    /** Of {@link #stops}: those that keep nobody from waiting. Loop thread. */
    private int heardStops;

    TaskQueue(Epoll epoll) {
        this.epoll = epoll;
    }

    /** Any thread. */
    void add(Runnable task) {
        if (closed) {
            throw rejected(task);
        }
        tasks.add(task);
        // The loop closed meanwhile: either its last look at the queue found the task, or we take it back.
        if (closed && takeBack(task)) {
            throw rejected(task);
        }
        wake();
    }

    /** This very task, once, and not one that is equal to it; false: the loop has taken it. */
    private boolean takeBack(Runnable task) {
        AtomicBoolean found = new AtomicBoolean();
        boolean removed;
        do {
            found.set(false);
            removed = tasks.removeIf(queued -> queued == task && found.compareAndSet(false, true));
        } while (found.get() && !removed);
        return removed;
    }

    private static RejectedExecutionException rejected(Runnable task) {
        return new RejectedExecutionException(
                "the event loop is closed: " + HandlerEvent.describe(task) + " will not run");
    }

    /** Any thread: makes the loop look at its flags and tasks. Costs a system call only if it may be asleep. */
    void wake() {
        if (asleep) {
            epoll.wakeup();
        }
    }

    /**
     * Calls for the loop, which is yet to be woken, in a sender's name. Once until the loop has come: the sender sees to that. If
     * it throws, for want of stack, nothing has changed. Any thread.
     */
    void signal(Sender sender) {
        Sender first;
        do {
            first = signalled.get();
            sender.nextSignalled = first;
        } while (!signalled.compareAndSet(first, sender));
    }

    /** Whether a sender has called. Loop thread. */
    boolean isSignalled() {
        return signalled.get() != null;
    }

    /** All who have called, linked by {@code nextSignalled}; null = none. Loop thread. */
    Sender takeSignalled() {
        return signalled.getAndSet(null);
    }

    boolean isEmpty() {
        return tasks.isEmpty() && !isSignalled();
    }

    /** The next task, or null. Loop thread. */
    Runnable poll() {
        return tasks.poll();
    }

    /**
     * Announces that the loop is about to block; a task added from now on wakes it. The caller looks once more whether
     * there is work and then blocks, and calls {@link #awake} in any case. Loop thread.
     */
    void fallAsleep() {
        asleep = true;
    }

    void awake() {
        asleep = false;
    }

    /** Whether no task and no request is there. Loop thread. */
    boolean mayBlock() {
        return isEmpty() && stops.get() == heardStops && !closeRequested;
    }

    /** Any thread. */
    void requestStop() {
        stops.incrementAndGet();
        wake();
    }

    /** A run begins; stops that were not answered yet are for this one. Loop thread. */
    void beginRun() {
        heardStops = answeredStops;
    }

    /** A poll is about to return: the stops by now keep the next one from nothing. Loop thread. */
    void polled() {
        heardStops = stops.get();
    }

    boolean isStopRequested() {
        return stops.get() != answeredStops;
    }

    void stopped() {
        answeredStops = stops.get();
        heardStops = answeredStops;
    }

    /** Any thread. */
    void requestClose() {
        closeRequested = true;
        wake();
    }

    boolean isCloseRequested() {
        return closeRequested;
    }

    /** From now on tasks are refused; the caller runs those that are left. */
    void close() {
        closed = true;
    }
}
