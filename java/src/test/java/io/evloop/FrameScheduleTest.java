package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/**
 * Writer and reader of real pipes against a model: frames are byte arrays that are put one behind the other, and a frame is
 * delivered once its last byte has been sent. The pipes live through all tries, as theirs would through a worker's life.
 */
class FrameScheduleTest {

    /** How a frame is handed to the pipe. */
    private enum Way {
        ARRAY,
        HEAP,
        DIRECT,
        CLAIM,
        ABORTED_CLAIM
    }

    /** One frame to write. */
    private record Written(int channelId, byte[] payload, Way way) {

        byte[] bytes() {
            return way == Way.ABORTED_CLAIM ? new byte[0] : Frames.frame(channelId, payload);
        }

        @Override
        public String toString() {
            return way + " " + channelId + " of " + payload.length;
        }
    }

    private EventLoop loop;
    private PeeredPipe writer;
    private PeeredPipe pushed;
    private PeeredPipe pulled;

    @BeforeProperty
    void open() throws IOException {
        loop = EventLoop.open();
        writer = PeeredPipe.adopt(loop);
        pushed = PeeredPipe.adopt(loop).pushed();
        pulled = PeeredPipe.adopt(loop).pulled();
        writer.peer().nonBlocking();
    }

    @AfterProperty
    void close() throws IOException {
        loop.close();
        writer.close();
        pushed.close();
        pulled.close();
    }

    // row 11
    @Property(tries = 60_000, edgeCases = EdgeCasesMode.NONE)
    void writesTheBytesOfTheModel(@ForAll("frames") List<Written> frames) throws IOException {
        byte[] expected = {};
        for (Written frame : frames) {
            write(frame);
            expected = Frames.concat(expected, frame.bytes());
        }
        Await.idle(loop);
        if (expected.length > 0) {
            assertArrayEquals(expected, writer.peer().readSome(expected.length + 64));
        }
    }

    // row 11
    @Property(tries = 60_000, edgeCases = EdgeCasesMode.NONE)
    void deliversTheFramesOfTheModelAfterEveryPiece(
            @ForAll("frames") List<Written> frames, @ForAll("cuts") List<Integer> cuts, @ForAll boolean push)
            throws IOException {
        PeeredPipe reader = push ? pushed : pulled;
        byte[] stream = streamOf(frames);
        List<String> heard = new ArrayList<>();
        int sent = 0;
        for (int piece = 0; piece <= cuts.size(); piece++) {
            int end = piece == cuts.size() ? stream.length : Math.min(stream.length, sent + cuts.get(piece));
            reader.peer().write(Arrays.copyOfRange(stream, sent, end));
            sent = end;
            Await.idle(loop);
            heard.addAll(reader.takeHeard());
            assertEquals(completeIn(frames, sent), heard);
        }
    }

    // row 13: the peer takes what it likes of frames that are larger than the socket's buffer, some past the queue
    @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
    void writesTheBytesOfTheModelThroughAFullSocket(
            @ForAll("largeFrames") List<Written> frames, @ForAll("appetites") List<Integer> appetites)
            throws IOException {
        byte[] expected = streamOf(frames);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        int turns = 0;
        for (Written frame : frames) {
            write(frame);
            take(received, appetites.get(turns++ % appetites.size()));
        }
        while (received.size() < expected.length && turns < 10_000) {
            take(received, appetites.get(turns++ % appetites.size()));
            loop.poll(0);
        }
        assertArrayEquals(expected, received.toByteArray());
        Await.idle(loop);
        assertEquals(0, writer.pipe().stats().queuedBytes());
    }

    private void take(ByteArrayOutputStream received, int length) throws IOException {
        try {
            received.writeBytes(writer.peer().readSome(length));
        } catch (NativeIoException e) {
            assertEquals(Errno.EAGAIN, e.errno());
        }
    }

    private void write(Written frame) {
        byte[] payload = frame.payload;
        switch (frame.way) {
            case ARRAY -> {
                byte[] padded = Frames.concat(new byte[3], payload, new byte[2]);
                assertAccepted(writer.pipe().writeFrame(frame.channelId, padded, 3, payload.length));
            }
            case HEAP -> write(frame, ByteBuffer.wrap(payload));
            case DIRECT ->
                write(frame, ByteBuffer.allocateDirect(payload.length).put(0, payload));
            default -> claim(frame);
        }
    }

    private void write(Written frame, ByteBuffer payload) {
        assertAccepted(writer.pipe().writeFrame(frame.channelId, payload));
        assertEquals(0, payload.remaining());
    }

    private void claim(Written frame) {
        ByteBuffer room = writer.pipe().claim(frame.channelId, frame.payload.length);
        assertEquals(frame.payload.length, room.remaining());
        room.put(frame.payload);
        if (frame.way == Way.CLAIM) {
            assertAccepted(writer.pipe().commit());
        } else {
            writer.pipe().abort();
        }
    }

    private static void assertAccepted(WriteResult result) {
        assertTrue(result.isAccepted(), result::toString);
    }

    private static byte[] streamOf(List<Written> frames) {
        return Frames.concat(frames.stream().map(Written::bytes).toArray(byte[][]::new));
    }

    private static List<String> completeIn(List<Written> frames, int sent) {
        List<String> complete = new ArrayList<>();
        int end = 0;
        for (Written frame : frames) {
            end += frame.bytes().length;
            if (frame.way != Way.ABORTED_CLAIM && end <= sent) {
                complete.add(PeeredPipe.describe(frame.channelId, frame.payload));
            }
        }
        return complete;
    }

    @Provide
    Arbitrary<List<Written>> frames() {
        return written(Arbitraries.integers().between(1, 60)).list().ofMaxSize(5);
    }

    @Provide
    Arbitrary<List<Written>> largeFrames() {
        return written(Arbitraries.integers().between(1, 320 * 1024))
                .list()
                .ofMinSize(1)
                .ofMaxSize(3);
    }

    private static Arbitrary<Written> written(Arbitrary<Integer> lengths) {
        return Combinators.combine(Arbitraries.integers().between(0, 0xFFFF), lengths, Arbitraries.of(Way.class))
                .as((channelId, length, way) -> new Written(channelId, Frames.pattern(channelId, length), way));
    }

    @Provide
    Arbitrary<List<Integer>> cuts() {
        return Arbitraries.integers().between(0, 50).list().ofMaxSize(4);
    }

    /** How much the peer reads at a time. */
    @Provide
    Arbitrary<List<Integer>> appetites() {
        return Arbitraries.integers()
                .between(4_000, 200_000)
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
    }
}
