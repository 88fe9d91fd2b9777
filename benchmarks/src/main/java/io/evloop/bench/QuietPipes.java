package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * How long frames of quiet pipes take to a loop, alone and beside a pipe that floods it: one way, from the call of
 * {@code writeFrame} to that of the handler, a thread and a loop on either side.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar io.evloop.bench.QuietPipes</pre>
 */
public final class QuietPipes {

    private static final int QUIET = 16;
    private static final int ROUNDS = 5;
    private static final long ROUND_NANOS = 2_000_000_000L;
    private static final long WARM_UP_NANOS = 2_000_000_000L;
    private static final long PING_NANOS = 500_000;
    private static final long LONGEST_NANOS = 10_000_000_000L;
    private static final int DIGITS = 3;
    private static final int FLOOD_LENGTH = 64;
    private static final double NANOS_PER_MICRO = 1_000;

    /** So that the flooding side comes round to its pings often: its delay is not what is measured. */
    private static final PipeOptions SHORT_QUEUE =
            PipeOptions.builder().highWater(32 * 1024).lowWater(8 * 1024).build();

    private final Histogram nanos = new Histogram(LONGEST_NANOS, DIGITS);
    private long flooded;

    private QuietPipes() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        new QuietPipes().run(true, WARM_UP_NANOS);
        QuietPipes alone = new QuietPipes();
        QuietPipes beside = new QuietPipes();
        for (int round = 0; round < ROUNDS; round++) {
            alone.run(false, ROUND_NANOS);
            beside.run(true, ROUND_NANOS);
        }
        print("alone", alone);
        print("beside a flooder", beside);
        System.out.printf(
                Locale.ROOT,
                "ratio of p99: %.2f; the flooder sent %.1f M frames/s%n",
                (double) beside.nanos.getValueAtPercentile(99) / alone.nanos.getValueAtPercentile(99),
                beside.flooded * 1e3 / (ROUNDS * ROUND_NANOS));
    }

    private static void print(String what, QuietPipes quiet) {
        System.out.printf(
                Locale.ROOT,
                "%-17s p50 %5.1f µs   p99 %5.1f µs   p99.9 %6.1f µs   (%d frames)%n",
                what,
                quiet.nanos.getValueAtPercentile(50) / NANOS_PER_MICRO,
                quiet.nanos.getValueAtPercentile(99) / NANOS_PER_MICRO,
                quiet.nanos.getValueAtPercentile(99.9) / NANOS_PER_MICRO,
                quiet.nanos.getTotalCount());
    }

    /** The receiving loop is this thread's. */
    private void run(boolean flood, long durationNanos) throws IOException, InterruptedException {
        FirstError errors = new FirstError();
        try (EventLoop receiver = errors.openLoop();
                EventLoop sender = errors.openLoop()) {
            for (int index = 0; index < QUIET; index++) {
                Pipe[] pair = Pipe.pair(receiver, sender);
                pair[0].onFrame((pipe, channelId, payload) -> nanos.recordValue(System.nanoTime() - payload.getLong()));
                pair[0].onClose(errors::onClose);
                sender.schedule(index * PING_NANOS / QUIET, new Ping(sender, pair[1]));
            }
            if (flood) {
                Pipe[] pair = Pipe.pair(receiver, sender, SHORT_QUEUE);
                pair[0].onFrame((pipe, channelId, payload) -> flooded++);
                pair[0].onClose(errors::onClose);
                ByteBuffer payload = ByteBuffer.allocateDirect(FLOOD_LENGTH);
                pair[1].onDrain(pipe -> floodOn(pipe, payload));
                sender.execute(() -> floodOn(pair[1], payload));
            }
            receiver.schedule(durationNanos, receiver::stop);
            Thread thread = new Thread(sender::run, "sender");
            thread.start();
            receiver.run();
            sender.stop();
            thread.join();
        }
        errors.check();
    }

    private static void floodOn(Pipe pipe, ByteBuffer payload) {
        while (pipe.writeFrame(1, payload.clear()) == WriteResult.OK) {
            continue;
        }
    }

    /** Writes the time into a quiet pipe, again and again. */
    private static final class Ping implements Runnable {
        private final EventLoop loop;
        private final Pipe pipe;
        private final ByteBuffer payload = ByteBuffer.allocateDirect(Long.BYTES);

        Ping(EventLoop loop, Pipe pipe) {
            this.loop = loop;
            this.pipe = pipe;
        }

        @Override
        public void run() {
            payload.clear().putLong(0, System.nanoTime());
            if (!pipe.writeFrame(2, payload).isAccepted()) {
                throw new IllegalStateException("a ping was refused");
            }
            loop.schedule(PING_NANOS, this);
        }
    }
}
