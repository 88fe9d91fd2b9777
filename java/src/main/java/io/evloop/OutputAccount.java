package io.evloop;

import io.evloop.buffer.OutputQueue;
import java.nio.ByteBuffer;

/**
 * What one connection has queued, as its limits, the loop's limit and the statistics count it. Most writes need none of that
 * looked at: they go into a window, room behind the queued bytes that was granted and reserved ahead, and are counted when
 * it closes. While it is open its endpoint is among the loop's dirty ones. Loop thread only.
 */
final class OutputAccount {

    private final LoopContext context;
    private final OutputQueue queue;
    private final PipeStats stats;
    private OutputLimits limits = OutputLimits.DEFAULT;
    private long queued;

    /** Bytes that were sent within this turn, ahead of its flush. */
    private long sentEarly;

    private boolean stalled;
    private int windowStart;

    /** Where the window ends in {@link #bytes}; 0: it is closed. */
    int windowEnd;

    /** Where the next byte goes, while the window is open. */
    int position;

    /** The block of the window. */
    ByteBuffer bytes;

    /** Frames accepted, ever. Here, because whoever writes one has this at hand. */
    long frames;

    OutputAccount(LoopContext context, OutputQueue queue, PipeStats stats) {
        this.context = context;
        this.queue = queue;
        this.stats = stats;
        stats.account = this;
    }

    void limits(OutputLimits newLimits) {
        settle();
        limits = newLimits;
    }

    OutputLimits limits() {
        return limits;
    }

    /** Whether the window is open, and {@code length} more bytes may be written at {@link #position}. */
    boolean windowFits(int length) {
        return windowEnd != 0 && length <= windowEnd - position;
    }

    /** The block in which there is room for what was admitted last. */
    ByteBuffer block() {
        return queue.bytes();
    }

    /** Where in {@link #block()} that room begins. */
    int appendIndex() {
        return windowEnd != 0 ? position : queue.position();
    }

    /** Opens the window behind the queued bytes, as far as no limit is reached and no mark crossed. */
    void openWindow() {
        long room = Math.min(queue.room(), limits.highWater() - queued - sentEarly);
        room = Math.min(room, Math.min(limits.maxQueuedBytes() - queued, context.room()));
        if (room > 0) {
            ByteBuffer block = queue.bytes();
            int start = queue.position();
            context.account(room); // no call behind this: without stack for one the room would stay reserved
            bytes = block;
            windowStart = start;
            position = start;
            windowEnd = start + (int) room;
        }
    }

    /** Counts what went into the window, and closes it. */
    void settle() {
        if (windowEnd != 0) {
            int appended = unsettled();
            if (appended > 0) {
                queue.advance(appended);
                windowStart = position; // at once: whoever has no stack left for the next call settles the rest later
                stats.bytesOut += appended;
                queued += appended;
            }
            context.giveBack(unused());
            windowEnd = 0;
            position = 0;
            windowStart = 0;
            bytes = null; // an idle connection holds no buffer
            tell();
        }
    }

    /** Bytes written into the window that the queue does not know of. */
    int unsettled() {
        return position - windowStart;
    }

    /** Bytes reserved by the window and not written. */
    int unused() {
        return windowEnd - position;
    }

    /** Whether the queue may grow by {@code bytes}. Settled. */
    boolean canGrow(long bytes) {
        return queued + bytes <= limits.maxQueuedBytes() && context.hasRoom(bytes);
    }

    /** Counts {@code bytes} that were written behind the queued ones. Settled. */
    void append(int bytes) {
        queue.advance(bytes);
        stats.bytesOut += bytes;
        update();
    }

    /** Counts bytes that went past the queue. */
    void sentPastQueue(int bytes) {
        stats.bytesOut += bytes;
        sentEarly(bytes);
    }

    /** Counts bytes of the queue that are sent ahead of the turn's flush. */
    void sentEarly(long bytes) {
        sentEarly += bytes;
    }

    /** The turn's flush has come; true if bytes were sent ahead of it. */
    boolean endTurn() {
        boolean early = sentEarly > 0;
        sentEarly = 0;
        return early;
    }

    /** Looks at the queue, which has changed; true if it has become shorter. Settled. */
    boolean update() {
        long now = queue.accountedBytes();
        boolean shorter = now < queued;
        context.account(now - queued);
        queued = now;
        tell();
        if (shorter) {
            context.feedStarved();
        }
        return shorter;
    }

    private void tell() {
        stats.queuedBytes = queued;
        if (queued > stats.maxQueuedBytes) {
            stats.maxQueuedBytes = queued;
        }
    }

    /** Bytes queued, with what segments waste. Settled. */
    long queued() {
        return queued;
    }

    /** Whether the high water mark was crossed, by what is queued alone; told once until it is {@link #drained}. Settled. */
    boolean takeCrossing() {
        if (stalled || queued <= limits.highWater()) {
            return false;
        }
        stalled = true;
        stats.stalls++;
        return true;
    }

    void drained() {
        stalled = false;
    }

    /**
     * Whether the writer has had its share of this turn: what is queued and what was sent early together are above the high
     * water mark. Otherwise one that finds room for ever would never return to the loop. Settled.
     */
    boolean isShareUsed() {
        return queued + sentEarly > limits.highWater();
    }
}
