package io.evloop.bench.compare;

import com.google.gson.JsonObject;

/** Samples as the programs would have printed them. */
final class Samples {

    static final Competitor C = Competitor.byId(Competitor.YARDSTICK);
    static final Competitor EVLOOP = Competitor.byId("evloop");
    static final Workload STREAM = Workload.byId("stream-64");
    static final Workload ROUND_TRIP = Workload.byId("echo-1");

    private Samples() {}

    /** Of a second, with a driving side that says it sent none, so that nothing is taken from the wrong side. */
    static Sample stream(Competitor competitor, int run, long framesReceived) {
        return new Sample(STREAM, competitor, run, false, side(0), side(framesReceived), new JsonObject());
    }

    static Sample roundTrip(Competitor competitor, int run, long p50) {
        JsonObject latency = new JsonObject();
        latency.addProperty("p50", p50);
        Sample.Side client = side(1000);
        client.json().add("latency", latency);
        return new Sample(ROUND_TRIP, competitor, run, false, client, side(1), new JsonObject());
    }

    /** A run that counted system calls, which made it slow. */
    static Sample counting(Competitor competitor, long driverCalls, long otherCalls, long frames) {
        JsonObject pair = new JsonObject();
        pair.add("first", calls(driverCalls));
        pair.add("second", calls(otherCalls));
        return new Sample(STREAM, competitor, 1, true, side(frames), side(frames), pair);
    }

    /** A driving side that got this much of its CPU in a second. */
    static Sample spinning(int run, long cpuNanos) {
        Sample.Side client = side(1000);
        client.json().addProperty("cpuNanos", cpuNanos);
        Sample.Side server = side(1000);
        server.json().addProperty("cpuNanos", 1_000_000_000L);
        return new Sample(Workload.byId("echo-1-spin"), C, run, false, client, server, new JsonObject());
    }

    static Sample.Side side(long frames, double millis, long firstHalfFrames) {
        Sample.Side side = side(frames);
        side.json().addProperty("nanos", millis * 1e6);
        side.json().addProperty("firstHalfFrames", firstHalfFrames);
        side.json().addProperty("firstHalfNanos", millis * 1e6 / 2);
        return side;
    }

    static Sample.Side side(long frames) {
        JsonObject json = new JsonObject();
        json.addProperty("frames", frames);
        json.addProperty("nanos", 1_000_000_000L);
        return new Sample.Side(json);
    }

    private static JsonObject calls(long count) {
        JsonObject json = new JsonObject();
        json.addProperty("syscalls", count);
        return json;
    }
}
