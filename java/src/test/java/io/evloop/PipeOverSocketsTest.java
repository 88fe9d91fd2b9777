package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.error.InvalidFrameException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.Quiet;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same behaviours of a pipe, whatever it runs over. */
class PipeOverSocketsTest {

    private TestLoop test;
    private EventLoop loop;
    private Pipe near;
    private Pipe far;

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    private void connect(SocketKind kind) throws IOException {
        assumeTrue(kind.isAvailable(), () -> "no " + kind + " here");
        Pipe[] ends = kind.connect(loop, PipeOptions.DEFAULT);
        near = ends[0];
        far = ends[1];
    }

    @ParameterizedTest
    @EnumSource
    void echoesFramesOfEverySize(SocketKind kind) throws Exception {
        connect(kind);
        far.onFrame((pipe, channelId, payload) -> pipe.writeFrame(channelId, payload));
        List<byte[]> echoed = new ArrayList<>();
        near.onFrame((pipe, channelId, payload) -> {
            assertEquals(65535 - echoed.size(), channelId);
            echoed.add(Frames.bytes(payload));
        });
        int[] lengths = {1, 2, 5, 1000, 4096, 65_530, 65_536, 300_000, 3_000_000};
        for (int index = 0; index < lengths.length; index++) {
            ByteBuffer payload = ByteBuffer.wrap(Frames.pattern(index, lengths[index]));
            assertTrue(near.writeFrame(65535 - index, payload).isAccepted());
        }
        Await.turns(loop, "the echoes", () -> echoed.size() == lengths.length);
        for (int index = 0; index < lengths.length; index++) {
            assertArrayEquals(Frames.pattern(index, lengths[index]), echoed.get(index));
        }
    }

    @ParameterizedTest
    @EnumSource
    void deliversABurstInOrderAndThenIsQuiet(SocketKind kind) throws Exception {
        connect(kind);
        List<Integer> heard = new ArrayList<>();
        far.onFrame((pipe, channelId, payload) -> heard.add(payload.getInt()));
        near.onFrame((pipe, channelId, payload) -> {});
        List<Integer> sent = new ArrayList<>();
        for (int number = 0; number < 1000; number++) {
            near.writeFrame(1, ByteBuffer.allocate(4).putInt(0, number));
            sent.add(number);
        }
        Await.turns(loop, "the burst", () -> heard.size() == sent.size());
        assertEquals(sent, heard);
        Quiet.assertQuiet(loop, 50_000_000);
    }

    @ParameterizedTest
    @EnumSource
    void twoSidesThatFloodEachOtherLoseNothing(SocketKind kind) throws Exception {
        connect(kind);
        Flood[] floods = {new Flood(near), new Flood(far)};
        floods[0].write(near);
        floods[1].write(far);
        Await.turns(loop, "both floods", () -> floods[0].isOver() && floods[1].isOver());
        assertTrue(floods[0].waits > 0 && floods[1].waits > 0);
    }

    /** Ten megabytes out, as fast as the pipe takes them, and as many in, checked. */
    private static final class Flood {

        private static final int FRAMES = 1000;
        private static final int LENGTH = 10_000;

        private int written;
        private int read;
        private int waits;

        Flood(Pipe pipe) {
            pipe.onDrain(this::write);
            pipe.onFrame((from, channelId, payload) -> {
                assertEquals(LENGTH, payload.remaining());
                assertEquals(read, payload.getInt(payload.position()));
                read++;
            });
        }

        void write(Pipe pipe) {
            WriteResult result = WriteResult.OK;
            while (written < FRAMES && result == WriteResult.OK) {
                result = pipe.writeFrame(3, ByteBuffer.allocate(LENGTH).putInt(0, written));
                written++;
            }
            waits += result == WriteResult.OK ? 0 : 1;
        }

        boolean isOver() {
            return written == FRAMES && read == FRAMES;
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersAfterThePeerHasHalfClosed(SocketKind kind) throws Exception {
        connect(kind);
        List<String> heard = new ArrayList<>();
        far.onFrame((pipe, channelId, payload) -> heard.add(Frames.text(payload)));
        far.onEnd(pipe -> {
            heard.add("end");
            pipe.writeFrame(2, ByteBuffer.wrap("answer".getBytes(UTF_8)));
            pipe.closeAfterFlush();
        });
        near.onFrame((pipe, channelId, payload) -> heard.add(Frames.text(payload)));
        near.onClose((pipe, cause) -> heard.add("closed " + cause));
        near.writeFrame(1, ByteBuffer.wrap("question".getBytes(UTF_8)));
        near.shutdownOutput();
        assertEquals(WriteResult.CLOSED, near.writeFrame(1, ByteBuffer.wrap(new byte[1])));
        Await.turns(loop, "the answer", () -> heard.contains("closed null"));
        assertEquals(List.of("question", "end", "answer", "closed null"), heard);
    }

    @ParameterizedTest
    @EnumSource
    void deliversWhatWasQueuedBeforeACloseAfterFlush(SocketKind kind) throws Exception {
        connect(kind);
        List<Integer> heard = new ArrayList<>();
        List<Throwable> causes = new ArrayList<>();
        far.onFrame((pipe, channelId, payload) -> heard.add(payload.remaining()));
        far.onClose((pipe, cause) -> causes.add(cause));
        for (int index = 1; index <= 20; index++) {
            near.writeFrame(1, ByteBuffer.allocate(index * 50_000));
        }
        near.closeAfterFlush();
        Await.turns(loop, "the close", () -> !causes.isEmpty());
        assertNull(causes.get(0));
        assertEquals(20, heard.size());
        assertEquals(1_000_000, heard.get(19));
    }

    @ParameterizedTest
    @EnumSource
    void endsWithABadHeader(SocketKind kind) throws Exception {
        assertInstanceOf(InvalidFrameException.class, causeAfter(kind, Frames.header(7, 0)));
    }

    @ParameterizedTest
    @EnumSource
    void endsWithAFrameThatIsCut(SocketKind kind) throws Exception {
        byte[] cut = Frames.concat(Frames.header(7, 100), new byte[10]);
        TruncatedFrameException cause = assertInstanceOf(TruncatedFrameException.class, causeAfter(kind, cut));
        assertEquals(106, cause.wantedBytes());
        assertEquals(16, cause.gotBytes());
    }

    @ParameterizedTest
    @EnumSource
    void aCloseIsACleanEndForThePeer(SocketKind kind) throws Exception {
        assertNull(causeAfter(kind));
    }

    /** What a pipe ends with whose peer sends these bytes and closes. */
    private Throwable causeAfter(SocketKind kind, byte... bytes) throws Exception {
        assumeTrue(kind.isAvailable(), () -> "no " + kind + " here");
        List<Throwable> causes = new ArrayList<>();
        Connection[] evil = new Connection[1];
        kind.connect(
                loop,
                fd -> evil[0] = loop.adopt(fd, 0, Connection::close),
                fd -> Pipe.adopt(loop, fd, 1)
                        .onFrame((pipe, channelId, payload) -> {})
                        .onClose((pipe, cause) -> causes.add(cause)));
        evil[0].write(ByteBuffer.wrap(bytes));
        evil[0].closeAfterFlush();
        Await.turns(loop, "the close", () -> !causes.isEmpty());
        return causes.get(0);
    }
}
