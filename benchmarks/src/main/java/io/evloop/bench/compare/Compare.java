package io.evloop.bench.compare;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command of the side-by-side benchmark. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        description = "Measures evloop and others side by side: two processes each, pinned, in turn, as ratios to C.")
public final class Compare implements Callable<Integer> {

    static final int FULL_RUNS = 5;
    static final int QUICK_RUNS = 2;
    private static final Set<String> PATH_OPTIONS = Set.of("--out", "--readme", "--native");
    static final Timing FULL = new Timing(2300, 100, 350);
    static final Timing QUICK = new Timing(1150, 100, 250);

    @Option(names = "--quick", description = "few workloads and competitors, a minute")
    private boolean quick;

    @Option(names = "--only", split = ",", description = "ids of workloads and competitors; see --list")
    private Set<String> only = Set.of();

    @Option(
            names = "--runs",
            converter = PositiveNumber.class,
            description = "runs, interleaved (default: 5, quick: 2)")
    private Integer runs;

    @Option(
            names = "--warmup-ms",
            converter = PositiveNumber.class,
            description = "warm-up of a JVM before each window (default: 2300, quick: 1150)")
    private Integer warmupMillis;

    @Option(
            names = "--measure-ms",
            converter = PositiveNumber.class,
            description = "length of a window (default: 350, quick: 250)")
    private Integer measureMillis;

    @Option(names = "--cpus", description = "CPUs of the two sides, A,B (default: the first two that are allowed)")
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

    @Spec
    private CommandSpec spec;

    private final String[] arguments;

    private Compare(String[] arguments) {
        this.arguments = arguments.clone();
    }

    /** Runs the command and exits: 0 if every measurement gave a result. */
    public static void main(String[] arguments) {
        System.exit(commandLine(arguments).execute(arguments));
    }

    /** What is wrong with an argument is told in a line, and exits with 2. */
    static CommandLine commandLine(String... arguments) {
        return new CommandLine(new Compare(arguments)).setParameterExceptionHandler((wrong, words) -> {
            wrong.getCommandLine().getErr().println(wrong.getMessage() + "; see --help");
            return CommandLine.ExitCode.USAGE;
        });
    }

    /** From 1 to an hour's milliseconds, which is what the programs take. */
    static final class PositiveNumber implements CommandLine.ITypeConverter<Integer> {

        private static final int MAX = 3_600_000;

        @Override
        public Integer convert(String text) {
            int number = text.matches("\\d{1,7}") ? Integer.parseInt(text) : 0;
            if (number < 1 || number > MAX) {
                throw new CommandLine.TypeConversionException("'" + text + "' is not a number from 1 to " + MAX);
            }
            return number;
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (list) {
            Workload.ALL.forEach(workload -> System.out.printf("%-20s %s%n", workload.id(), workload.title()));
            Competitor.ALL.forEach(competitor -> System.out.printf("%-20s %s%n", competitor.id(), competitor.title()));
            return 0;
        }
        checkOnly();
        Cpus pinned = cpus();
        PairRunner runner = new PairRunner(programs(), pinned.toString());
        createDirectory("--out", out);
        if (readme != null) {
            createDirectory("--readme", readme);
        }
        Timing timing = timing();
        int count = runs != null ? runs : quick ? QUICK_RUNS : FULL_RUNS;
        Machine machine = new Machine();
        machine.add("runs", Plan.describeRuns(quick, count, only));
        machine.add("window", timing.measureMillis() + " ms");
        machine.add(
                "warm-up", timing.javaWarmupMillis() + " ms (Netty: twice that, C: " + timing.cWarmupMillis() + " ms)");
        machine.add("CPUs of the two sides", pinned.toString());
        Runtime.getRuntime().addShutdownHook(new Thread(runner::abandon, "abandon"));
        Summary summary = measure(Plan.of(quick, count, only), timing, runner, machine);
        report(summary, machine, runner, timing);
        return summary.failures().isEmpty() ? 0 : 1;
    }

    private Timing timing() {
        Timing standard = quick ? QUICK : FULL;
        return new Timing(
                warmupMillis != null ? warmupMillis : standard.javaWarmupMillis(),
                standard.cWarmupMillis(),
                measureMillis != null ? measureMillis : standard.measureMillis());
    }

    /** The facts stand in the first line of the raw results, and again, with what was learnt meanwhile, in the last. */
    private Summary measure(Plan plan, Timing timing, PairRunner runner, Machine machine)
            throws IOException, InterruptedException {
        System.err.printf("%d measurements, about %d s%n", plan.steps().size(), plan.totalMillis(timing) / 1000);
        try (PrintWriter raw =
                new PrintWriter(Files.newBufferedWriter(out.resolve("raw.jsonl"), StandardCharsets.UTF_8))) {
            raw.println(machine.toJson());
            Load before = Load.now();
            Campaign campaign = new Campaign(runner::run, timing, raw);
            Summary summary = campaign.measure(plan);
            campaign.appendTo(machine);
            machine.addLoad(before, Load.now(), summary);
            raw.println(machine.toJson());
            if (raw.checkError()) {
                throw new IOException("the raw results could not be written");
            }
            return summary;
        }
    }

    private Cpus cpus() throws IOException {
        try {
            return Cpus.of(cpus, Cpus.allowed());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--cpus: " + e.getMessage(), e);
        }
    }

    private Programs programs() {
        try {
            return new Programs(nativePrograms);
        } catch (IOException | IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--native: " + e.getMessage(), e);
        }
    }

    private void createDirectory(String option, Path directory) {
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, ".writable", ""));
        } catch (IOException e) {
            throw new ParameterException(
                    spec.commandLine(), option + ": " + directory + " is no directory that can be written: " + e, e);
        }
    }

    private void checkOnly() {
        Set<String> known = Stream.concat(
                        Workload.ALL.stream().map(Workload::id),
                        Competitor.ALL.stream().map(Competitor::id))
                .collect(Collectors.toSet());
        Set<String> unknown = new TreeSet<>(only);
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--only: unknown " + unknown + ", see --list");
        }
    }

    /** The arguments that say what was measured. */
    static String withoutPaths(String... arguments) {
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            String option = arguments[i].split("=", 2)[0];
            if (!PATH_OPTIONS.contains(option)) {
                kept.add(arguments[i]);
            } else if (option.equals(arguments[i])) {
                i++; // its value
            }
        }
        return String.join(" ", kept);
    }

    private void report(Summary summary, Machine machine, PairRunner runner, Timing timing) throws IOException {
        String command =
                "java -cp benchmarks/target/benchmarks.jar " + Compare.class.getName() + " " + withoutPaths(arguments);
        Path html = out.resolve("index.html");
        Files.writeString(html, new HtmlReport(summary, machine, runner, timing, command.strip()).toHtml());
        System.err.println("report: " + html);
        String table = new MarkdownReport(summary, machine, command.strip()).toMarkdown();
        System.out.println(table);
        machine.disturbances().forEach(sign -> System.err.println("WARNING: disturbed: " + sign));
        if (readme != null && !summary.failures().isEmpty()) {
            System.err.println("not written to " + readme + ": a measurement has failed");
        } else if (readme != null) {
            Files.writeString(readme.resolve("compare.md"), table);
            new SvgChart(summary, machine).write(readme.resolve("compare.svg"));
        }
    }
}
