package io.evloop.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What is counted between two moments. */
class MeterTest {

    private static final long SECOND = 1_000_000_000;

    private final Meter meter = new Meter();

    /** To the precision of the histogram. */
    private static void assertClose(long expected, long actual, long tolerance) {
        assertTrue(Math.abs(actual - expected) <= tolerance, () -> actual + " instead of " + expected);
    }

    @Test
    void countsWhatCameBackWhileItWasOpen() {
        meter.record(5 * SECOND, 1_000_000);
        meter.open(7 * SECOND);
        meter.record(2_000, 600);
        meter.record(2_000, 400);
        meter.close(9 * SECOND);
        meter.record(5 * SECOND, 1_000_000);

        assertEquals(1, meter.framesPerSecond());
        assertEquals(500, meter.bytesPerSecond());
        assertClose(2_000, meter.roundTripNanos(100), 2);
    }

    @Test
    void tellsPercentilesOfRoundTrips() {
        meter.open(0);
        for (int micros = 1; micros <= 1_000; micros++) {
            meter.record(micros * 1_000L, 1);
        }
        meter.close(SECOND);

        assertClose(500_000, meter.roundTripNanos(50), 500);
        assertClose(990_000, meter.roundTripNanos(99), 1_000);
        assertClose(999_000, meter.roundTripNanos(99.9), 1_000);
    }

    @Test
    void hasNothingToTellIfItWasNeverOpened() {
        meter.record(1, 1);
        meter.close(SECOND);

        assertEquals(0, meter.framesPerSecond());
        assertEquals(0, meter.bytesPerSecond());
        assertEquals(0, meter.roundTripNanos(50));
    }

    @Test
    void takesARoundTripThatIsLongerThanItsScale() {
        meter.open(0);
        meter.record(Long.MAX_VALUE, 1);
        meter.close(SECOND);

        assertClose(60 * SECOND, meter.roundTripNanos(50), SECOND / 10);
    }
}
