package io.evloop;

/**
 * Whether the next read of a stream is worth a system call before epoll has reported anything: after a long read, as long as
 * such tries find something; the more of them were in vain, the fewer follow. Loop thread only.
 */
final class ReadStreak {

    /** A read that brings as much as this is likely to be followed by another. */
    private static final int STREAM_LENGTH = 16 * 1024;

    /** A read that brings as much as this is one of many. */
    private static final int BULK_LENGTH = 32 * 1024;

    /** The most reads in a row after which no further one is tried, because the last tries found nothing. */
    private static final int MAX_SKIPPED_TRIES = 64;

    private int lastResult;
    private int triesToSkip;
    private int nextSkip;

    /** What a read has returned, a try included. */
    void onRead(int result) {
        lastResult = result;
    }

    /** Whether the stream is in bulk, as far as its last read tells. */
    boolean isBulk() {
        return lastResult >= BULK_LENGTH;
    }

    /** Asked once after each turn that might try. */
    boolean isTryDue() {
        if (lastResult < STREAM_LENGTH) {
            return false;
        }
        if (triesToSkip > 0) {
            triesToSkip--;
            return false;
        }
        return true;
    }

    /** Learns whether the try has found something, and returns it. */
    boolean onTry(boolean hit) {
        nextSkip = hit ? 0 : Math.min(MAX_SKIPPED_TRIES, nextSkip * 2 + 1);
        triesToSkip = nextSkip;
        return hit;
    }
}
