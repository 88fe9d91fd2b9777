package io.evloop.soak;

import io.evloop.Address;
import io.evloop.EventLoop;
import io.evloop.EventLoopOptions;
import io.evloop.Pipe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * The process that is soaked, a worker of {@link Soak}: all actors on one loop for a time, then the judgement. What it has to
 * say goes over its pipe: on {@link #PROGRESS} a line each second, on {@link #RESULT} what came of it.
 */
final class SoakRun {

    static final int PROGRESS = 0;
    static final int RESULT = 1;

    /** For actors to come to their end. */
    private static final long LAST_NANOS = 60_000_000_000L;

    private static final long TICK_NANOS = 1_000_000_000L;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Ledger ledger = new Ledger();
    private final EventLoop loop;
    private final Pipe supervisor;
    private final List<Actor> actors;
    private final Flatness flatness;
    private final double seconds;
    private final long start = System.nanoTime();
    private boolean leaving;
    private boolean passed;

    private SoakRun(EventLoop loop, Pipe supervisor, Path directory, String worker, double seconds, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("SplittableRandom").create(seed);
        this.loop = loop;
        this.supervisor = supervisor;
        this.seconds = seconds;
        this.flatness = Flatness.ofThisProcess(seconds, loop.stats());
        this.actors = List.of(
                new Workers(loop, ledger, random, worker),
                new Connections(loop, ledger, Address.unix(directory.resolve("listener"))),
                new Connections(loop, ledger, Address.tcp(0)),
                new Passing(loop, ledger, random),
                new Senders(loop, ledger, random),
                new Famine(loop, ledger));
    }

    /** Arguments: the worker's program, seconds, seed. Exits with 0 if everything held. */
    public static void main(String[] arguments) throws IOException {
        SoakRun[] run = new SoakRun[1];
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> run[0].ledger.failed("the loop's error handler, of " + source, error))
                .build();
        Path directory = Files.createTempDirectory("evloop-soak");
        try (EventLoop loop = EventLoop.open(options)) {
            Pipe supervisor = Pipe.inherited(loop);
            double seconds = Double.parseDouble(arguments[1]);
            run[0] = new SoakRun(loop, supervisor, directory, arguments[0], seconds, Long.parseLong(arguments[2]));
            loop.execute(run[0]::begin);
            loop.run();
        } finally {
            Files.deleteIfExists(directory.resolve("listener"));
            Files.delete(directory);
        }
        System.exit(run[0].passed ? 0 : 1);
    }

    private void begin() {
        supervisor.onEnd(pipe -> System.exit(1)); // nobody is left to hear the result
        actors.forEach(Actor::begin);
        tick();
    }

    private double elapsedSeconds() {
        return (System.nanoTime() - start) / NANOS_PER_SECOND;
    }

    private void tick() {
        double now = elapsedSeconds();
        try {
            if (!ledger.isFamine()) { // to look takes a descriptor
                String size = flatness.sample(now);
                say(PROGRESS, String.format(Locale.ROOT, "%4.0f s: %s; %s", now, ledger.line(), size));
            }
        } catch (IOException e) {
            ledger.failed("sample", e);
        }
        if (!leaving && now >= seconds) {
            leaving = true;
            actors.forEach(Actor::leaveOff);
        }
        if (leaving && actors.stream().allMatch(Actor::isIdle)) {
            judge();
        } else if (now - seconds > LAST_NANOS / NANOS_PER_SECOND) {
            actors.stream().filter(actor -> !actor.isIdle()).forEach(actor -> ledger.violation("not over: " + actor));
            judge();
        } else {
            loop.schedule(TICK_NANOS, this::tick);
        }
    }

    private void judge() {
        String verdict = flatness.verdict(ledger);
        passed = ledger.violations() == 0;
        say(RESULT, ledger.line() + "\n" + verdict);
        supervisor.onClose((pipe, cause) -> loop.stop());
        supervisor.closeAfterFlush();
    }

    private void say(int channelId, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ledger.check(supervisor.writeFrame(channelId, bytes, 0, bytes.length).isAccepted(), "nobody listens");
    }
}
