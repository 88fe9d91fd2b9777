package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.RawSocket;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Row 22: what {@code closeAfterFlush} has accepted arrives, whatever the peer does meanwhile but go away. */
class LastFlushTest {

    private static final int ANSWER_LENGTH = 6_000_000;
    private static final int UPLOAD_LENGTH = 64 * 1024;

    /** A little longer than a peer may be silent. */
    private static final long LONGER_THAN_SILENCE_MILLIS = 5100;

    private TestLoop test;
    private EventLoop loop;
    private Connection near;
    private Connection far;
    private final Recorder nearHeard = new Recorder();
    private final Recorder farHeard = new Recorder();

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    /** Counts what it gets and takes it. */
    private static final class Recorder implements ConnectionHandler {
        private long bytes;
        private boolean ended;
        private boolean closed;
        private boolean keepsOpen;
        private Throwable cause;
        private Runnable more = () -> {};

        @Override
        public void onReadable(Connection connection) {
            bytes += connection.readable().remaining();
            connection.consume(connection.readable().remaining());
            more.run();
        }

        @Override
        public void onDrain(Connection connection) {
            more.run();
        }

        @Override
        public void onEnd(Connection connection) {
            ended = true;
            if (!keepsOpen) {
                connection.closeAfterFlush();
            }
        }

        @Override
        public void onClose(Connection connection, Throwable why) {
            closed = true;
            cause = why;
        }
    }

    private void connect(SocketKind kind) throws IOException {
        assumeTrue(kind.isAvailable(), () -> "no " + kind + " here");
        kind.connect(loop, fd -> near = loop.adopt(fd, 0, nearHeard), fd -> far = loop.adopt(fd, 1, farHeard));
    }

    private void upload() {
        while (!far.isClosed() && far.write(ByteBuffer.allocate(UPLOAD_LENGTH)) == WriteResult.OK) {
            continue;
        }
    }

    // row 22
    @ParameterizedTest
    @EnumSource
    void everythingArrivesAtAPeerThatGoesOnSending(SocketKind kind) throws Exception {
        connect(kind);
        farHeard.more = this::upload;
        upload();
        Await.turns(loop, "some of the upload", () -> nearHeard.bytes > 0);
        assertTrue(near.write(ByteBuffer.allocate(ANSWER_LENGTH)).isAccepted());
        near.closeAfterFlush();
        Await.turns(loop, "the end", () -> farHeard.closed && nearHeard.closed);
        assertEquals(ANSWER_LENGTH, farHeard.bytes);
        assertNull(nearHeard.cause);
        assertEquals(0, near.stats().unsentBytes());
    }

    // row 22
    @ParameterizedTest
    @EnumSource(names = {"TCP4", "TCP6"})
    void aPeerThatOnlyListensHearsTheEndAndEndsTheWait(SocketKind kind) throws Exception {
        connect(kind);
        farHeard.keepsOpen = true;
        near.write(ByteBuffer.allocate(1000));
        near.closeAfterFlush();
        Await.turns(loop, "the end at the peer's", () -> farHeard.ended);
        assertEquals(1000, farHeard.bytes);
        assertFalse(nearHeard.closed);
        far.write(ByteBuffer.allocate(100)); // is dropped
        loop.poll(1_000_000);
        assertFalse(nearHeard.closed);
        far.close();
        Await.turns(loop, "the close", () -> nearHeard.closed);
        assertNull(nearHeard.cause);
        assertEquals(0, nearHeard.bytes);
    }

    @Test
    void aSilentPeerIsNotWaitedForForEverAndTheWaitIsNoIdleTimeout() throws Exception {
        Pipe[] ends = SocketKind.TCP4.connect(
                loop, PipeOptions.builder().idleTimeout(Duration.ofMillis(50)).build());
        ends[1].onFrame((pipe, channelId, payload) -> {}).pauseReading();
        Throwable[] cause = {new AssertionError("not called")};
        ends[0].onFrame((pipe, channelId, payload) -> {}).onClose((pipe, why) -> cause[0] = why);
        ends[0].closeAfterFlush();
        Await.turns(loop, "the close", () -> !(cause[0] instanceof AssertionError));
        assertNull(cause[0]);
        ends[1].close();
    }

    @Test
    void aPeerThatWasNotSilentIsHeardAlsoByALoopThatIsLate() throws Exception {
        RawSocket[] peer = {null};
        SocketKind.TCP4.connect(loop, fd -> near = loop.adopt(fd, 0, nearHeard), fd -> peer[0] = RawSocket.of(fd));
        near.closeAfterFlush();
        Await.idle(loop);
        peer[0].write(new byte[100]);
        Thread.sleep(LONGER_THAN_SILENCE_MILLIS); // nobody looks meanwhile
        Await.idle(loop);
        assertFalse(nearHeard.closed);
        peer[0].close();
        Await.turns(loop, "the close", () -> nearHeard.closed);
        assertNull(nearHeard.cause);
    }

    @Test
    void closeEndsTheWait() throws Exception {
        connect(SocketKind.TCP4);
        farHeard.keepsOpen = true;
        near.closeAfterFlush();
        Await.turns(loop, "the end at the peer's", () -> farHeard.ended);
        near.close();
        loop.poll(0);
        assertTrue(nearHeard.closed);
        far.close();
    }

    /** Behind the peer's half-close only a hang-up can tell that what we wrote was not read. */
    @Test
    void aResetBehindTheEndIsTheCause() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        nearHeard.keepsOpen = true;
        near = loop.adopt(pair[0].release(), 0, nearHeard);
        pair[1].shutdownOutput();
        Await.turns(loop, "the end", () -> nearHeard.ended);
        near.write(ByteBuffer.allocate(1000));
        loop.poll(0);
        assertEquals(0, near.stats().queuedBytes());
        pair[1].close(); // with bytes unread
        Await.turns(loop, "the hang-up", () -> nearHeard.closed);
        assertEquals(
                "ECONNRESET",
                assertInstanceOf(NativeIoException.class, nearHeard.cause).errnoName());
    }
}
