package io.evloop;

/** A task that the loop runs once, at or after a deadline. Made by {@link EventLoop#schedule}. Loop thread only. */
public final class Timer {

    private final EventLoop loop;
    final TimerQueue queue;
    final long deadlineNanos;
    final long sequence;
    final Runnable task;

    /** Its place in the queue's heap; -1 when it is not there. */
    int index = -1;

    Timer(EventLoop loop, TimerQueue queue, long deadlineNanos, long sequence, Runnable task) {
        this.loop = loop;
        this.queue = queue;
        this.deadlineNanos = deadlineNanos;
        this.sequence = sequence;
        this.task = task;
    }

    /**
     * Makes sure that the task does not run any more. In O(log n) of the pending timers.
     *
     * @return whether it was still to run
     * @throws IllegalStateException if the caller is not the loop's thread
     */
    public boolean cancel() {
        loop.checkThread();
        return queue.remove(this);
    }

    /** Whether the task is still to run. */
    public boolean isPending() {
        return index >= 0;
    }

    @Override
    public String toString() {
        return "Timer[" + (isPending() ? "pending" : "done") + ", task=" + task + "]";
    }
}
