package io.evloop.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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

/** Tasks that one thread hands to a loop on another. */
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class ExecuteBenchmark {

    private static final int TASKS = 1024;
    private static final int MOST_PENDING = 16 * TASKS;
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    /** How long the loop polls before it blocks. */
    @Param({"0", "20"})
    public int spinMicros;

    private final AtomicLong ran = new AtomicLong();
    private final Runnable task = this::countOne;
    private PeerLoop peer;
    private long submitted;

    @Setup
    public void open() throws IOException {
        peer = PeerLoop.open(Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(spinMicros)));
    }

    @TearDown
    public void close() {
        awaitPending(0);
        peer.close();
    }

    /** The time from the submission of a task to its end, one at a time. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public void latency() {
        submit();
        awaitPending(0);
    }

    /** Tasks per second, some thousands of them pending. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(TASKS)
    public void throughput() {
        for (int count = 0; count < TASKS; count++) {
            submit();
        }
        awaitPending(MOST_PENDING);
    }

    private void countOne() {
        ran.setRelease(ran.getPlain() + 1); // on the loop's thread alone
    }

    private void submit() {
        peer.loop().execute(task);
        submitted++;
    }

    /** Waits until no more than {@code most} tasks have still to run. */
    private void awaitPending(long most) {
        if (submitted - ran.getAcquire() <= most) {
            return;
        }
        long start = System.nanoTime();
        while (submitted - ran.getAcquire() > most) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new IllegalStateException(submitted - ran.getAcquire() + " tasks do not run");
            }
            Thread.onSpinWait();
        }
    }
}
