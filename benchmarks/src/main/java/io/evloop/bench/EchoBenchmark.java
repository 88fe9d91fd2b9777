package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.EventLoopOptions;
import io.evloop.Pipe;
import io.evloop.WriteResult;
import java.io.IOException;
import java.time.Duration;
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

/** Frames of 64 B to a loop on another thread and back: each reply brings the next request. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class EchoBenchmark {

    private static final int FRAMES = 64;
    private static final int PAYLOAD_LENGTH = 64;

    /** Requests under way; with 1, the round trips of a second follow one after the other. */
    @Param({"1", "128"})
    public int outstanding;

    /** How long both loops poll before they block. */
    @Param({"0", "20"})
    public int spinMicros;

    private final Payload payload = new Payload(PAYLOAD_LENGTH);
    private EventLoop loop;
    private PeerLoop peer;
    private Pipe pipe;
    private Receiver receiver;
    private long sent;

    @Setup
    public void open() throws IOException {
        Duration spin = Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(spinMicros));
        loop = EventLoop.open(EventLoopOptions.builder().spin(spin).build());
        peer = PeerLoop.open(spin);
        Pipe[] ends = Pipe.pair(loop, peer.loop());
        pipe = ends[0];
        receiver = new Receiver(loop, PAYLOAD_LENGTH, this::request);
        receiver.add(pipe);
        peer.call(() ->
                ends[1].onFrame((from, channelId, request) -> checkAccepted(from.writeFrame(channelId, request))));
        for (int count = 0; count < outstanding; count++) {
            request();
        }
    }

    @TearDown
    public void close() {
        loop.close();
        peer.close();
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void echo() {
        receiver.receive(FRAMES);
    }

    private void request() {
        checkAccepted(pipe.writeFrame(Payload.channelId(sent), payload.numbered(sent)));
        sent++;
    }

    private static void checkAccepted(WriteResult result) {
        if (!result.isAccepted()) {
            throw new IllegalStateException("a frame was refused: " + result);
        }
    }
}
