package io.evloop.bench;

import io.evloop.frame.FrameLayout;
import io.evloop.frame.FrameReader;
import java.nio.ByteBuffer;
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
import org.openjdk.jmh.annotations.Warmup;

/** Frames as bytes, without a descriptor: what it costs to encode one and to find one. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class FrameBenchmark {

    private static final int FRAMES = 512;

    /** Bytes. */
    @Param({"16", "64", "1024"})
    public int payloadLength;

    private final FrameReader reader = new FrameReader(FrameLayout.MAX_PAYLOAD_LENGTH);
    private Payload payload;
    private ByteBuffer written;
    private ByteBuffer encoded;

    @Setup
    public void encode() {
        payload = new Payload(payloadLength);
        written = ByteBuffer.allocateDirect(FRAMES * (FrameLayout.HEADER_LENGTH + payloadLength));
        encoded = ByteBuffer.allocateDirect(written.capacity());
        encode(encoded);
    }

    /** The header of a frame and a copy of its payload, into a buffer that has room. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public ByteBuffer write() {
        encode(written);
        return written;
    }

    private void encode(ByteBuffer target) {
        int position = 0;
        for (long sequence = 0; sequence < FRAMES; sequence++) {
            final int channelId = Payload.channelId(sequence);
            final int body = position + FrameLayout.HEADER_LENGTH;
            FrameLayout.checkFrame(channelId, payloadLength, FrameLayout.MAX_PAYLOAD_LENGTH);
            FrameLayout.putHeader(target, position, channelId, payloadLength);
            target.put(body, payload.numbered(sequence), 0, payloadLength);
            position = body + payloadLength;
        }
    }

    /** Finding the frames in unread bytes; none of the payload but its sequence number is looked at. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public void read() {
        int position = 0;
        long sequence = 0;
        while (reader.next(encoded, position, encoded.capacity()) == FrameReader.FRAME) {
            if (reader.channelId() != Payload.channelId(sequence) || encoded.getLong(reader.payload()) != sequence) {
                throw new IllegalStateException("frame " + sequence + " is wrong");
            }
            sequence++;
            position = reader.end();
        }
        if (sequence != FRAMES || position != encoded.capacity()) {
            throw new IllegalStateException(sequence + " frames, " + position + " bytes");
        }
    }
}
