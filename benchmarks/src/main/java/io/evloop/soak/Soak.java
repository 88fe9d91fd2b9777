package io.evloop.soak;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.ResourceLimit;
import io.evloop.Worker;
import io.evloop.WorkerExit;
import io.evloop.bench.Build;
import io.evloop.bench.JavaCommand;
import io.evloop.demo.LiveLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command of the soak: starts the process that is soaked as a worker, and hears how it is. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description =
                "Workers that come, misbehave and are killed, connections, passed descriptors and writing threads, all at "
                        + "once, in a process that runs out of descriptors now and then; checks that nothing is lost and "
                        + "nothing grows.",
        footer = {"", "Exit status: 0 if every check held."})
public final class Soak implements Callable<Integer> {

    private static final double SECONDS_PER_MINUTE = 60;

    /** Enough for all actors at once. */
    private static final int DESCRIPTORS = 400;

    /** It speaks each second, but not while its descriptors are used up, and it has a minute to come to its end. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private static final int SIGQUIT = 3;
    private static final long FOR_THE_DUMP_NANOS = 2_000_000_000L;
    private static final int LINES_OF_A_LOG = 10;

    @Spec
    private CommandSpec spec;

    @Option(names = "--minutes", defaultValue = "10", description = "how long (default: ${DEFAULT-VALUE})")
    private double minutes;

    @Option(names = "--seed", description = "what happens by chance follows from it (default: the time)")
    private Long seed;

    private final List<String> result = new ArrayList<>();
    private PrintWriter out;
    private LiveLine live;
    private boolean terminal;
    private int lines;
    private Worker soaked;
    private WorkerExit exit;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Soak()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        if (!(minutes > 0)) {
            throw new ParameterException(spec.commandLine(), "--minutes must be above 0, not " + minutes);
        }
        long chosen = seed == null ? System.nanoTime() : seed;
        out = spec.commandLine().getOut();
        terminal = LiveLine.isOnTerminal();
        live = new LiveLine(out, terminal);
        out.println("seed " + chosen);
        try (EventLoop loop = EventLoop.open()) {
            soaked = Worker.command(command(chosen))
                    .env("MALLOC_ARENA_MAX", "1")
                    .limit(ResourceLimit.NOFILE, DESCRIPTORS, DESCRIPTORS)
                    .limits(PipeOptions.builder().idleTimeout(SILENCE).build())
                    .onFrame((pipe, channelId, payload) -> hear(channelId, payload))
                    .onClose(this::onClose)
                    .onExit((worker, how) -> {
                        exit = how;
                        loop.stop();
                    })
                    .start(loop);
            loop.run();
        }
        live.clear();
        result.forEach(out::println);
        boolean passed = exit.isSuccess() && !result.isEmpty();
        out.println(passed ? "every check held" : "FAILED: " + exit + ", seed " + chosen);
        out.flush();
        return passed ? 0 : 1;
    }

    /**
     * What its collector and its compiler do is not to be taken for growth: its heap is in memory from the beginning, and it
     * has only the compiler that is soon done and needs little.
     */
    private String[] command(long chosen) throws IOException {
        List<String> options = List.of(
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xcheck:jni");
        List<String> command = JavaCommand.of(options, SoakRun.class.getName());
        command.add(Build.program("soak_worker").toString());
        command.add(Double.toString(minutes * SECONDS_PER_MINUTE));
        command.add(Long.toString(chosen));
        return command.toArray(String[]::new);
    }

    private void hear(int channelId, ByteBuffer payload) {
        String text = StandardCharsets.UTF_8.decode(payload).toString();
        if (channelId == SoakRun.RESULT) {
            result.add(text);
        } else if (terminal || lines++ % LINES_OF_A_LOG == 0) {
            live.show(text);
        }
    }

    /** A process that does not speak any more shows where its threads are, and is ended. */
    private void onClose(Pipe pipe, Throwable cause) {
        if (cause != null) {
            result.clear();
            out.println("the process that is soaked: " + cause.getMessage());
            soaked.signal(SIGQUIT);
            pipe.connection().loop().schedule(FOR_THE_DUMP_NANOS, soaked::kill);
        }
    }
}
