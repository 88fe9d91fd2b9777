package io.evloop;

import java.time.Duration;

/** Durations of options as nanoseconds. */
final class Durations {

    private Durations() {}

    /**
     * Nanoseconds, at most half of the clock's range, 146 years, so that deadlines stay comparable.
     *
     * @throws IllegalArgumentException if it is negative, naming it by {@code name}
     */
    static long nanos(Duration duration, String name) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException(name + " " + duration + " is negative");
        }
        long limit = Long.MAX_VALUE >> 1;
        return duration.compareTo(Duration.ofNanos(limit)) >= 0 ? limit : duration.toNanos();
    }
}
