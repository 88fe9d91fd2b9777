package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Sender;
import io.evloop.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
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

/**
 * Queueing a frame, without the system call that sends it: the peer does not read meanwhile. What was queued is sent and
 * checked between the invocations, which the measured time leaves out; an invocation takes long enough for that.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class WriteBenchmark {

    private static final int FRAMES = 8 * 1024;
    private static final int SENDER_CAPACITY = 32 * 1024 * 1024;

    /** Bytes. */
    @Param({"16", "64", "1024"})
    public int payloadLength;

    private EventLoop loop;
    private EventLoop peer;
    private Pipe pipe;
    private Sender sender;
    private Receiver receiver;
    private Payload payload;
    private byte[] array;
    private Payload arrayPayload;
    private long sequence;

    @Setup
    public void open() throws IOException {
        loop = EventLoop.open();
        peer = EventLoop.open();
        Pipe[] ends = Pipe.pair(loop, peer);
        pipe = ends[0];
        sender = pipe.sender(SENDER_CAPACITY);
        receiver = new Receiver(peer, payloadLength);
        receiver.add(ends[1]);
        payload = new Payload(payloadLength);
        array = new byte[payloadLength];
        arrayPayload = new Payload(ByteBuffer.wrap(array));
    }

    @TearDown
    public void close() {
        loop.close();
        peer.close();
    }

    /** Fills the socket, so that nothing but the queue takes what is written. */
    @Setup(Level.Invocation)
    public void block() {
        long blocked = pipe.stats().blockedWrites();
        while (pipe.stats().blockedWrites() == blocked) {
            writeNext();
        }
    }

    /** Sends what was queued and checks it. */
    @TearDown(Level.Invocation)
    public void drain() {
        while (receiver.received() < sequence) {
            loop.poll(0);
            peer.poll(0);
        }
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void writeFrame() {
        for (int count = 0; count < FRAMES; count++) {
            writeNext();
        }
    }

    private void writeNext() {
        checkAccepted(pipe.writeFrame(Payload.channelId(sequence), payload.numbered(sequence)));
        sequence++;
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void writeFrameOfArray() {
        for (int count = 0; count < FRAMES; count++) {
            arrayPayload.numbered(sequence);
            checkAccepted(pipe.writeFrame(Payload.channelId(sequence), array, 0, array.length));
            sequence++;
        }
    }

    /** As another thread would, into the ring of a sender; its loop takes the frames between the invocations. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void writeFrameOfSender() {
        for (int count = 0; count < FRAMES; count++) {
            checkAccepted(sender.writeFrame(Payload.channelId(sequence), payload.numbered(sequence)));
            sequence++;
        }
    }

    /** The payload is copied into the claim: encoding in place would save that. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void claimAndCommit() {
        for (int count = 0; count < FRAMES; count++) {
            ByteBuffer room = pipe.claim(Payload.channelId(sequence), payloadLength);
            room.put(room.position(), payload.numbered(sequence), 0, payloadLength);
            checkAccepted(pipe.commit());
            sequence++;
        }
    }

    private static void checkAccepted(WriteResult result) {
        if (!result.isAccepted()) {
            throw new IllegalStateException("a frame was refused: " + result);
        }
    }
}
