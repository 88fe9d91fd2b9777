package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.Timer;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Timers of a loop that has many others pending. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class TimerBenchmark {

    private static final int TIMERS = 1024;
    private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

    /** Timers that are pending all the time, due in an hour or two. */
    @Param({"0", "1000", "1000000"})
    public int pending;

    private final long[] delaysNanos = new long[TIMERS];
    private EventLoop loop;
    private int ran;

    @Setup
    public void open() throws IOException {
        loop = EventLoop.open();
        Random random = new Random(pending);
        for (int count = 0; count < pending; count++) {
            loop.schedule(delay(random), this::countOne);
        }
        Arrays.setAll(delaysNanos, index -> delay(random));
    }

    private static long delay(Random random) {
        return HOUR_NANOS + (long) (random.nextDouble() * HOUR_NANOS);
    }

    private void countOne() {
        ran++;
    }

    @TearDown
    public void close() {
        loop.close();
    }

    /** A timer that is cancelled before it is due, as most timeouts are. */
    @Benchmark
    @OperationsPerInvocation(TIMERS)
    public void scheduleAndCancel() {
        for (long delayNanos : delaysNanos) {
            Timer timer = loop.schedule(delayNanos, this::countOne);
            if (!timer.cancel()) {
                throw new IllegalStateException("not pending: " + timer);
            }
        }
    }

    /** A timer that is due at once and runs in the coming turn. */
    @Benchmark
    @OperationsPerInvocation(TIMERS)
    public void scheduleAndRun() {
        ran = 0;
        for (int count = 0; count < TIMERS; count++) {
            loop.schedule(0, this::countOne);
        }
        while (ran < TIMERS) {
            loop.poll(0);
        }
    }
}
