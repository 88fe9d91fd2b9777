package io.evloop;

/**
 * When a worker that has left is started again: after a pause that doubles with each death in quick succession, and never
 * more often than a number of times in any minute, all workers of a supervisor together. Knows no clock.
 */
final class RestartPolicy {

    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final long firstBackoffNanos;
    private final long maxBackoffNanos;
    private final int maxRestartsPerMinute;
    private final LongRing restarts = new LongRing();

    RestartPolicy(long firstBackoffNanos, long maxBackoffNanos, int maxRestartsPerMinute) {
        this.firstBackoffNanos = firstBackoffNanos;
        this.maxBackoffNanos = maxBackoffNanos;
        this.maxRestartsPerMinute = maxRestartsPerMinute;
    }

    /** Whether a life was long enough to forget the deaths before it. */
    boolean isLongLife(long nanos) {
        return nanos >= maxBackoffNanos;
    }

    /**
     * Grants one restart.
     *
     * @param deaths in quick succession, the present one included, 1 or more
     * @param nowNanos of {@code System.nanoTime()}
     * @return how long to wait for it, nanoseconds
     */
    long grant(int deaths, long nowNanos) {
        long backoff = firstBackoffNanos;
        for (int death = 1; death < deaths && backoff < maxBackoffNanos; death++) {
            backoff *= 2;
        }
        long at = nowNanos + Math.min(backoff, maxBackoffNanos);
        if (restarts.size() == maxRestartsPerMinute) {
            long allowed = restarts.removeFirst() + MINUTE_NANOS;
            at = allowed - at > 0 ? allowed : at;
        }
        restarts.addLast(at);
        return at - nowNanos;
    }
}
