package io.evloop;

/** What became of a write. The last two: not accepted, and nothing of it was queued. */
public enum WriteResult {
    /** Accepted. */
    OK,
    /**
     * Accepted; please slow down, {@code onDrain} will follow. Either the queue is above its high water mark, or as much as
     * that was written within this turn of the loop: a writer who finds room for ever goes on after the others had their turn.
     */
    ABOVE_HIGH_WATER,
    /** Refused: it would exceed the queue's bound. {@code onDrain} follows once it would fit, or {@code onClose}. */
    FULL,
    /** Refused: the stream is closed, closing, or shut for output. */
    CLOSED;

    /** Whether the bytes were taken: {@link #OK} or {@link #ABOVE_HIGH_WATER}. */
    public boolean isAccepted() {
        return this == OK || this == ABOVE_HIGH_WATER;
    }
}
