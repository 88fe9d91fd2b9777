package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import java.io.IOException;
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

/** Frames one way over a socketpair: a loop that sends on a thread of its own, a loop that receives on the measured one. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class StreamBenchmark {

    private static final int FRAMES = 64;

    /** Bytes. */
    @Param({"16", "64", "1024", "65536", "1048576"})
    public int payloadLength;

    private EventLoop loop;
    private PeerLoop peer;
    private Receiver receiver;

    @Setup
    public void open() throws IOException {
        loop = EventLoop.open();
        peer = PeerLoop.open();
        Pipe[] ends = Pipe.pair(loop, peer.loop());
        receiver = new Receiver(loop, payloadLength);
        receiver.add(ends[0]);
        peer.loop().execute(() -> Sender.start(ends[1], payloadLength));
    }

    @TearDown
    public void close() {
        loop.close(); // first: the sender's writes fail from now on, and its loop comes round to its own close
        peer.close();
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void receive() {
        receiver.receive(FRAMES);
    }
}
