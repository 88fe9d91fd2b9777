package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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

/** Frames from many pipes to one loop, whose other ends all belong to one sending loop. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class FanInBenchmark {

    private static final int FRAMES = 64;
    private static final int PAYLOAD_LENGTH = 64;

    @Param({"8", "64", "512"})
    public int pipes;

    private EventLoop loop;
    private PeerLoop peer;
    private Receiver receiver;

    /** How evenly the pipes are served. */
    @State(Scope.Thread)
    @AuxCounters
    public static class Fairness {
        /** Frames if every pipe had got as few as the one that got the fewest: all of them where it is fair. */
        public long leastTimesPipes;

        private Receiver receiver;

        @TearDown(Level.Iteration)
        public void take() {
            leastTimesPipes = receiver.leastTimesPipes();
        }
    }

    @Setup
    public void open() throws IOException {
        loop = EventLoop.open();
        peer = PeerLoop.open();
        receiver = new Receiver(loop, PAYLOAD_LENGTH);
        for (int count = 0; count < pipes; count++) {
            Pipe[] ends = Pipe.pair(loop, peer.loop());
            receiver.add(ends[0]);
            peer.loop().execute(() -> Sender.start(ends[1], PAYLOAD_LENGTH));
        }
    }

    @TearDown
    public void close() {
        loop.close(); // first: the senders' writes fail from now on, and their loop comes round to its own close
        peer.close();
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void receive(Fairness fairness) {
        fairness.receiver = receiver;
        receiver.receive(FRAMES);
    }
}
