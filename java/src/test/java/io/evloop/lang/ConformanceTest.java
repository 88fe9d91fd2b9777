package io.evloop.lang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.BlockingPipe;
import io.evloop.EventLoop;
import io.evloop.Frame;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.WriteResult;
import io.evloop.error.NativeIoException;
import io.evloop.frame.FrameReader;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Java's ends against the vectors that every language is held to, cut in every way. */
class ConformanceTest {

    /** What is cut at every byte is no longer than this: with system calls for each, and without. */
    private static final int SHORT = 20_000;

    private static final int SHORT_IN_MEMORY = 120_000;
    private static final int LEAST_VECTORS = 40;
    private static final int READ_LENGTH = 256 * 1024;
    private static final long TURN_NANOS = 20_000_000;

    static List<Vector> vectors() throws IOException {
        return Vector.all();
    }

    @Test
    void thereAreVectors() throws IOException {
        assertTrue(vectors().size() > LEAST_VECTORS);
    }

    /** What reads a stream of bytes, cut in a way, and tells the verdict. */
    @FunctionalInterface
    private interface Implementation {
        void read(Vector vector, byte[] stream, Cut cut, Verdict verdict) throws Exception;
    }

    private static void forEachCut(Vector vector, int shortLength, Implementation implementation) throws Exception {
        byte[] stream = vector.bytes();
        for (Cut cut : Cut.values()) {
            if (cut != Cut.EVERY_BYTE || stream.length <= shortLength) {
                Verdict verdict = new Verdict(vector);
                implementation.read(vector, stream, cut, verdict);
                verdict.check(cut);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void frameReaderReads(Vector vector) throws Exception {
        forEachCut(vector, SHORT_IN_MEMORY, ConformanceTest::readByFrameReader);
    }

    private static void readByFrameReader(Vector vector, byte[] stream, Cut cut, Verdict verdict) throws IOException {
        FrameReader reader = new FrameReader(vector.limit());
        ByteBuffer bytes = ByteBuffer.allocateDirect(Math.max(1, stream.length));
        int[] bounds = {0, 0}; // position, limit
        cut.feed(stream, piece -> {
            bytes.put(bounds[1], piece);
            bounds[1] += piece.length;
            int result = reader.next(bytes, bounds[0], bounds[1]);
            while (result == FrameReader.FRAME) {
                verdict.frame(reader.channelId(), bytes.slice(reader.payload(), reader.end() - reader.payload()));
                bounds[0] = reader.end();
                result = reader.next(bytes, bounds[0], bounds[1]);
            }
            if (result == FrameReader.INVALID) {
                verdict.invalid(reader.channelId(), reader.declaredLength());
            }
            return result != FrameReader.INVALID;
        });
        if (vector.ending() != Vector.Ending.INVALID) {
            if (bounds[0] == bounds[1]) {
                verdict.end(null);
            } else {
                verdict.truncated(reader.wanted(), bounds[1] - bounds[0]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void pipePushes(Vector vector) throws Exception {
        forEachCut(
                vector,
                SHORT,
                (which, stream, cut, verdict) -> readByPipe(
                        which,
                        stream,
                        cut,
                        verdict,
                        pipe -> pipe.onFrame((p, channelId, payload) -> verdict.frame(channelId, payload))));
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void pipeIsPulled(Vector vector) throws Exception {
        forEachCut(
                vector,
                SHORT,
                (which, stream, cut, verdict) ->
                        readByPipe(which, stream, cut, verdict, pipe -> pipe.onReadable(p -> pull(p, verdict))));
    }

    /** A bad header does not end a pulled pipe by itself. */
    private static void pull(Pipe pipe, Verdict verdict) {
        Frame frame = pipe.readFrame();
        if (frame == null) {
            return;
        }
        if (frame.isValid()) {
            verdict.frame(frame.channelId(), frame.payload());
        } else {
            verdict.invalid(frame.channelId(), frame.declaredLength());
            pipe.onClose(null).close();
        }
    }

    @FunctionalInterface
    private interface Setup {
        void of(Pipe pipe);
    }

    private static void readByPipe(Vector vector, byte[] stream, Cut cut, Verdict verdict, Setup setup)
            throws IOException {
        PipeOptions options =
                PipeOptions.builder().maxFrameLength(vector.limit()).build();
        RawSocket[] pair = RawSocket.pair();
        try (EventLoop loop = EventLoop.open();
                RawSocket peer = pair[1]) {
            Pipe pipe = Pipe.adopt(loop, pair[0].release(), 0, options);
            pipe.onClose((p, cause) -> verdict.end(cause));
            setup.of(pipe);
            cut.feed(stream, piece -> {
                peer.write(piece);
                Await.idle(loop);
                return !pipe.isClosed();
            });
            peer.shutdownOutput();
            Await.turns(loop, "the end", verdict::isEnded);
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void blockingPipeReads(Vector vector) throws Exception {
        forEachCut(vector, SHORT_IN_MEMORY, ConformanceTest::readByBlockingPipe);
    }

    private static void readByBlockingPipe(Vector vector, byte[] stream, Cut cut, Verdict verdict) throws Exception {
        RawSocket[] pair = RawSocket.pair();
        if (cut == Cut.EVERY_BYTE) {
            pair[1].tinySendBuffer(); // so that no more than a few bytes can be read together
        }
        try (RawSocket peer = pair[1];
                Background writer = Background.run("writer", () -> write(peer, stream, cut));
                BlockingPipe pipe = BlockingPipe.adopt(pair[0].release(), vector.limit())) {
            for (Frame frame = pipe.readFrame(); frame != null; frame = pipe.readFrame()) {
                verdict.frame(frame.channelId(), frame.payload());
            }
            verdict.end(null);
        } catch (IOException e) {
            verdict.end(e);
        }
    }

    private static void write(RawSocket peer, byte[] stream, Cut cut) throws IOException {
        try {
            cut.feed(stream, piece -> {
                peer.write(piece);
                return true;
            });
            peer.shutdownOutput();
        } catch (NativeIoException e) { // the reader leaves at a bad header
            assertEquals("EPIPE", e.errnoName());
        }
    }

    static List<Vector> cleanVectors() throws IOException {
        return vectors().stream()
                .filter(vector -> vector.ending() == Vector.Ending.CLEAN)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cleanVectors")
    void pipeWrites(Vector vector) throws Exception {
        byte[] stream = vector.bytes();
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket peer = pair[1];
                EventLoop loop = EventLoop.open();
                Background reader = Background.run("reader", () -> expect(peer, stream))) {
            Pipe pipe = Pipe.adopt(loop, pair[0].release(), 0);
            for (Vector.Expected frame : vector.frames()) {
                ByteBuffer payload = payload(frame);
                for (int count = 0; count < frame.number(); count++) {
                    while (pipe.writeFrame(frame.channelId(), payload.rewind()) == WriteResult.FULL) {
                        loop.poll(TURN_NANOS);
                    }
                }
            }
            boolean[] closed = {false};
            pipe.onClose((p, cause) -> closed[0] = cause == null);
            pipe.closeAfterFlush();
            Await.turns(loop, "a clean close", () -> closed[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("cleanVectors")
    void blockingPipeWrites(Vector vector) throws Exception {
        byte[] stream = vector.bytes();
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket peer = pair[1];
                Background reader = Background.run("reader", () -> expect(peer, stream));
                BlockingPipe pipe = BlockingPipe.adopt(pair[0].release())) {
            for (Vector.Expected frame : vector.frames()) {
                ByteBuffer payload = payload(frame);
                for (int count = 0; count < frame.number(); count++) {
                    pipe.writeFrame(frame.channelId(), payload.rewind());
                }
            }
        }
    }

    private static ByteBuffer payload(Vector.Expected frame) {
        ByteBuffer payload = ByteBuffer.allocateDirect(frame.payload().length());
        frame.payload().appendTo(payload);
        return payload;
    }

    private static void expect(RawSocket peer, byte[] stream) throws IOException {
        int position = 0;
        for (byte[] bytes = peer.readSome(READ_LENGTH); bytes.length > 0; bytes = peer.readSome(READ_LENGTH)) {
            int end = position + bytes.length;
            assertTrue(
                    end <= stream.length && Arrays.equals(bytes, 0, bytes.length, stream, position, end),
                    "another byte behind " + position);
            position = end;
        }
        assertEquals(stream.length, position);
    }
}
