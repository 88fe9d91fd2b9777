package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Schedule;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever state its descriptors are in: a loop that can do nothing blocks, and does not go round and round. */
class IdleLoopTest {

    private static final long A_WHILE_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop);
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    /** Two waits: the timer's, and the one that is perhaps cut short. */
    private void assertBlocks() {
        Await.idle(loop);
        long waits = loop.stats().waits();
        loop.schedule(A_WHILE_NANOS, loop::stop);
        loop.run();
        long more = loop.stats().waits() - waits;
        assertTrue(more <= 3 + Schedule.TURNS_IN_VAIN, more + " waits, " + pipe);
    }

    @Test
    void withNothing() {
        pipe.close();
        assertBlocks();
    }

    @Test
    void withAQuietPipe() {
        peered.pushed();
        assertBlocks();
    }

    @Test
    void withBytesThatNobodyHandles() throws Exception {
        peered.peer().write(Frames.frame(1, "a"));
        assertBlocks();
    }

    @Test
    void withAPeerThatIsGoneAndNobodyHandlesIt() throws Exception {
        peered.peer().write(Frames.frame(1, "a"));
        peered.peer().close();
        assertBlocks();
    }

    @Test
    void withAPausedPipeThatHasBytes() throws Exception {
        peered.pushed();
        pipe.pauseReading();
        peered.peer().write(Frames.frame(1, "a"));
        assertBlocks();
        pipe.resumeReading();
        assertBlocks();
        assertEquals(1, peered.heard().size());
    }

    @Test
    void withAPausedPipeWhosePeerIsGone() throws Exception {
        peered.pushed();
        pipe.pauseReading();
        peered.peer().close();
        assertBlocks();
        pipe.resumeReading();
        peered.awaitClose();
    }

    @Test
    void withAPartOfAFrame() throws Exception {
        peered.pushed();
        peered.peer().write(Frames.header(7, 100));
        assertBlocks();
    }

    @Test
    void withAFrameThatIsDeclined() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.frame(1, "a"));
        assertBlocks();
    }

    @Test
    void withAFrameThatIsDeclinedOfAPeerWhoHasHalfClosed() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.frame(1, "a"));
        peered.peer().shutdownOutput();
        assertBlocks();
        assertEquals("1:a", PeeredPipe.describe(pipe.readFrame()));
        peered.awaitClose();
    }

    @Test
    void withAFrameThatIsDeclinedOfAPeerWhoIsGone() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.frame(1, "a"));
        peered.peer().close();
        assertBlocks();
        assertEquals("1:a", PeeredPipe.describe(pipe.readFrame()));
        peered.awaitClose();
    }

    @Test
    void withAPipeThatIsKeptOpenAfterTheHalfCloseOfItsPeer() throws Exception {
        peered.pushed().keptOpen();
        peered.peer().shutdownOutput();
        assertBlocks();
        assertEquals(1, peered.heard().size());
    }

    @Test
    void withAPipeThatIsKeptOpenThoughItsPeerIsGoneAltogether() throws Exception {
        peered.pushed().keptOpen();
        peered.peer().close();
        assertBlocks();
    }

    @Test
    void withAPipeWhoseOwnHalfIsClosed() {
        peered.pushed();
        pipe.shutdownOutput();
        assertBlocks();
    }

    // row 14
    @Test
    void withOutputThatThePeerDoesNotRead() {
        peered.pushed();
        pipe.writeFrame(1, ByteBuffer.allocate(1 << 20));
        assertBlocks();
    }

    @Test
    void withOutputThatThePeerDoesNotReadThoughItHasHalfClosed() throws Exception {
        peered.pushed().keptOpen();
        pipe.writeFrame(1, ByteBuffer.allocate(1 << 20));
        peered.peer().shutdownOutput();
        assertBlocks();
    }

    @Test
    void withOutputThatIsFull() {
        peered.pushed();
        ByteBuffer payload = ByteBuffer.allocate(1 << 20);
        while (pipe.writeFrame(1, payload.clear()).isAccepted()) {
            continue;
        }
        assertBlocks();
    }

    @Test
    void withOutputThatIsToBeFlushedBeforeTheClose() {
        peered.pushed();
        pipe.writeFrame(1, ByteBuffer.allocate(1 << 20));
        pipe.closeAfterFlush();
        assertBlocks();
    }

    @Test
    void withOutputThatIsToBeFlushedAfterTheHalfCloseOfThePeer() throws Exception {
        peered.pushed().keptOpen();
        peered.peer().shutdownOutput();
        Await.turns(loop, "the half-close", () -> !peered.heard().isEmpty());
        pipe.writeFrame(1, ByteBuffer.allocate(1 << 20));
        pipe.closeAfterFlush();
        assertBlocks();
        peered.peerReads((1 << 20) + 6);
        assertNull(peered.awaitClose());
    }

    @Test
    void withOutputThatWasDrained() {
        peered.pushed();
        pipe.writeFrame(1, ByteBuffer.allocate(1 << 20));
        peered.peerReads((1 << 20) + 6);
        assertBlocks();
    }

    @Test
    void withAConnectionWhoseBytesAreDeclinedUpToItsLimit() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket peer = pair[1]) {
            loop.adopt(pair[0].release(), 0, from -> {}).unreadLimit(10);
            peer.write(new byte[100]);
            assertBlocks();
            peer.close();
            assertBlocks();
        }
    }

    @Test
    void withAPausedReadEndWhoseWriterIsGone() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe reader = Pipe.adopt(loop, raw.releaseReadEnd(), 0);
            reader.onFrame((from, channelId, payload) -> {});
            reader.pauseReading();
            raw.closeWriteEnd();
            assertBlocks();
        }
    }

    @Test
    void withAWriteEndThatNobodyReads() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe writer = Pipe.adopt(loop, raw.releaseWriteEnd(), 0);
            assertBlocks();
            writer.writeFrame(1, ByteBuffer.allocate(1 << 20));
            assertBlocks();
        }
    }

    @Test
    void withACancelledWatchOfWhatIsReady() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket watched = pair[0];
                RawSocket peer = pair[1]) {
            peer.write("x");
            loop.watch(watched.fd(), Epoll.IN, (watch, events) -> {}).cancel();
            assertBlocks();
        }
    }

    @Test
    void withATaskOfItsOwnInEveryOtherTurnItStillTakesNoMoreTurnsThanTasks() {
        int[] left = {10};
        Runnable again = new Runnable() {
            @Override
            public void run() {
                if (--left[0] > 0) {
                    loop.schedule(TimeUnit.MILLISECONDS.toNanos(1), this);
                }
            }
        };
        loop.execute(again);
        long turns = loop.stats().turns();
        Await.turns(loop, "the last one", () -> left[0] == 0);
        assertTrue(
                loop.stats().turns() - turns <= 25 + 9 * Schedule.TURNS_IN_VAIN, // of each of the nine waits
                loop.stats()::toString);
    }
}
