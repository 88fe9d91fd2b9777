package io.evloop;

/** Counters of one {@link EventLoop} since it was opened. Plain numbers, kept by the loop's thread and exact there. */
public final class LoopStats {

    long turns;
    long waits;
    long events;
    long frames;
    long timers;
    long tasks;

    LoopStats() {}

    /** Turns of the loop. */
    public long turns() {
        return turns;
    }

    /** Calls of {@code epoll_wait(2)}. */
    public long waits() {
        return waits;
    }

    /** Events that those reported. */
    public long events() {
        return events;
    }

    /** Frames, and calls of {@code onReadable}, that were delivered. */
    public long frames() {
        return frames;
    }

    /** Timers that ran. */
    public long timers() {
        return timers;
    }

    /** Tasks that ran. */
    public long tasks() {
        return tasks;
    }

    @Override
    public String toString() {
        return "LoopStats[turns=" + turns + ", waits=" + waits + ", events=" + events + ", frames=" + frames
                + ", timers=" + timers + ", tasks=" + tasks + "]";
    }
}
