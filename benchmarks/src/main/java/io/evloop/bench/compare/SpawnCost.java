package io.evloop.bench.compare;

import io.evloop.EventLoop;
import io.evloop.Worker;
import io.evloop.bench.FirstError;
import io.evloop.bench.OpenDescriptors;
import io.evloop.bench.ResidentMemory;
import java.io.IOException;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What {@code WorkerBuilder.start} costs beside {@code posix_spawn(3)} of the same program in C, a small one and one with as
 * much memory resident, in turn: in the first starts of a JVM, whose Java is interpreted still, and after many, of which it
 * tells what they leave behind. Run it with the heap that a large application has, resident:
 *
 * <pre>java -Xms4g -Xmx4g -XX:+AlwaysPreTouch -cp benchmarks/target/benchmarks.jar io.evloop.bench.compare.SpawnCost</pre>
 */
public final class SpawnCost {

    private static final String PROGRAM = "/bin/true";
    private static final int ROUNDS = 50;
    private static final int STARTS_PER_ROUND = 20;
    private static final int MANY = 10_000;
    private static final int REPORTS = 5;
    private static final long LONGEST_NANOS = 10_000_000_000L;
    private static final int DIGITS = 3;
    private static final int KIB = 1024;
    private static final int MEBI_SHIFT = 20;
    private static final double NANOS_PER_MICRO = 1_000;

    private static final FirstError ERRORS = new FirstError();

    private SpawnCost() {}

    public static void main(String[] arguments) throws IOException {
        long heap = Runtime.getRuntime().totalMemory();
        try (EventLoop loop = ERRORS.openLoop();
                SpawnInC small = SpawnInC.open(PROGRAM, 0);
                SpawnInC resident = SpawnInC.open(PROGRAM, heap)) {
            resident.start(1, new Histogram(LONGEST_NANOS, DIGITS)); // not before its memory is there
            print("the first starts of a JVM:%n");
            compare(loop, small, resident, heap);
            print("%n");
            startMany(loop);
            print("%nthe starts after those:%n");
            compare(loop, small, resident, heap);
        }
    }

    private static void compare(EventLoop loop, SpawnInC small, SpawnInC resident, long heap) throws IOException {
        Histogram ours = new Histogram(LONGEST_NANOS, DIGITS);
        Histogram theirs = new Histogram(LONGEST_NANOS, DIGITS);
        Histogram theirsResident = new Histogram(LONGEST_NANOS, DIGITS);
        for (int round = 0; round < ROUNDS; round++) {
            small.start(STARTS_PER_ROUND, theirs);
            start(loop, STARTS_PER_ROUND, ours);
            resident.start(STARTS_PER_ROUND, theirsResident);
        }
        print("start", ours);
        print("posix_spawn in C", theirs);
        printRatios(ours, theirs);
        print("the same with " + (heap >> MEBI_SHIFT) + " MiB resident", theirsResident);
        printRatios(ours, theirsResident);
    }

    private static void printRatios(Histogram ours, Histogram theirs) {
        print("   ratio of p50 %.2f, of p99 %.2f%n", ratio(ours, theirs, 50), ratio(ours, theirs, 99));
    }

    private static double ratio(Histogram one, Histogram other, double percentile) {
        return (double) one.getValueAtPercentile(percentile) / other.getValueAtPercentile(percentile);
    }

    private static void print(String what, Histogram histogram) {
        print(
                "%-32s p50 %6.0f µs   p99 %6.0f µs   (%d starts)%n",
                what,
                histogram.getValueAtPercentile(50) / NANOS_PER_MICRO,
                histogram.getValueAtPercentile(99) / NANOS_PER_MICRO,
                histogram.getTotalCount());
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format, values);
    }

    /** One after the other, each to its exit. */
    private static void start(EventLoop loop, int count, Histogram nanos) throws IOException {
        for (int done = 0; done < count; done++) {
            boolean[] exited = {false};
            var builder = Worker.command(PROGRAM).onExit((worker, exit) -> {
                if (exit.code() != 0) {
                    throw new IllegalStateException(worker + " has failed: " + exit);
                }
                exited[0] = true;
            });
            long begin = System.nanoTime();
            builder.start(loop);
            nanos.recordValue(System.nanoTime() - begin);
            while (!exited[0]) {
                loop.poll(-1);
                ERRORS.check();
            }
        }
    }

    private static void startMany(EventLoop loop) throws IOException {
        report(0);
        for (int part = 1; part <= REPORTS; part++) {
            start(loop, MANY / REPORTS, new Histogram(LONGEST_NANOS, DIGITS));
            report(MANY / REPORTS * part);
        }
    }

    private static void report(int starts) throws IOException {
        print(
                "after %5d starts: %d descriptors, %d children, %d KiB resident%n",
                starts,
                OpenDescriptors.count(),
                ProcessHandle.current().children().count(),
                ResidentMemory.bytes() / KIB);
    }
}
