package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes of a competitor, in a tiny window. */
class CompareSmokeTest {

    private static final String CPUS = Runtime.getRuntime().availableProcessors() > 1 ? "0,1" : "0,0";

    private static Sample measure(String workload, String competitor) throws Exception {
        return measure(workload, competitor, new Timing(50, 20, 50));
    }

    private static Sample measure(String workload, String competitor, Timing timing) throws Exception {
        return new PairRunner(new Programs(null), CPUS)
                .run(new Plan.Step(Workload.byId(workload), Competitor.byId(competitor), 1, false), timing);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c-best", "evloop"})
    void countsTheSameFramesOnBothSidesOfAStream(String competitor) throws Exception {
        Sample sample = measure("stream-64", competitor);
        assertTrue(sample.framesPerSecond() > 0, sample.toString());
        assertEquals(sample.driver().number("frames"), sample.other().number("frames"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"c-best", "evloop"})
    void timesRoundTrips(String competitor) throws Exception {
        Sample sample = measure("echo-1", competitor);
        assertTrue(sample.latency("p50") > 0, sample.toString());
        assertTrue(sample.latency("p50") <= sample.latency("max"), sample.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"c-best", "evloop"})
    void gathersTheFramesOfManyPipes(String competitor) throws Exception {
        Sample sample = measure("fan-in-64", competitor);
        assertTrue(sample.framesPerSecond() > 0, sample.toString());
        double jain = sample.other().number("jain");
        assertTrue(jain > 0 && jain <= 1, "Jain's index " + jain);
    }

    @Test
    void tellsTheSendBufferAsTheKernelCountsIt() throws Exception {
        assertEquals(
                measure("stream-64", "c-best").sendBuffer(),
                measure("stream-64", "nio").sendBuffer());
    }

    @ParameterizedTest
    @ValueSource(strings = {"c-best", "evloop", "netty"})
    void putsLargeFramesTogether(String competitor) throws Exception {
        Sample sample = measure("stream-1m", competitor, new Timing(200, 100, 200));
        assertTrue(sample.framesPerSecond() > 0, sample.toString());
    }

    @Test
    void leavesNothingBehindWhenItIsAbandoned() throws Exception {
        PairRunner runner = new PairRunner(new Programs(null), CPUS);
        Plan.Step step = new Plan.Step(Workload.byId("stream-64"), Competitor.byId("evloop"), 1, false);
        Thread measuring = new Thread(() -> {
            try {
                runner.run(step, new Timing(60_000, 60_000, 60_000));
            } catch (IOException | InterruptedException | PairRunner.FailedException e) {
                Thread.currentThread().interrupt();
            }
        });
        measuring.setDaemon(true);
        measuring.start();
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (ProcessHandle.current().descendants().count() < 3 || directory().isEmpty()) {
            assertTrue(System.nanoTime() < deadline, "nothing was started");
            Thread.onSpinWait();
        }
        Path directory = directory().orElseThrow();
        assertTrue(Files.exists(directory), directory.toString());
        runner.abandon();
        assertFalse(Files.exists(directory), directory.toString());
        assertEquals(0, ProcessHandle.current().descendants().count());
    }

    /** That which the launcher was given. */
    private static Optional<Path> directory() throws IOException {
        for (ProcessHandle child : ProcessHandle.current().children().toList()) {
            for (String word :
                    Machine.read(Path.of("/proc/" + child.pid() + "/cmdline")).split("\0", -1)) {
                if (word.contains("/evloop-bench-")) { // bench_pair cuts its words at the "="
                    return Optional.of(Path.of(word.replace("dir=", "")));
                }
            }
        }
        return Optional.empty();
    }

    private static Stream<String> everybody() {
        return Competitor.ALL.stream().map(Competitor::id);
    }

    @ParameterizedTest
    @MethodSource("everybody")
    void everybodyAnswers(String competitor) throws Exception {
        Sample sample = measure("echo-128", competitor, new Timing(300, 300, 500));
        assertTrue(sample.framesPerSecond() > 0, sample.toString());
    }

    @Test
    void reportsWhatItHasMeasured() throws Exception {
        Summary summary = new Summary();
        for (Plan.Step step : Plan.of(true, 1, Set.of("stream-16", "evloop")).steps()) {
            summary.add(measure(step.workload().id(), step.competitor().id()));
        }
        Machine machine = new Machine();
        machine.add("runs", "1");
        PairRunner runner = new PairRunner(new Programs(null), CPUS);
        String table = new MarkdownReport(summary, machine, "the command").toMarkdown();
        assertTrue(table.contains("| one way, 16 B |"), table);
        String page = new HtmlReport(summary, machine, runner, new Timing(50, 20, 50), "the command").toHtml();
        assertTrue(page.contains("\"id\":\"FRAMES_PER_SECOND\"") && !page.contains("@DATA@"), page);
    }
}
