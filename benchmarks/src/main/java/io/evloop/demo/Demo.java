package io.evloop.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command of the demonstration. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Starts a worker in Java, one in C and one in Python, sends them frames of 1 byte to 64 MiB on several "
                        + "channels, and checks every byte that comes back.",
        footer = {"", "Exit status: 0 if every frame came back intact and every worker left with 0."})
public final class Demo implements Callable<Integer> {

    private static final int MOST_SECONDS = 3600;
    private static final int MOST_OUTSTANDING = 4096;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            description = "length of the load, before the frame of 64 MiB (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--outstanding",
            defaultValue = "16",
            description = "frames under way to each worker, 1 to " + MOST_OUTSTANDING + " (default: ${DEFAULT-VALUE})")
    private int outstanding;

    @Option(
            names = "--limit",
            defaultValue = "17",
            description = "give up after so many seconds (default: ${DEFAULT-VALUE})")
    private int limit;

    /** Runs the command and exits: 0 if all is well, 1 if not, 2 for wrong arguments. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Demo()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        checkRange("--limit", limit, MOST_SECONDS);
        checkRange("--seconds", seconds, limit);
        checkRange("--outstanding", outstanding, MOST_OUTSTANDING);
        PrintWriter out = spec.commandLine().getOut();
        List<WorkerProgram> programs = new ArrayList<>();
        programs.add(WorkerProgram.java(EchoWorker.class.getName()));
        programs.add(WorkerProgram.c());
        if (WorkerProgram.hasPython()) {
            programs.add(WorkerProgram.python());
        } else {
            out.println("There is no python3 here: going on without the worker in Python.");
        }
        out.printf(
                "%d workers (%s), %d frames under way to each, for %d s%n",
                programs.size(),
                programs.stream().map(WorkerProgram::name).collect(Collectors.joining(", ")),
                outstanding,
                seconds);
        out.flush();
        LiveLine live = new LiveLine(out, LiveLine.isOnTerminal());
        boolean intact = new DemoRun(programs, outstanding, out, live)
                .run(Duration.ofSeconds(seconds), Duration.ofSeconds(limit));
        return intact ? 0 : 1;
    }

    private void checkRange(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new ParameterException(spec.commandLine(), name + " must be 1 to " + most + ", not " + value);
        }
    }
}
