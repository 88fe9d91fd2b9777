package io.evloop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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

    @Test
    void whatTheConnectionHadQueuedAndNeverSentIsCountedWithoutHarm() throws Exception {
        Connection connection = adopt(from -> {});
        connection.write(ByteBuffer.allocate(1 << 20)); // more than the socket takes
        Pipe pipe = Pipe.over(connection);
        record(pipe);
        pipe.writeFrame(7, ByteBuffer.wrap(new byte[] {'f'}));
        Await.idle(loop);
        pipe.close();
        Await.idle(loop);
        assertEquals(List.of("closed"), heard);
        assertTrue(pipe.stats().unsentBytes() > 7, pipe.stats()::toString);
    }
}
