package io.evloop;

/**
 * Counters of one {@link Pipe} or {@link Connection} since it was adopted: a live view, for the loop's thread: another
 * may never see a change. Bytes include headers.
 */
public final class PipeStats {

    long framesIn;
    long bytesIn;
    long bytesOut;
    long droppedFrames;
    long reads;
    long emptyReads;
    long writes;
    long blockedWrites;
    long refusedWrites;
    long stalls;
    long queuedBytes;
    long maxQueuedBytes;
    long unsentFrames;
    long unsentBytes;

    /** Knows of frames, and of more bytes than stand here yet. */
    OutputAccount account;

    PipeStats() {}

    /** Frames handed out, or dropped because nobody handles their channel. Those of one batch are counted behind it. */
    public long framesIn() {
        return framesIn;
    }

    /** Frames accepted for sending. */
    public long framesOut() {
        return account.frames;
    }

    /** Bytes read from the descriptor. */
    public long bytesIn() {
        return bytesIn;
    }

    /** Bytes accepted for sending. */
    public long bytesOut() {
        return bytesOut + account.unsettled();
    }

    /** Frames whose channel has no handler. */
    public long droppedFrames() {
        return droppedFrames;
    }

    /** Calls of {@code read(2)}. */
    public long reads() {
        return reads;
    }

    /** Reads that would have blocked. */
    public long emptyReads() {
        return emptyReads;
    }

    /** Flushes, each of one system call or a few. */
    public long writes() {
        return writes;
    }

    /** Flushes that left something queued because the descriptor took no more. */
    public long blockedWrites() {
        return blockedWrites;
    }

    /** Writes that were {@link WriteResult#FULL}. */
    public long refusedWrites() {
        return refusedWrites;
    }

    /** Crossings of the high water mark. */
    public long stalls() {
        return stalls;
    }

    /** Bytes queued for sending at this moment, with the overhead of segments. */
    public long queuedBytes() {
        return queuedBytes + account.unsettled();
    }

    /** The most bytes that were queued at one time, with the overhead of segments. */
    public long maxQueuedBytes() {
        return Math.max(maxQueuedBytes, queuedBytes());
    }

    /** After the close: frames accepted and not sent, or not wholly. */
    public long unsentFrames() {
        return unsentFrames;
    }

    /** After the close: bytes accepted and not sent. */
    public long unsentBytes() {
        return unsentBytes;
    }

    @Override
    public String toString() {
        return "PipeStats[framesIn=" + framesIn + ", framesOut=" + framesOut() + ", bytesIn=" + bytesIn + ", bytesOut="
                + bytesOut() + ", droppedFrames=" + droppedFrames + ", reads=" + reads + ", emptyReads=" + emptyReads
                + ", writes=" + writes + ", blockedWrites=" + blockedWrites + ", refusedWrites=" + refusedWrites
                + ", stalls=" + stalls + ", queuedBytes=" + queuedBytes() + ", maxQueuedBytes=" + maxQueuedBytes()
                + ", unsentFrames=" + unsentFrames + ", unsentBytes=" + unsentBytes + "]";
    }
}
