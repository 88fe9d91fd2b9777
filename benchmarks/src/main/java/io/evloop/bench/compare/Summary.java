package io.evloop.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The samples of all runs, as medians and as ratios to the yardstick. */
final class Summary {

    private final List<Sample> samples = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    void add(Sample sample) {
        samples.add(sample);
    }

    void addFailure(String failure) {
        failures.add(failure);
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    /** How many had a side that spun and did not get its CPU for the whole window. */
    long starvedSamples() {
        return samples.stream().filter(Sample::isStarved).count();
    }

    /** Those measured, in the order of the catalogue. */
    List<Workload> workloads() {
        return Workload.ALL.stream()
                .filter(workload ->
                        samples.stream().anyMatch(sample -> sample.workload().equals(workload)))
                .toList();
    }

    /** Those measured, in the order of the catalogue. */
    List<Competitor> competitors() {
        return Competitor.ALL.stream()
                .filter(competitor ->
                        samples.stream().anyMatch(sample -> sample.competitor().equals(competitor)))
                .toList();
    }

    private Stream<Sample> samples(Workload workload, Competitor competitor, Metric metric) {
        return samples.stream()
                .filter(sample -> sample.workload().equals(workload)
                        && sample.competitor().equals(competitor))
                .filter(sample -> sample.counting() == metric.isOfSyscalls());
    }

    /** Over the runs. */
    Spread spread(Workload workload, Competitor competitor, Metric metric) {
        return Spread.of(
                samples(workload, competitor, metric).mapToDouble(metric::of).toArray());
    }

    /** Each run's figure divided by the yardstick's of the same run. */
    Spread ratio(Workload workload, Competitor competitor, Metric metric) {
        return ratio(workload, competitor, Competitor.byId(Competitor.YARDSTICK), metric);
    }

    /** Each run's figure divided by another competitor's of the same run. */
    Spread ratio(Workload workload, Competitor competitor, Competitor to, Metric metric) {
        return Spread.of(samples(workload, competitor, metric)
                .mapToDouble(sample -> metric.of(sample) / of(workload, to, metric, sample.run()))
                .toArray());
    }

    /** The SO_SNDBUF that was granted, as the kernel counts it; 0 if there was none. */
    int sendBuffer(Workload workload, Competitor competitor) {
        return samples(workload, competitor, Metric.FRAMES_PER_SECOND)
                .mapToInt(Sample::sendBuffer)
                .findFirst()
                .orElse(0);
    }

    private double of(Workload workload, Competitor competitor, Metric metric, int run) {
        return samples(workload, competitor, metric)
                .filter(sample -> sample.run() == run)
                .mapToDouble(metric::of)
                .findFirst()
                .orElse(Double.NaN);
    }
}
