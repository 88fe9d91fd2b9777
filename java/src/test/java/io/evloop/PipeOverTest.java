package io.evloop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.Quiet;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection whose bytes become frames. */
class PipeOverTest {

    private TestLoop test;
    private EventLoop loop;
    private RawSocket[] pair;
    private RawSocket peer;
    private final List<String> heard = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        pair = RawSocket.pair();
        peer = pair[1];
    }

    @AfterEach
    void close() throws Exception {
        pair[0].close();
        peer.close();
        test.close();
    }

    private Connection adopt(ConnectionHandler handler) throws Exception {
        return loop.adopt(pair[0].release(), 42, handler);
    }

    /** Leaves the bytes to whoever comes later, and hears the end. */
    private Connection adoptForTheEnd(Consumer<Connection> onEnd) throws Exception {
        return adopt(new ConnectionHandler() {
            @Override
            public void onReadable(Connection from) {}

            @Override
            public void onEnd(Connection from) {
                onEnd.accept(from);
            }
        });
    }

    /** A pipe over a connection that was told the end behind a frame, which is unread. */
    private Pipe overTheEndOfOneFrame() throws Exception {
        boolean[] told = {false};
        Connection connection = adoptForTheEnd(from -> told[0] = true);
        peer.write(Frames.frame(1, "left"));
        peer.close();
        Await.turns(loop, "the end", () -> told[0]);
        return Pipe.over(connection);
    }

    private void record(Pipe pipe) {
        pipe.onFrame((from, channelId, payload) -> heard.add(channelId + ":" + Frames.latin(payload)))
                .onClose((from, cause) -> heard.add("closed"));
    }

    @Test
    void takesTheUnreadBytesWithoutAFurtherOne() throws Exception {
        Connection connection = adopt(from -> {});
        peer.write(Frames.concat(Frames.frame(7, "a"), Frames.frame(8, "b"), Frames.header(9, 1)));
        Await.idle(loop);
        record(Pipe.over(connection));
        assertEquals(List.of(), heard, "onFrame inside over");
        Await.idle(loop);
        assertEquals(List.of("7:a", "8:b"), heard);
        peer.write("c");
        Await.idle(loop);
        assertEquals(List.of("7:a", "8:b", "9:c"), heard);
    }

    @Test
    void mayBeMadeInsideOnReadableAfterAHandshake() throws Exception {
        adopt(from -> {
            from.consume("HELLO\n".length());
            from.write(ByteBuffer.wrap("WELCOME\n".getBytes(ISO_8859_1)));
            record(Pipe.over(from));
        });
        peer.write(Frames.concat("HELLO\n".getBytes(ISO_8859_1), Frames.frame(7, "a"), Frames.frame(8, "b")));
        Await.idle(loop);
        assertEquals(List.of("7:a", "8:b"), heard);
        assertEquals("WELCOME\n", new String(peer.readSome(100), ISO_8859_1));
    }

    @Test
    void theConnectionsHandlerHearsNothingMore() throws Exception {
        Connection connection = adopt(new ConnectionHandler() {
            @Override
            public void onReadable(Connection from) {
                heard.add("the connection's onReadable");
            }

            @Override
            public void onClose(Connection from, Throwable cause) {
                heard.add("the connection's onClose");
            }
        });
        record(Pipe.over(connection));
        peer.write(Frames.frame(7, "a"));
        peer.close();
        Await.idle(loop);
        assertEquals(List.of("7:a", "closed"), heard);
    }

    @Test
    void theConnectionsMethodsForBytesThrow() throws Exception {
        Connection connection = adopt(from -> {});
        Pipe pipe = Pipe.over(connection);
        assertThrows(IllegalStateException.class, connection::readable);
        assertThrows(IllegalStateException.class, () -> connection.consume(0));
        assertThrows(IllegalStateException.class, () -> connection.write(ByteBuffer.wrap(new byte[1])));
        assertThrows(IllegalStateException.class, () -> connection.unreadLimit(1));
        assertSame(connection, pipe.connection());
        assertEquals(42, connection.tag());
    }

    @Test
    void aConnectionHasOnePipe() throws Exception {
        Connection connection = adopt(from -> {});
        Pipe pipe = Pipe.over(connection);
        assertThrows(IllegalStateException.class, () -> Pipe.over(connection));
        assertThrows(IllegalStateException.class, () -> Pipe.over(pipe.connection()));
    }

    @Test
    void aClosedConnectionMakesAClosedPipe() throws Exception {
        Connection connection = adopt(from -> {});
        connection.close();
        Await.idle(loop);
        Pipe pipe = Pipe.over(connection);
        record(pipe);
        assertTrue(pipe.isClosed());
        assertEquals(WriteResult.CLOSED, pipe.writeFrame(1, ByteBuffer.wrap(new byte[1])));
        assertNull(pipe.claim(1, 1));
        assertEquals(List.of(), heard, "not while it is being set");
        Await.idle(loop);
        assertEquals(List.of("closed"), heard);
    }

    @Test
    void whatTheConnectionHadQueuedGoesFirst() throws Exception {
        Connection connection = adopt(from -> {});
        connection.write(ByteBuffer.wrap("raw".getBytes(ISO_8859_1)));
        Pipe.over(connection).writeFrame(7, ByteBuffer.wrap(new byte[] {'f'}));
        Await.idle(loop);
        assertArrayEquals(Frames.concat("raw".getBytes(ISO_8859_1), Frames.frame(7, "f")), peer.readSome(100));
    }

    /** Whatever they are: as the header of a frame they may tell of one without bytes, or of a negative length. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, -6, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 30})
    void whatTheConnectionHadQueuedAndNeverSentIsCountedWithoutHarm(int raw) throws Exception {
        Connection connection = adopt(from -> {});
        ByteBuffer bytes = ByteBuffer.allocate(1 << 20); // more than the socket takes
        while (bytes.remaining() >= 4) {
            bytes.putInt(raw);
        }
        connection.write(bytes.flip());
        Pipe pipe = Pipe.over(connection);
        record(pipe);
        pipe.writeFrame(7, ByteBuffer.wrap(new byte[] {'f'}));
        pipe.writeFrame(7, ByteBuffer.allocate(200_000)); // in a segment of its own
        Await.idle(loop);
        pipe.close();
        Await.idle(loop);
        assertEquals(List.of("closed"), heard);
        assertTrue(pipe.stats().unsentBytes() > 200_013, pipe.stats()::toString);
        assertEquals(2, pipe.stats().unsentFrames());
    }

    @Test
    void ofTheFramesBehindWhatTheConnectionHadQueuedThoseNotSentAreCounted() throws Exception {
        Connection connection = adopt(from -> {});
        connection.write(ByteBuffer.allocate(1_000));
        Pipe pipe = Pipe.over(connection);
        record(pipe);
        byte[] payload = new byte[9_994];
        for (int frames = 0; frames < 100; frames++) {
            pipe.writeFrame(7, payload, 0, payload.length);
        }
        Await.idle(loop);
        pipe.close();
        Await.idle(loop);
        long arrived = new Reader(peer).readAll() - 1_000;
        assertEquals(100 - arrived / 10_000, pipe.stats().unsentFrames());
    }

    @Test
    void theEndThatTheConnectionWasToldIsToldAnew() throws Exception {
        List<String> told = new ArrayList<>();
        Connection connection = adoptForTheEnd(from -> told.add("end"));
        peer.shutdownOutput();
        Await.turns(loop, "the end", () -> !told.isEmpty());
        Pipe pipe = Pipe.over(connection);
        record(pipe);
        pipe.onEnd(ended -> heard.add("end"));
        Await.idle(loop);
        assertEquals(List.of("end"), heard);
        pipe.writeFrame(7, ByteBuffer.wrap(new byte[] {'f'}));
        pipe.closeAfterFlush();
        Await.turns(loop, "the close", () -> heard.size() > 1);
        assertArrayEquals(Frames.frame(7, "f"), peer.readSome(100));
        assertEquals(List.of("end"), told);
    }

    /** Over the connection that is just being told the end, and nobody takes what is unread. */
    @Test
    void madeInsideOnEndItDoesNotGoRoundAndRound() throws Exception {
        Pipe[] pipe = new Pipe[1];
        adoptForTheEnd(from -> pipe[0] = Pipe.over(from));
        peer.write(Frames.frame(1, "left"));
        peer.close();
        Await.turns(loop, "the end", () -> pipe[0] != null);
        Quiet.assertQuiet(loop);
        record(pipe[0]);
        Await.turns(loop, "the close", () -> heard.size() > 1);
        assertEquals(List.of("1:left", "closed"), heard);
    }

    @Test
    void whoseOutputFailsWhileNobodyTakesItsFramesIsClosed() throws Exception {
        Pipe pipe = overTheEndOfOneFrame();
        pipe.onClose((from, cause) -> heard.add("closed"));
        pipe.writeFrame(7, ByteBuffer.wrap(new byte[] {'f'}));
        Await.turns(loop, "the close", () -> !heard.isEmpty());
        assertEquals(List.of("closed"), heard);
    }

    /** There were no frames before: what is unread then is what a late handler takes, and the end comes behind it. */
    @Test
    void theEndThatTheConnectionWasToldComesBehindTheFramesThatItLeft() throws Exception {
        Pipe pipe = overTheEndOfOneFrame();
        Await.idle(loop);
        assertFalse(pipe.isClosed());
        record(pipe);
        Await.turns(loop, "the close", () -> heard.size() > 1);
        assertEquals(List.of("1:left", "closed"), heard);
    }

    @Test
    void aWriterOfThePipeDoesNotWaitForWhatTheConnectionWasRefused() throws Exception {
        Connection connection = adoptForTheEnd(from -> {});
        ByteBuffer most = ByteBuffer.allocate(60 * 1024 * 1024);
        assertEquals(WriteResult.ABOVE_HIGH_WATER, connection.write(ByteBuffer.allocate(8 * 1024 * 1024)));
        assertEquals(WriteResult.FULL, connection.write(most));
        int[] drains = {0};
        Pipe pipe = Pipe.over(
                connection,
                PipeOptions.builder()
                        .maxFrameLength(64 * 1024)
                        .lowWater(64 * 1024)
                        .highWater(256 * 1024)
                        .maxQueuedBytes(1024 * 1024)
                        .build());
        pipe.onDrain(from -> drains[0]++);
        assertEquals(WriteResult.FULL, pipe.writeFrame(1, new byte[10], 0, 10));
        Reader reader = new Reader(peer);
        Await.turns(loop, "the drain", () -> {
            reader.readAll();
            return drains[0] > 0;
        });
        assertEquals(WriteResult.OK, pipe.writeFrame(1, new byte[10], 0, 10));
    }
}
