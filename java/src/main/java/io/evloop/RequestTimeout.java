package io.evloop;

/**
 * How long one worker may take for a request: from when it was accepted, or, while others were in front of it, from the answer
 * to the last of those. Knows no clock.
 */
final class RequestTimeout {

    /** The result of {@link #look}: the worker has taken too long. */
    static final long OVER = -1;

    private final long limitNanos;
    private long begunNanos;
    private boolean suspected;

    /**
     * @param limitNanos above 0
     */
    RequestTimeout(long limitNanos) {
        this.limitNanos = limitNanos;
    }

    /** The worker has a request, and nothing in front of it. */
    void begin(long now) {
        begunNanos = now;
    }

    /**
     * Asked by a timer while a request is unanswered.
     *
     * @param answerHeld whether a frame of the worker is about to be delivered
     * @return nanoseconds after which to ask again, 0 = in the next turn; {@link #OVER}
     */
    long look(long now, boolean answerHeld) {
        long left = limitNanos - (now - begunNanos);
        if (left > 0) {
            suspected = false;
            return left;
        }
        if (!suspected || answerHeld) { // the loop itself may be late: by the next turn it has read what is there
            suspected = true;
            return 0;
        }
        return OVER;
    }
}
