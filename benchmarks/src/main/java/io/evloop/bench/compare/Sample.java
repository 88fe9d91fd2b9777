package io.evloop.bench.compare;

import com.google.gson.JsonObject;
import java.util.Locale;
import java.util.Optional;

/**
 * One measurement: what both sides and the launcher have printed.
 *
 * @param run from 1
 * @param counting whether system calls were counted, which slows them down: nothing else of it counts
 * @param driver of the sender or client
 * @param other of the receiver or server
 */
record Sample(
        Workload workload, Competitor competitor, int run, boolean counting, Side driver, Side other, JsonObject pair) {

    private static final double NANOS = 1e9;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double MAX_COMPILING = 0.05;
    private static final double MAX_MISSING = 0.25;
    private static final double LONGEST_FRAME = 0.5;
    private static final double LONGEST = 5;
    private static final double STARVED = 0.95;

    /** The line of one side. */
    record Side(JsonObject json) {
        double number(String name) {
            return json.has(name) ? json.get(name).getAsDouble() : Double.NaN;
        }

        double perFrame(String name) {
            return number(name) / number("frames");
        }
    }

    /** The side whose frames are counted: the one that gets them in the end. */
    private Side counted() {
        return workload.kind() == Workload.Kind.ECHO ? driver : other;
    }

    double framesPerSecond() {
        return counted().number("frames") * NANOS / counted().number("nanos");
    }

    double gigabytesPerSecond() {
        return framesPerSecond() * workload.payloadLength() / NANOS;
    }

    double latency(String name) {
        JsonObject latency = driver.json().getAsJsonObject("latency");
        return latency == null ? Double.NaN : latency.get(name).getAsDouble();
    }

    double driverSyscallsPerFrame() {
        return syscalls("first") / driver.number("frames");
    }

    double otherSyscallsPerFrame() {
        return syscalls("second") / other.number("frames");
    }

    private double syscalls(String side) {
        JsonObject usage = pair.getAsJsonObject(side);
        return usage.has("syscalls") ? usage.get("syscalls").getAsDouble() : Double.NaN;
    }

    /** Frames per second of the second half against the first. */
    double drift() {
        Side side = counted();
        double first = side.number("firstHalfFrames") / side.number("firstHalfNanos");
        double second = (side.number("frames") - side.number("firstHalfFrames"))
                / (side.number("nanos") - side.number("firstHalfNanos"));
        return second / first;
    }

    /**
     * Whether the JVMs had done with compiling: neither spent more of its window on it than a sample differs from the next. What
     * they interpret until then, and wait for, is not what runs for hours. C always is warm, and how many system calls a frame
     * takes does not depend on it.
     */
    boolean isWarm() {
        return counting || Math.max(compiling(driver), compiling(other)) <= MAX_COMPILING;
    }

    private static double compiling(Side side) {
        double millis = side.number("compileMillis");
        return Double.isNaN(millis) ? 0 : millis * NANOS_PER_MILLI / side.number("nanos");
    }

    /**
     * What is wrong with the length of the window, if anything is: a quarter of it is missing, or a frame's time where that is
     * more. Longer it may be, and is where a side is blocked and hears of the end late, behind what lies in queues and sockets:
     * each side divides its own frames by its own time. Only one that hangs is too long.
     */
    Optional<String> misfit(int measureMillis) {
        double wanted = measureMillis * NANOS_PER_MILLI;
        double first = driver.number("nanos");
        double second = other.number("nanos");
        double frame = Math.max(first / driver.number("frames"), second / other.number("frames"));
        if (!Double.isFinite(frame)) {
            return Optional.of("a window without a frame");
        }
        double shortest = wanted - Math.max(MAX_MISSING * wanted, Math.min(frame, LONGEST_FRAME * wanted));
        boolean fits = Math.min(first, second) >= shortest && Math.max(first, second) <= LONGEST * wanted;
        return fits
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "windows of %.1f and %.1f ms instead of %d",
                        first / NANOS_PER_MILLI,
                        second / NANOS_PER_MILLI,
                        measureMillis));
    }

    /** Whether a side that never waits did not get its CPU for the whole window: others had it. */
    boolean isStarved() {
        return workload.spinning() && !competitor.isVariant() && Math.min(cpuShare(driver), cpuShare(other)) < STARVED;
    }

    private static double cpuShare(Side side) {
        return side.number("cpuNanos") / side.number("nanos");
    }

    /** The figures that count most. */
    String brief() {
        if (counting) {
            return String.format(
                    "%.5f and %.5f system calls per frame", driverSyscallsPerFrame(), otherSyscallsPerFrame());
        }
        return workload.isRoundTrip()
                ? String.format("p50 %.2f us, p99 %.2f us", latency("p50") / 1e3, latency("p99") / 1e3)
                : String.format("%.3f M frames/s, %.2f GB/s", framesPerSecond() / 1e6, gigabytesPerSecond());
    }

    /** Of the driving side: its own socket's if it has made one, else the inherited one's. */
    int sendBuffer() {
        if (driver.json().has("sendBuffer")) {
            return driver.json().get("sendBuffer").getAsInt();
        }
        return pair.get("sendBuffer").getAsInt();
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("workload", workload.id());
        json.addProperty("competitor", competitor.id());
        json.addProperty("run", run);
        json.addProperty("counting", counting);
        json.add("driver", driver.json());
        json.add("other", other.json());
        json.add("pair", pair);
        JsonObject figures = new JsonObject();
        for (Metric metric : Metric.values()) {
            double value = metric.of(this);
            if (Double.isFinite(value) && metric.isOfSyscalls() == counting) {
                figures.addProperty(metric.name(), value);
            }
        }
        json.add("figures", figures);
        return json;
    }
}
