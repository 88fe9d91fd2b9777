package io.evloop;

import static io.evloop.WriteResult.CLOSED;
import static io.evloop.WriteResult.OK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.evloop.error.IdleTimeoutException;
import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of output when either side comes to its end. */
class OutputEndTest {

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop).pushed();
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    private static void assertErrno(String name, String systemCall, Throwable cause) {
        NativeIoException failure = assertInstanceOf(NativeIoException.class, cause);
        assertEquals(name, failure.errnoName());
        assertEquals(systemCall, failure.systemCall());
    }

    /** Writes frames of random lengths until the kernel takes no more, and then some: more than the socket's whole buffer. */
    private void block(Random random) {
        int more = 100;
        while (more > 0) {
            int length = 1 + random.nextInt(9_000);
            assertTrue(
                    pipe.writeFrame(1, Frames.pattern(more, length), 0, length).isAccepted());
            Await.idle(loop);
            more -= pipe.stats().queuedBytes() > 0 ? 1 : 0;
        }
    }

    /** Writes frames until the socket is full; how many bytes the whole ones have. */
    private static long fill(RawSocket socket) {
        byte[] frame = Frames.frame(1, new byte[1_000]);
        long taken = 0;
        try {
            while (true) {
                socket.write(frame);
                taken += frame.length;
            }
        } catch (NativeIoException e) {
            assertEquals("EAGAIN", e.errnoName());
            return taken;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // row 17
    @Test
    void epipeIsToldToOnCloseAndTheJvmLives() throws Exception {
        peered.close();
        assertEquals(OK, pipe.writeFrame(1, new byte[10], 0, 10));
        assertErrno("EPIPE", "write", peered.awaitClose());
        assertEquals(List.of("closed"), peered.heard());
        assertEquals(
                List.of(1L, 16L),
                List.of(pipe.stats().unsentFrames(), pipe.stats().unsentBytes()));
        assertEquals(CLOSED, pipe.writeFrame(1, new byte[10], 0, 10));
    }

    // row 17
    @Test
    void epipeOfAPipeThatIsNoSocketKillsNobodyEither() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe writer = Pipe.adopt(loop, raw.releaseWriteEnd(), 0);
            List<Throwable> causes = new ArrayList<>();
            writer.onClose((closed, cause) -> causes.add(cause));
            assertEquals(OK, writer.writeFrame(1, new byte[10], 0, 10));
            Await.idle(loop);
            assertEquals(16, raw.read(16).length);
            raw.closeReadEnd();
            assertEquals(OK, writer.writeFrame(1, new byte[10], 0, 10));
            Await.turns(loop, "the close", () -> !causes.isEmpty());
            assertErrno("EPIPE", "write", causes.get(0));
            assertEquals(1, causes.size());
        }
    }

    // row 17
    @Test
    void aWriteEndWhoseReaderIsGoneIsClosedWithoutAWrite() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe writer = Pipe.adopt(loop, raw.releaseWriteEnd(), 0);
            List<Throwable> causes = new ArrayList<>();
            writer.onClose((closed, cause) -> causes.add(cause));
            raw.closeReadEnd();
            Await.turns(loop, "the close", () -> !causes.isEmpty());
            assertErrno("EPIPE", "write", causes.get(0));
        }
    }

    // row 17
    @Test
    void whatThePeerSaidBeforeItDiedIsHeardBeforeTheEpipe() throws Exception {
        peered.peer().write(Frames.concat(Frames.frame(1, "last"), Frames.frame(2, "words")));
        peered.close();
        assertEquals(OK, pipe.writeFrame(1, new byte[10], 0, 10));
        assertErrno("EPIPE", "write", peered.awaitClose());
        assertEquals(List.of("1:last", "2:words", "closed"), peered.heard());
    }

    // row 18
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 300})
    void econnresetAfterUnreadInputComesBehindTheFrames(int frames) throws Exception {
        List<String> expected = new ArrayList<>();
        pipe.writeFrame(1, new byte[10], 0, 10);
        Await.idle(loop);
        byte[] bytes = {};
        for (int index = 0; index < frames; index++) {
            bytes = Frames.concat(bytes, Frames.frame(index, "x"));
            expected.add(index + ":x");
        }
        peered.peer().write(bytes);
        peered.close(); // our frame is unread
        assertErrno("ECONNRESET", "read", peered.awaitClose());
        Await.idle(loop);
        expected.add("closed");
        assertEquals(expected, peered.heard());
    }

    // row 21
    @Test
    void writesFromInsideOnFrameKeepTheirOrder() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            from.writeFrame(channelId, payload.duplicate());
            from.writeFrame(channelId + 1, payload.duplicate());
        });
        Reader reader = new Reader(peered.peer());
        for (int index = 0; index < 100; index++) {
            peered.peer().write(Frames.frame(2 * index, "x"));
        }
        Await.turns(loop, "the answers", () -> {
            reader.readAll();
            return reader.count() == 200 * 7;
        });
        for (int index = 0; index < 200; index++) {
            assertEquals(index, reader.frames().get(index).channelId());
        }
    }

    // row 21
    @Test
    void writesFromInsideOnCloseAndAfterItAreClosed() throws Exception {
        List<WriteResult> results = new ArrayList<>();
        pipe.onClose((closed, cause) -> {
            results.add(closed.writeFrame(1, new byte[1], 0, 1));
            results.add(closed.writeFrame(1, ByteBuffer.allocate(1)));
            assertNull(closed.claim(1, 1));
        });
        pipe.close();
        results.add(pipe.writeFrame(1, new byte[1], 0, 1));
        Await.idle(loop);
        results.add(pipe.writeFrame(1, new byte[1], 0, 1));
        assertEquals(List.of(CLOSED, CLOSED, CLOSED, CLOSED), results);
        assertEquals(0, pipe.stats().framesOut());
        assertEquals(0, peered.peer().read(1).length);
    }

    // row 21
    @Test
    void anotherPipeCanBeWrittenToFromInsideOnClose() throws Exception {
        try (PeeredPipe other = PeeredPipe.adopt(loop)) {
            pipe.onClose((closed, cause) -> other.pipe().writeFrame(4, new byte[4], 0, 4));
            pipe.close();
            Await.idle(loop);
            assertEquals(10, other.peer().read(10).length);
        }
    }

    // row 22
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void closeDropsWhatIsQueuedAndSaysHowMuch(int seed) throws Exception {
        Reader reader = new Reader(peered.peer());
        block(new Random(seed));
        PipeStats stats = pipe.stats();
        long[] told = new long[2];
        pipe.onClose((closed, cause) -> {
            peered.heard().add("closed");
            told[0] = stats.unsentFrames();
            told[1] = stats.unsentBytes();
            assertNull(cause);
        });
        reader.readSome(5_000 * seed); // so that the head of the queue is cut elsewhere
        loop.poll(0);
        pipe.close();
        Await.turns(loop, "the close", peered::isClosed);
        reader.readAll();
        assertTrue(reader.isEnded());
        assertTrue(told[1] > 0);
        assertEquals(stats.bytesOut(), reader.count() + told[1]);
        assertEquals(stats.framesOut(), reader.frames().size() + told[0]);
        assertEquals(0, stats.queuedBytes());
    }

    // row 22
    @Test
    void closeCountsALargeFrameThatWasSentInPart() throws Exception {
        int length = 1 << 20;
        assertEquals(OK, pipe.writeFrame(1, new byte[100], 0, 100));
        Await.idle(loop);
        pipe.writeFrame(1, ByteBuffer.allocateDirect(length)); // past the queue, as far as the kernel takes it
        pipe.writeFrame(1, ByteBuffer.allocateDirect(length));
        pipe.writeFrame(1, new byte[100], 0, 100);
        pipe.close();
        peered.awaitClose();
        Reader reader = new Reader(peered.peer());
        reader.readAll();
        assertEquals(1, reader.frames().size());
        assertEquals(3, pipe.stats().unsentFrames());
        assertEquals(pipe.stats().bytesOut(), reader.count() + pipe.stats().unsentBytes());
    }

    // row 22
    @Test
    void closeAfterFlushDeliversAll() throws Exception {
        block(new Random(22));
        Reader reader = new Reader(peered.peer());
        pipe.closeAfterFlush();
        assertEquals(CLOSED, pipe.writeFrame(1, new byte[1], 0, 1));
        Await.turns(loop, "the end", () -> {
            reader.readAll();
            return reader.isEnded();
        });
        assertNull(peered.awaitClose());
        assertEquals(pipe.stats().framesOut(), reader.frames().size());
        assertEquals(pipe.stats().bytesOut(), reader.count());
        assertEquals(
                List.of(0L, 0L),
                List.of(pipe.stats().unsentFrames(), pipe.stats().unsentBytes()));
    }

    // row 22
    @Test
    void twoEndsThatFlushToEachOtherDoNotWaitForEver() throws Exception {
        Pipe[] pair = Pipe.pair(loop, loop);
        List<Throwable> causes = new ArrayList<>();
        for (Pipe end : pair) {
            end.onFrame((from, channelId, payload) -> fail("a frame: " + from));
            end.onClose((closed, cause) -> causes.add(cause));
            byte[] frame = new byte[2_000_000]; // by far more than the socket holds
            assertTrue(end.writeFrame(1, frame, 0, frame.length).isAccepted());
        }
        for (Pipe end : pair) {
            end.closeAfterFlush();
        }
        Await.turns(loop, "both closes", () -> causes.size() == 2);
        assertNull(causes.get(0), "the first to have sent everything");
    }

    // row 22
    @Test
    void closeAfterFlushDeliversAllToAPeerThatReadsOnlyWhenItsOwnOutputIsTaken() throws Exception {
        block(new Random(25));
        pipe.pauseReading();
        peered.peer().nonBlocking();
        long taken = fill(peered.peer());
        Await.idle(loop); // it has heard of that, and asks no more
        pipe.closeAfterFlush();
        for (int more = 0; more < 3; more++) {
            Await.idle(loop);
            long room = fill(peered.peer());
            assertTrue(room > 0, "the peer still waits");
            taken += room;
        }
        peered.peer().shutdownOutput();
        Await.idle(loop); // the end is no news for ever
        assertTrue(
                pipe.stats().bytesIn() >= taken, taken + " bytes and the beginning of a frame or two: " + pipe.stats());
        Reader reader = new Reader(peered.peer());
        Await.turns(loop, "the end", () -> {
            reader.readAll();
            return reader.isEnded();
        });
        assertNull(peered.awaitClose());
        assertEquals(pipe.stats().framesOut(), reader.frames().size());
        assertEquals(List.of("closed"), peered.heard());
    }

    // row 22
    @Test
    void whatIsDroppedDuringTheFlushPutsOffNoIdleTimeout() throws Exception {
        peered.close();
        peered = PeeredPipe.adopt(
                        loop,
                        PipeOptions.builder().idleTimeout(Duration.ofMillis(50)).build())
                .pushed();
        pipe = peered.pipe();
        block(new Random(26));
        pipe.pauseReading();
        peered.peer().nonBlocking();
        pipe.closeAfterFlush();
        Await.turns(loop, "the timeout", () -> peered.isClosed() || fill(peered.peer()) < 0);
        assertInstanceOf(IdleTimeoutException.class, peered.awaitClose());
        assertTrue(pipe.stats().unsentFrames() > 0);
    }

    // row 22
    @Test
    void closeAfterFlushThatIsClosedDropsTheRest() throws Exception {
        block(new Random(23));
        pipe.closeAfterFlush();
        loop.poll(0);
        assertEquals(List.of(), peered.heard());
        pipe.close();
        assertNull(peered.awaitClose());
        Reader reader = new Reader(peered.peer());
        reader.readAll();
        assertEquals(pipe.stats().bytesOut(), reader.count() + pipe.stats().unsentBytes());
        assertTrue(pipe.stats().unsentFrames() > 0);
    }

    // row 22
    @Test
    void closeAfterFlushToAPeerThatDiesTellsWhatWasLost() throws Exception {
        block(new Random(24));
        pipe.closeAfterFlush();
        peered.close();
        assertErrno("EPIPE", "write", peered.awaitClose());
        assertTrue(pipe.stats().unsentFrames() > 0);
        assertTrue(pipe.stats().unsentBytes() > 0);
    }
}
