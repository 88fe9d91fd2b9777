package io.evloop.bench.compare;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The command of the side-by-side benchmark. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = "Measures evloop and others side by side: two processes each, pinned, in turn, as ratios to C.")
public final class Compare implements Callable<Integer> {

    static final int FULL_RUNS = 5;
    private static final int QUICK_RUNS = 2;
    private static final Set<String> PATH_OPTIONS = Set.of("--out", "--readme", "--native");
    static final Timing FULL = new Timing(2500, 100, 350);
    private static final Timing QUICK = new Timing(2500, 100, 250);

    @Option(names = "--quick", description = "few workloads and competitors, two minutes")
    private boolean quick;

    @Option(names = "--only", split = ",", description = "ids of workloads and competitors; see --list")
    private Set<String> only = Set.of();

    @Option(names = "--runs", description = "runs, interleaved (default: 5, quick: 2)")
    private int runs;

    @Option(names = "--warmup-ms", description = "warm-up of a JVM before each window (default: 2500)")
    private int warmupMillis;

    @Option(names = "--measure-ms", description = "length of a window (default: 350, quick: 250)")
    private int measureMillis;

    @Option(names = "--cpus", defaultValue = "0,1", description = "CPUs of the two sides (default: ${DEFAULT-VALUE})")
    private String cpus;

    @Option(
            names = "--out",
            defaultValue = "benchmarks/target/compare",
            description = "where the report goes (default: ${DEFAULT-VALUE})")
    private Path out;

    @Option(
            names = "--readme",
            description = "directory for a table (compare.md) and a chart (compare.svg) for the README")
    private Path readme;

    @Option(names = "--native", description = "directory of the C programs (default: where the build puts them)")
    private Path nativePrograms;

    @Option(names = "--list", description = "print the ids and stop")
    private boolean list;

    private final String[] arguments;

    private Compare(String[] arguments) {
        this.arguments = arguments.clone();
    }

    /** Runs the command and exits: 0 if every measurement gave a result. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Compare(arguments)).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (list) {
            Workload.ALL.forEach(workload -> System.out.printf("%-20s %s%n", workload.id(), workload.title()));
            Competitor.ALL.forEach(competitor -> System.out.printf("%-20s %s%n", competitor.id(), competitor.title()));
            return 0;
        }
        checkOnly();
        Timing standard = quick ? QUICK : FULL;
        Timing timing = new Timing(
                warmupMillis > 0 ? warmupMillis : standard.javaWarmupMillis(),
                standard.cWarmupMillis(),
                measureMillis > 0 ? measureMillis : standard.measureMillis());
        int count = runs > 0 ? runs : quick ? QUICK_RUNS : FULL_RUNS;
        Plan plan = Plan.of(quick, count, only);
        Machine machine = new Machine();
        machine.add("runs", Integer.toString(count));
        machine.add("window", timing.measureMillis() + " ms");
        machine.add("warm-up", timing.javaWarmupMillis() + " ms (C: " + timing.cWarmupMillis() + " ms)");
        PairRunner runner = new PairRunner(new Programs(nativePrograms), cpus, timing);
        Files.createDirectories(out);
        System.err.printf("%d measurements, about %d s%n", plan.steps().size(), plan.totalMillis(timing) / 1000);
        Summary summary = measure(plan, runner, machine);
        report(summary, machine, runner);
        return summary.failures().isEmpty() ? 0 : 1;
    }

    private void checkOnly() {
        Set<String> known = Stream.concat(
                        Workload.ALL.stream().map(Workload::id),
                        Competitor.ALL.stream().map(Competitor::id))
                .collect(Collectors.toSet());
        Set<String> unknown = new TreeSet<>(only);
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw new ParameterException(new CommandLine(this), "--only: unknown " + unknown + ", see --list");
        }
    }

    private Summary measure(Plan plan, PairRunner runner, Machine machine) throws IOException, InterruptedException {
        Summary summary = new Summary();
        int done = 0;
        int cold = 0;
        try (PrintWriter raw =
                new PrintWriter(Files.newBufferedWriter(out.resolve("raw.jsonl"), StandardCharsets.UTF_8))) {
            raw.println(machine.toJson());
            for (Plan.Step step : plan.steps()) {
                done++;
                String what = step.workload().id() + " " + step.competitor().id() + " run " + step.run();
                try {
                    Sample sample = run(step, runner);
                    if (!sample.isWarm() && !step.counting()) {
                        cold++;
                        System.err.printf("%s: not warm (%s), once more%n", what, brief(sample));
                        sample = run(step, runner.withLongerWarmup());
                    }
                    summary.add(sample);
                    raw.println(sample.toJson());
                    System.err.printf("[%d/%d] %s: %s%n", done, plan.steps().size(), what, brief(sample));
                } catch (PairRunner.FailedException e) {
                    summary.addFailure(what + ": " + e.getMessage());
                    System.err.printf(
                            "[%d/%d] %s FAILED: %s%n", done, plan.steps().size(), what, e.getMessage());
                }
            }
            if (raw.checkError()) {
                throw new IOException("the raw results could not be written");
            }
        }
        machine.add("windows measured again with twice the warm-up, as their second halves were the faster", cold + "");
        return summary;
    }

    private static Sample run(Plan.Step step, PairRunner runner)
            throws IOException, InterruptedException, PairRunner.FailedException {
        return runner.run(step.workload(), step.competitor(), step.run(), step.counting());
    }

    /** The arguments that say what was measured. */
    private String withoutPaths() {
        StringBuilder kept = new StringBuilder();
        for (int i = 0; i < arguments.length; i++) {
            if (PATH_OPTIONS.contains(arguments[i])) {
                i++; // its value
            } else {
                kept.append(arguments[i]).append(' ');
            }
        }
        return kept.toString();
    }

    private static String brief(Sample sample) {
        if (sample.counting()) {
            return String.format(
                    "%.5f and %.5f system calls per frame",
                    sample.driverSyscallsPerFrame(), sample.otherSyscallsPerFrame());
        }
        return sample.workload().isRoundTrip()
                ? String.format("p50 %.2f us, p99 %.2f us", sample.latency("p50") / 1e3, sample.latency("p99") / 1e3)
                : String.format(
                        "%.3f M frames/s, %.2f GB/s", sample.framesPerSecond() / 1e6, sample.gigabytesPerSecond());
    }

    private void report(Summary summary, Machine machine, PairRunner runner) throws IOException {
        String command = "java -cp benchmarks/target/benchmarks.jar " + Compare.class.getName() + " " + withoutPaths();
        Path html = out.resolve("index.html");
        Files.writeString(html, new HtmlReport(summary, machine, runner, command.strip()).toHtml());
        System.err.println("report: " + html);
        String table = new MarkdownReport(summary, machine, command.strip()).toMarkdown();
        System.out.println(table);
        if (readme != null) {
            Files.createDirectories(readme);
            Files.writeString(readme.resolve("compare.md"), table);
            new SvgChart(summary, machine).write(readme.resolve("compare.svg"));
        }
    }
}
