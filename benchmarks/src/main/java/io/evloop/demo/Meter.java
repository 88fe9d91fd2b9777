package io.evloop.demo;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What came back from one worker between the opening and the closing of the meter. */
final class Meter {

    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    private final Histogram roundTrips = new Histogram(LONGEST_NANOS, DIGITS);
    private boolean open;
    private long openedNanos;
    private long elapsedNanos;
    private long frames;
    private long bytes;

    void open(long nowNanos) {
        open = true;
        openedNanos = nowNanos;
    }

    void close(long nowNanos) {
        if (open) {
            open = false;
            elapsedNanos = nowNanos - openedNanos;
        }
    }

    void record(long roundTripNanos, int length) {
        if (open) {
            frames++;
            bytes += length;
            roundTrips.recordValue(Math.min(roundTripNanos, LONGEST_NANOS));
        }
    }

    double framesPerSecond() {
        return perSecond(frames);
    }

    double bytesPerSecond() {
        return perSecond(bytes);
    }

    private double perSecond(long count) {
        return elapsedNanos == 0 ? 0 : count * (double) TimeUnit.SECONDS.toNanos(1) / elapsedNanos;
    }

    long roundTripNanos(double percentile) {
        return roundTrips.getValueAtPercentile(percentile);
    }
}
