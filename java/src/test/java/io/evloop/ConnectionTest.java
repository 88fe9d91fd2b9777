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
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream of bytes without frames. */
class ConnectionTest {

    private TestLoop test;
    private EventLoop loop;
    private RawSocket peer;
    private final Recorder recorder = new Recorder();
    private Connection connection;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        RawSocket[] pair = RawSocket.pair();
        peer = pair[1];
        connection = loop.adopt(pair[0].release(), 42, recorder);
    }

    @AfterEach
    void close() throws Exception {
        peer.close();
        test.close();
    }

    /** Takes everything, unless a test wants it otherwise, and keeps a record. */
    private static final class Recorder implements ConnectionHandler {

        private final List<String> heard = new ArrayList<>();
        private Consumer<Connection> taking =
                from -> from.consume(from.readable().remaining());
        private boolean keepsOpen;
        private Throwable cause;

        @Override
        public void onReadable(Connection connection) {
            heard.add(Frames.latin(connection.readable()));
            taking.accept(connection);
        }

        @Override
        public void onDrain(Connection connection) {
            heard.add("drain");
        }

        @Override
        public void onEnd(Connection connection) {
            heard.add("end");
            if (!keepsOpen) {
                ConnectionHandler.super.onEnd(connection);
            }
        }

        @Override
        public void onClose(Connection connection, Throwable why) {
            heard.add("closed");
            cause = why;
        }
    }

    @Test
    void knowsItsDescriptorTagAndLoop() {
        assertEquals(42, connection.tag());
        assertSame(loop, connection.loop());
        assertTrue(connection.fd() > 2);
        assertFalse(connection.isClosed());
    }

    // reading ----------------------------------------------------------------------------------------------------

    @Test
    void showsTheUnreadBytesOffHeapAndBigEndian() throws Exception {
        recorder.taking = from -> {
            ByteBuffer bytes = from.readable();
            assertTrue(bytes.isDirect());
            assertSame(ByteOrder.BIG_ENDIAN, bytes.order());
            assertEquals(258, bytes.getShort());
            from.consume(2);
        };
        peer.write((byte) 1, (byte) 2);
        Await.idle(loop);
        assertEquals(List.of("\1\2"), recorder.heard);
        assertEquals(0, connection.readable().remaining());
    }

    @Test
    void isCalledAgainForWhatItDidNotTake() throws Exception {
        recorder.taking = from -> from.consume(Math.min(2, from.readable().remaining()));
        peer.write("abcde");
        Await.idle(loop);
        assertEquals(List.of("abcde", "cde", "e"), recorder.heard);
    }

    @Test
    void whatItDeclinesIsNotOfferedAgainUntilMoreBytesArrive() throws Exception {
        recorder.taking = from -> {};
        peer.write("abc");
        Await.idle(loop);
        assertEquals(List.of("abc"), recorder.heard);
        peer.write("d");
        Await.idle(loop);
        assertEquals(List.of("abc", "abcd"), recorder.heard);
    }

    @Test
    void whatItDeclinesIsOfferedAgainWhenReadingIsResumed() throws Exception {
        recorder.taking = from -> {};
        peer.write("abc");
        Await.idle(loop);
        connection.pauseReading();
        peer.write("d");
        Await.idle(loop);
        assertEquals(List.of("abc"), recorder.heard);
        connection.resumeReading();
        Await.idle(loop);
        assertEquals("abc", recorder.heard.get(1).substring(0, 3));
        assertEquals("abcd", recorder.heard.get(recorder.heard.size() - 1));
    }

    @Test
    void whatWasDeclinedCanBeTakenOutsideTheHandler() throws Exception {
        recorder.taking = from -> {};
        peer.write("abc");
        Await.idle(loop);
        connection.consume(1);
        assertEquals("bc", Frames.latin(connection.readable()));
        connection.consume(2);
        assertEquals("", Frames.latin(connection.readable()));
    }

    @Test
    void afterAPauseInsideOnReadableItIsNotCalledAgainUntilReadingIsResumed() throws Exception {
        recorder.taking = from -> {
            from.consume(1);
            from.pauseReading();
        };
        peer.write("abc");
        Await.idle(loop);
        assertEquals(List.of("abc"), recorder.heard);
        connection.resumeReading();
        Await.idle(loop);
        assertEquals(List.of("abc", "bc"), recorder.heard);
    }

    // row 10
    @ParameterizedTest
    @ValueSource(ints = {-1, 4, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void toConsumeLessThanNothingOrPastTheEndIsRefusedAndNothingHasChanged(int length) throws Exception {
        recorder.taking = from -> {
            assertThrows(IllegalArgumentException.class, () -> from.consume(length));
            assertEquals("abc", Frames.latin(from.readable()));
            from.consume(3);
        };
        peer.write("abc");
        Await.idle(loop);
        peer.write("def");
        recorder.taking = from -> from.consume(3);
        Await.idle(loop);
        assertEquals(List.of("abc", "def"), recorder.heard);
    }

    @Test
    void toConsumeNothingIsToDecline() throws Exception {
        recorder.taking = from -> from.consume(0);
        peer.write("abc");
        Await.idle(loop);
        assertEquals(List.of("abc"), recorder.heard);
    }

    @Test
    void holdsNoMoreUnreadBytesThanItsLimit() throws Exception {
        recorder.taking = from -> {};
        connection.unreadLimit(10);
        peer.write("0123456789abcdef");
        Await.idle(loop);
        assertEquals("0123456789", Frames.latin(connection.readable()));
        connection.consume(8);
        Await.idle(loop);
        assertEquals("89abcdef", Frames.latin(connection.readable()));
        assertThrows(IllegalArgumentException.class, () -> connection.unreadLimit(0));
    }

    @Test
    void readsMillionsOfBytesInOrder() throws Exception {
        byte[] sent = Frames.pattern(1, 5 << 20);
        ByteBuffer got = ByteBuffer.allocate(sent.length);
        recorder.taking = from -> {
            int length = Math.max(1, from.readable().remaining() * 2 / 3);
            got.put(got.position(), from.readable(), from.readable().position(), length);
            got.position(got.position() + length);
            from.consume(length);
            recorder.heard.clear();
        };
        try (Background writer = Background.run("peer", () -> peer.write(sent))) {
            Await.turns(loop, "all bytes", () -> !got.hasRemaining());
        }
        assertArrayEquals(sent, got.array());
    }

    // writing ----------------------------------------------------------------------------------------------------

    @Test
    void writesTheRemainingBytesAsTheyAre() throws Exception {
        ByteBuffer source =
                ByteBuffer.wrap("__bytes__".getBytes(ISO_8859_1)).position(2).limit(7);
        assertEquals(WriteResult.OK, connection.write(source));
        assertEquals(7, source.position());
        Await.idle(loop);
        assertEquals("bytes", new String(peer.readSome(100), ISO_8859_1));
    }

    @Test
    void whatCouldNeverFitIsAnIllegalArgument() throws Exception {
        ByteBuffer source = ByteBuffer.allocateDirect((64 << 20) + 7);
        assertThrows(IllegalArgumentException.class, () -> connection.write(source));
        assertEquals(0, source.position());
        connection.write(ByteBuffer.wrap(new byte[] {'x'}));
        Await.idle(loop);
        assertEquals("x", new String(peer.readSome(100), ISO_8859_1));
    }

    @Test
    void whenItIsFullNothingIsTakenAndADrainFollows() throws Exception {
        ByteBuffer source = ByteBuffer.allocateDirect(1 << 20);
        int accepted = 0;
        while (connection.write(source.clear()).isAccepted()) {
            accepted += source.capacity();
        }
        assertEquals(0, source.position());
        assertEquals(WriteResult.FULL, connection.write(source));
        Await.idle(loop);
        assertEquals(List.of(), recorder.heard);
        Await.bytes(loop, peer, accepted);
        Await.idle(loop);
        assertEquals(List.of("drain"), recorder.heard);
        assertEquals(WriteResult.OK, connection.write(source.limit(1)));
    }

    @Test
    void aHalfCloseComesAfterWhatIsQueuedAndThePeerCanStillAnswer() throws Exception {
        connection.write(ByteBuffer.wrap("question".getBytes(ISO_8859_1)));
        connection.shutdownOutput();
        connection.shutdownOutput();
        assertEquals(WriteResult.CLOSED, connection.write(ByteBuffer.wrap(new byte[1])));
        Await.idle(loop);
        assertEquals("question", new String(peer.read(100), ISO_8859_1));
        peer.write("answer");
        Await.idle(loop);
        assertEquals(List.of("answer"), recorder.heard);
    }

    // the end ----------------------------------------------------------------------------------------------------

    @Test
    void theEndOfThePeerClosesItAfterTheLastByte() throws Exception {
        peer.write("last words");
        peer.close();
        Await.idle(loop);
        assertEquals(List.of("last words", "end", "closed"), recorder.heard);
        assertNull(recorder.cause);
    }

    @Test
    void whatWasDeclinedIsStillThereAtTheEnd() throws Exception {
        recorder.taking = from -> {};
        recorder.keepsOpen = true;
        peer.write("abc");
        peer.shutdownOutput();
        Await.idle(loop);
        assertEquals("end", recorder.heard.get(recorder.heard.size() - 1));
        assertEquals("abc", Frames.latin(connection.readable()));
    }

    @Test
    void afterTheHalfCloseOfThePeerItCanStillBeWritten() throws Exception {
        recorder.keepsOpen = true;
        peer.shutdownOutput();
        Await.idle(loop);
        assertEquals(List.of("end"), recorder.heard);
        connection.write(ByteBuffer.wrap("answer".getBytes(ISO_8859_1)));
        connection.closeAfterFlush();
        Await.idle(loop);
        assertEquals("answer", new String(peer.read(100), ISO_8859_1));
        assertEquals(List.of("end", "closed"), recorder.heard);
    }

    @Test
    void closeReturnsFirstAndOnCloseComesOnceLaterInATurn() throws Exception {
        connection.close();
        connection.close();
        assertTrue(connection.isClosed());
        assertEquals(List.of(), recorder.heard);
        peer.write("not delivered");
        Await.idle(loop);
        assertEquals(List.of("closed"), recorder.heard);
        assertNull(recorder.cause);
    }

    @Test
    void anotherThreadMayCloseIt() throws Exception {
        Background.await("closer", connection::close);
        Await.idle(loop);
        assertEquals(List.of("closed"), recorder.heard);
    }

    @Test
    void isOfferedAgainIfItResumesWithinTheCall() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            RawSocket[] pair = RawSocket.pair();
            int[] calls = {0};
            try (RawSocket peer = pair[1]) {
                test.loop().adopt(pair[0].release(), 0, new ConnectionHandler() {
                    @Override
                    public void onReadable(Connection from) {
                        if (calls[0]++ == 0) {
                            from.pauseReading();
                            from.resumeReading();
                        }
                    }

                    @Override
                    public void onClose(Connection from, Throwable cause) {}
                });
                peer.write("a");
                Await.turns(test.loop(), "the second call", () -> calls[0] == 2);
                Await.idle(test.loop());
                assertEquals(2, calls[0], "nothing was resumed any more");
            }
        }
    }

    @Test
    void whatWasDeclinedIsOfferedAgainOnceReadingIsResumedThoughItWasNotPaused() throws Exception {
        recorder.taking = from -> {};
        peer.write("ab");
        Await.turns(loop, "the first offer", () -> recorder.heard.size() == 1);
        Await.idle(loop);
        assertEquals(1, recorder.heard.size());
        connection.resumeReading();
        Await.turns(loop, "the second offer", () -> recorder.heard.size() == 2);
        Await.idle(loop);
        assertEquals(List.of("ab", "ab"), recorder.heard);
    }
}
