package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CampaignTest {

    private static final Timing TIMING = new Timing(100, 10, 1000);
    private static final double SHORT_MILLIS = 0.004;
    private static final long COMPILING = 300;

    private final StringWriter raw = new StringWriter();
    private final Deque<Sample> samples = new ArrayDeque<>();
    private final List<Integer> warmups = new ArrayList<>();
    private final Campaign campaign = new Campaign(
            (step, timing) -> {
                warmups.add(timing.javaWarmupMillis());
                return samples.remove();
            },
            TIMING,
            new PrintWriter(raw));

    private static Sample sample(Competitor competitor, double millis, long compileMillis) {
        JsonObject pair = new JsonObject();
        pair.addProperty("sendBuffer", 1);
        pair.add("first", new JsonObject());
        pair.add("second", new JsonObject());
        Sample.Side receiver = Samples.side(1000, millis, 500);
        receiver.json().addProperty("compileMillis", compileMillis);
        return new Sample(Samples.STREAM, competitor, 1, false, Samples.side(1000, 1000, 500), receiver, pair);
    }

    private Summary measure(Competitor competitor, Sample... given) throws Exception {
        samples.addAll(List.of(given));
        List<Plan.Step> steps = List.of(new Plan.Step(Samples.STREAM, competitor, 1, false));
        return campaign.measure(Plan.of(steps));
    }

    private List<String> written() {
        return raw.toString()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .map(json -> json.get("attempt") + " " + json.get("kept"))
                .toList();
    }

    @Test
    void keepsASampleThatIsRight() throws Exception {
        Summary summary = measure(Samples.EVLOOP, sample(Samples.EVLOOP, 1000, 0));
        assertTrue(summary.failures().isEmpty());
        assertEquals(List.of("1 true"), written());
    }

    @Test
    void measuresAJvmThatWasCompilingAgainWithALongerWarmUpAndThenKeepsIt() throws Exception {
        Sample cold = sample(Samples.EVLOOP, 1000, COMPILING);
        Summary summary = measure(Samples.EVLOOP, cold, cold, cold);
        assertTrue(summary.failures().isEmpty());
        assertEquals(List.of("1 false", "2 false", "3 true"), written());
        assertEquals(List.of(100, 200, 200), warmups);
    }

    @Test
    void givesACutWindowInWhichAJvmWasCompilingALongerWarmUp() throws Exception {
        Sample both = sample(Samples.EVLOOP, SHORT_MILLIS, COMPILING);
        Summary summary = measure(Samples.EVLOOP, both, both, sample(Samples.EVLOOP, 1000, 0));
        assertTrue(summary.failures().isEmpty());
        assertEquals(List.of(100, 200, 200), warmups);
    }

    @Test
    void measuresACollapsedWindowAgain() throws Exception {
        Sample collapsed = sample(Samples.C, SHORT_MILLIS, 0);
        Summary summary = measure(Samples.C, collapsed, collapsed, sample(Samples.C, 1000, 0));
        assertEquals(
                1000,
                summary.spread(Samples.STREAM, Samples.C, Metric.FRAMES_PER_SECOND)
                        .median());
        assertEquals(List.of("1 false", "2 false", "3 true"), written());
    }

    @Test
    void countsThreeCollapsedWindowsAsAFailure() throws Exception {
        Sample collapsed = sample(Samples.C, SHORT_MILLIS, 0);
        Summary summary = measure(Samples.C, collapsed, collapsed, collapsed);
        assertEquals(1, summary.failures().size());
        assertEquals(List.of(), summary.workloads());
        assertEquals(List.of("1 false", "2 false", "3 false"), written());
    }

    @Test
    void tellsWhatItHasSetAside() throws Exception {
        Sample cold = sample(Samples.EVLOOP, 1000, COMPILING);
        measure(Samples.EVLOOP, sample(Samples.EVLOOP, SHORT_MILLIS, 0), cold, cold, cold);
        Machine machine = new Machine();
        campaign.appendTo(machine);
        assertEquals(
                Map.of(
                        "windows measured again with twice the warm-up, as a JVM was compiling", "2",
                        "windows kept though a JVM was compiling", "1",
                        "windows set aside, as they were not as long as asked for", "1"),
                machine.facts().entrySet().stream()
                        .filter(fact -> fact.getKey().startsWith("windows "))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }
}
