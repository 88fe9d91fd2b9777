package io.evloop.bench.compare;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A number that evloop wants to reach, and how it is read off the samples.
 *
 * @param work what is done
 * @param goal what is wanted
 * @param reached what was measured; "–" if it was not
 */
record Goal(String work, String goal, Function<Summary, String> reached) {

    static final String NOT_MEASURED = "–";
    private static final String EVLOOP = "evloop";

    /** Where evloop wants to be faster than Netty by a factor. */
    static final Workload NETTY_WORKLOAD = Workload.byId("stream-64");

    static final List<Goal> ALL = List.of(
            new Goal("one way, 64 B", "≥ 0.97 × C", ratio("stream-64", Metric.FRAMES_PER_SECOND)),
            new Goal("one way, 64 B", "≥ 4 × the best Netty", Goal::againstNetty),
            new Goal("one way, 1 KiB", "≥ 1.0 × C", ratio("stream-1k", Metric.FRAMES_PER_SECOND)),
            new Goal("one way, 64 KiB", "≥ 1.0 × C", ratio("stream-64k", Metric.FRAMES_PER_SECOND)),
            new Goal("one way, 1 MiB", "≥ 1.0 × C", ratio("stream-1m", Metric.FRAMES_PER_SECOND)),
            new Goal("128 outstanding, spinning", "≥ 0.97 × C", ratio("echo-128-spin", Metric.FRAMES_PER_SECOND)),
            new Goal("128 outstanding, blocking", "≥ 1.0 × C", ratio("echo-128", Metric.FRAMES_PER_SECOND)),
            new Goal("round trip p50, spinning", "≤ 1.03 × C", ratio("echo-1-spin", Metric.P50)),
            new Goal("round trip p99, spinning", "≤ 1.1 × C", ratio("echo-1-spin", Metric.P99)),
            new Goal("round trip p50, blocking", "≤ 1.02 × C", ratio("echo-1", Metric.P50)),
            new Goal("fan-in of 64 pipes", "≥ 1.0 × C", ratio("fan-in-64", Metric.FRAMES_PER_SECOND)),
            new Goal("fan-in of 64 pipes, Jain's index", "≥ 0.99", Goal::jain),
            new Goal("heap per frame, the worst median of all", "< 0.01 B", Goal::worstHeap),
            new Goal("system calls per frame, one way, 64 B", "< 0.003", Goal::worstSyscalls),
            new Goal("framesPerTurn 1 against unlimited, one way", "≥ 0.95 ×", fairness("evloop-one", "stream-64")),
            new Goal("framesPerTurn 1 against unlimited, fan-in", "≥ 0.75 ×", fairness("evloop-one", "fan-in-64")),
            new Goal("framesPerTurn 128, the default, against unlimited", "≥ 0.75 ×", fairness(EVLOOP, "fan-in-64")),
            new Goal(
                    "spin of 20 µs against endless, 128 outstanding",
                    "≥ 0.95 ×",
                    summary -> variant(summary, "evloop-spin-20us", EVLOOP, "echo-128-spin")),
            new Goal(
                    "spin of 20 µs against endless, round trips",
                    "≥ 0.95 ×",
                    summary -> variant(summary, "evloop-spin-20us", EVLOOP, "echo-1-spin")));

    private static Function<Summary, String> ratio(String workload, Metric metric) {
        return summary -> summary.ratio(Workload.byId(workload), Competitor.byId(EVLOOP), metric)
                .asRatio();
    }

    private static Function<Summary, String> fairness(String fair, String workload) {
        return summary -> variant(summary, fair, "evloop-unlimited", workload);
    }

    private static String variant(Summary summary, String competitor, String to, String workload) {
        return summary.ratio(
                        Workload.byId(workload),
                        Competitor.byId(competitor),
                        Competitor.byId(to),
                        Metric.FRAMES_PER_SECOND)
                .asRatio();
    }

    private static String againstNetty(Summary summary) {
        Workload workload = NETTY_WORKLOAD;
        return List.of("netty", "netty-consolidation").stream()
                .map(Competitor::byId)
                .filter(netty -> summary.spread(workload, netty, Metric.FRAMES_PER_SECOND)
                        .isPresent())
                .max((a, b) -> Double.compare(
                        summary.spread(workload, a, Metric.FRAMES_PER_SECOND).median(),
                        summary.spread(workload, b, Metric.FRAMES_PER_SECOND).median()))
                .map(best -> summary.ratio(workload, Competitor.byId(EVLOOP), best, Metric.FRAMES_PER_SECOND)
                        .asRatio())
                .orElse(NOT_MEASURED);
    }

    private static String jain(Summary summary) {
        Spread spread = summary.spread(Workload.byId("fan-in-64"), Competitor.byId(EVLOOP), Metric.JAIN);
        return spread.isPresent()
                ? String.format(Locale.ROOT, "%.4f (%.4f–%.4f)", spread.median(), spread.min(), spread.max())
                : NOT_MEASURED;
    }

    private static String worstHeap(Summary summary) {
        double worst = summary.workloads().stream()
                .flatMap(workload -> List.of(Metric.DRIVER_HEAP, Metric.OTHER_HEAP).stream()
                        .map(metric -> summary.spread(workload, Competitor.byId(EVLOOP), metric)))
                .filter(Spread::isPresent)
                .mapToDouble(Spread::median)
                .max()
                .orElse(Double.NaN);
        return Double.isNaN(worst) ? NOT_MEASURED : String.format(Locale.ROOT, "%.4f B", worst);
    }

    private static String worstSyscalls(Summary summary) {
        Workload workload = Workload.byId("stream-64");
        Spread driver = summary.spread(workload, Competitor.byId(EVLOOP), Metric.DRIVER_SYSCALLS);
        Spread other = summary.spread(workload, Competitor.byId(EVLOOP), Metric.OTHER_SYSCALLS);
        return driver.isPresent()
                ? String.format(Locale.ROOT, "%.5f and %.5f", driver.median(), other.median())
                : NOT_MEASURED;
    }
}
