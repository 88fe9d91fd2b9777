package io.evloop;

import io.evloop.buffer.BufferPool;
import io.evloop.epoll.Epoll;

/** Counters of one {@link EventLoop} since it was opened. For the loop's thread: another may never see a change. */
public final class LoopStats {

    long turns;
    long waits;
    long events;
    long frames;
    long maxFramesPerTurn;
    long timers;
    long tasks;

    private final Epoll epoll;
    private final BufferPool pool;

    LoopStats(Epoll epoll, BufferPool pool) {
        this.epoll = epoll;
        this.pool = pool;
    }

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

    /**
     * Frames that were handed out, or dropped because nobody handles their channel, and calls of {@code onReadable}. Those of
     * one batch are counted behind it.
     */
    public long frames() {
        return frames;
    }

    /** The most of {@link #frames()} in one turn. */
    public long maxFramesPerTurn() {
        return maxFramesPerTurn;
    }

    /** Writes to the eventfd by which other threads wake the loop: one for a burst of tasks or frames. */
    public long wakeups() {
        return epoll.wakeups();
    }

    /** Timers that ran. */
    public long timers() {
        return timers;
    }

    /** Tasks that ran. */
    public long tasks() {
        return tasks;
    }

    /**
     * Bytes of direct memory in which the loop's pipes hold what is queued and what has not been read to its end, in whole
     * blocks: of up to twice as much, 4 KiB or more, for output of 128 KiB unless the pipe may queue less, and for a large frame
     * that is on its way as much as it will be, where that is here already. 0 once all of it has gone; a loop that spins holds
     * a block of 128 KiB meanwhile, to read into, 256 KiB where the last frame was of 32 KiB or more.
     */
    public long leasedBytes() {
        return pool.leasedBytes();
    }

    /**
     * Bytes of direct memory that were needed before and are kept for the next use: up to 32 MiB, and as much more as {@link
     * #leasedBytes} was at most within the last 5 to 10 seconds, up to a quarter of the JVM's largest heap.
     */
    public long pooledBytes() {
        return pool.retainedBytes();
    }

    @Override
    public String toString() {
        return "LoopStats[turns=" + turns + ", waits=" + waits + ", events=" + events + ", frames=" + frames
                + ", maxFramesPerTurn=" + maxFramesPerTurn + ", wakeups=" + wakeups() + ", timers=" + timers
                + ", tasks=" + tasks + ", leasedBytes=" + leasedBytes() + ", pooledBytes=" + pooledBytes() + "]";
    }
}
