package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTest {

    private final Summary summary = new Summary();

    @Test
    void dividesEachRunByTheYardstickOfTheSameRun() {
        summary.add(Samples.stream(Samples.C, 1, 100));
        summary.add(Samples.stream(Samples.C, 2, 1000));
        summary.add(Samples.stream(Samples.C, 3, 10));
        summary.add(Samples.stream(Samples.EVLOOP, 1, 90));
        summary.add(Samples.stream(Samples.EVLOOP, 2, 1100));
        summary.add(Samples.stream(Samples.EVLOOP, 3, 10));
        // the ratio of the medians would be 0.9
        assertEquals(new Spread(1.0, 0.9, 1.1, 3), ratio(Metric.FRAMES_PER_SECOND));
    }

    @Test
    void leavesOutARunWhoseYardstickFailed() {
        summary.add(Samples.stream(Samples.C, 2, 100));
        summary.add(Samples.stream(Samples.EVLOOP, 1, 700));
        summary.add(Samples.stream(Samples.EVLOOP, 2, 50));
        assertEquals(new Spread(0.5, 0.5, 0.5, 1), ratio(Metric.FRAMES_PER_SECOND));
    }

    @Test
    void countsTheFramesOfTheSideThatGetsThem() {
        assertEquals(70, Samples.stream(Samples.C, 1, 70).framesPerSecond());
        assertEquals(1000, Samples.roundTrip(Samples.C, 1, 5).framesPerSecond());
    }

    @Test
    void takesOnlySystemCallsFromARunThatCountedThem() {
        summary.add(Samples.stream(Samples.C, 1, 100));
        summary.add(Samples.counting(Samples.C, 30, 20, 10));
        assertEquals(
                100,
                summary.spread(Samples.STREAM, Samples.C, Metric.FRAMES_PER_SECOND)
                        .median());
        assertEquals(
                3,
                summary.spread(Samples.STREAM, Samples.C, Metric.DRIVER_SYSCALLS)
                        .median());
        assertEquals(
                2,
                summary.spread(Samples.STREAM, Samples.C, Metric.OTHER_SYSCALLS).median());
    }

    @Test
    void keepsTheWorkloadsApart() {
        summary.add(Samples.stream(Samples.C, 1, 100));
        summary.add(Samples.roundTrip(Samples.C, 1, 7));
        summary.add(Samples.roundTrip(Samples.EVLOOP, 1, 14));
        assertEquals(List.of(Samples.STREAM, Samples.ROUND_TRIP), summary.workloads());
        assertEquals(
                2, summary.ratio(Samples.ROUND_TRIP, Samples.EVLOOP, Metric.P50).median());
        assertFalse(summary.ratio(Samples.STREAM, Samples.EVLOOP, Metric.P50).isPresent());
    }

    private Spread ratio(Metric metric) {
        return summary.ratio(Samples.STREAM, Samples.EVLOOP, metric);
    }
}
