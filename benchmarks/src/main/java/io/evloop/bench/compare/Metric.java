package io.evloop.bench.compare;

import java.util.function.ToDoubleFunction;

/** A figure of a {@link Sample}. */
enum Metric {
    FRAMES_PER_SECOND("frames/s", true, Sample::framesPerSecond),
    GIGABYTES_PER_SECOND("GB/s of payload", true, Sample::gigabytesPerSecond),
    P50("p50, ns", false, sample -> sample.latency("p50")),
    P99("p99, ns", false, sample -> sample.latency("p99")),
    P999("p99.9, ns", false, sample -> sample.latency("p999")),
    MAX("max, ns", false, sample -> sample.latency("max")),
    DRIVER_CPU(
            "CPU of the driving side, ns/frame",
            false,
            sample -> sample.driver().perFrame("cpuNanos")),
    OTHER_CPU("CPU of the other side, ns/frame", false, sample -> sample.other().perFrame("cpuNanos")),
    DRIVER_HEAP(
            "heap of the driving side, B/frame",
            false,
            sample -> sample.driver().perFrame("heapBytes")),
    OTHER_HEAP(
            "heap of the other side, B/frame", false, sample -> sample.other().perFrame("heapBytes")),
    DRIVER_SYSCALLS("system calls of the driving side, per frame", false, Sample::driverSyscallsPerFrame),
    OTHER_SYSCALLS("system calls of the other side, per frame", false, Sample::otherSyscallsPerFrame),
    JAIN("Jain's index", true, sample -> sample.other().number("jain")),
    DRIFT("second half / first half", true, Sample::drift);

    private final String title;
    private final boolean higherIsBetter;

    @SuppressWarnings("ImmutableEnumChecker") // none of them has a state
    private final ToDoubleFunction<Sample> value;

    Metric(String title, boolean higherIsBetter, ToDoubleFunction<Sample> value) {
        this.title = title;
        this.higherIsBetter = higherIsBetter;
        this.value = value;
    }

    String title() {
        return title;
    }

    boolean higherIsBetter() {
        return higherIsBetter;
    }

    /** NaN where the sample has no such figure. */
    double of(Sample sample) {
        return value.applyAsDouble(sample);
    }

    /** Whether a ratio to the yardstick says something beside the figure: both have one that is not 0. */
    boolean hasRatio() {
        return switch (this) {
            case P50, P99, P999, MAX, DRIVER_CPU, OTHER_CPU, DRIVER_SYSCALLS, OTHER_SYSCALLS -> true;
            default -> false;
        };
    }

    boolean isOfSyscalls() {
        return this == DRIVER_SYSCALLS || this == OTHER_SYSCALLS;
    }
}
