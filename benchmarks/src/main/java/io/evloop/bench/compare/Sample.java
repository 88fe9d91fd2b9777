package io.evloop.bench.compare;

import com.google.gson.JsonObject;

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
    private static final double MAX_DRIFT = 1.5;

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

    /** Frames per second of the second half against the first: far from 1, the warm-up was too short. */
    double drift() {
        Side side = counted();
        double first = side.number("firstHalfFrames") / side.number("firstHalfNanos");
        double second = (side.number("frames") - side.number("firstHalfFrames"))
                / (side.number("nanos") - side.number("firstHalfNanos"));
        return second / first;
    }

    /** Whether the second half of the window was not much faster than the first: the JVM was done compiling. */
    boolean isWarm() {
        return drift() <= MAX_DRIFT;
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
