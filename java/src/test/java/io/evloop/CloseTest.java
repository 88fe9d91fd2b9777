package io.evloop;

import static io.evloop.WriteResult.CLOSED;
import static io.evloop.WriteResult.OK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.EventLoopClosedException;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.LoopThread;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.RawPipe;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ways to end a pipe, half or whole, and the end of its loop. */
class CloseTest {

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

    private WriteResult write(String text) {
        return pipe.writeFrame(1, ByteBuffer.wrap(text.getBytes(UTF_8)));
    }

    private static String text(byte[] bytes) {
        return Frames.latin(ByteBuffer.wrap(bytes));
    }

    // half-close --------------------------------------------------------------------------------------------------

    @Test
    void afterShutdownOutputThePeerReadsToTheEndAndCanStillAnswer() throws Exception {
        write("question");
        pipe.shutdownOutput();
        assertEquals(CLOSED, write("too late"));
        assertNull(pipe.claim(1, 1));
        Await.idle(loop);
        assertEquals(text(Frames.frame(1, "question")), text(peered.peer().read(1_000)));
        peered.peer().write(Frames.frame(2, "answer"));
        Await.idle(loop);
        assertEquals(List.of("2:answer"), peered.heard());
        assertFalse(pipe.isClosed());
        peered.close();
        assertNull(peered.awaitClose());
        assertEquals(List.of("2:answer", "closed"), peered.heard());
    }

    @Test
    void shutdownOutputWaitsForWhatIsQueued() throws Exception {
        int frames = 0;
        while (pipe.stats().queuedBytes() == 0) {
            pipe.writeFrame(1, new byte[5_000], 0, 5_000);
            frames++;
            Await.idle(loop);
        }
        pipe.shutdownOutput();
        pipe.shutdownOutput();
        try (Background turns = Background.run("reader", () -> {
            long total = 0;
            for (byte[] some = peered.peer().readSome(9_999); some.length > 0; ) {
                total += some.length;
                some = peered.peer().readSome(9_999);
            }
            assertEquals(pipe.stats().bytesOut(), total);
            peered.peer().write(Frames.frame(3, "read all"));
        })) {
            Await.turns(loop, "the answer", () -> !peered.heard().isEmpty());
        }
        assertEquals(frames, pipe.stats().framesOut());
    }

    @Test
    void bothSidesHavingHalfClosedTheRestIsClosed() throws Exception {
        peered.keptOpen();
        peered.peer().shutdownOutput();
        Await.turns(loop, "the end", () -> !peered.heard().isEmpty());
        Quiet.assertQuiet(loop);
        assertEquals(OK, write("after the end"));
        pipe.shutdownOutput();
        assertNull(peered.awaitClose());
        assertEquals(List.of("end", "closed"), peered.heard());
        assertEquals(text(Frames.frame(1, "after the end")), text(peered.peer().read(1_000)));
    }

    @Test
    void withoutAnEndHandlerAHalfClosedPeerIsAnsweredAndThePipeClosed() throws Exception {
        pipe.onFrame((from, channelId, payload) -> from.writeFrame(channelId, payload));
        peered.peer().write(Frames.frame(5, "the one request"));
        peered.peer().shutdownOutput();
        assertNull(peered.awaitClose());
        assertEquals(
                text(Frames.frame(5, "the one request")), text(peered.peer().read(1_000)));
    }

    @Test
    void whatIsNoSocketCannotBeHalfClosed() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe writer = Pipe.adopt(loop, raw.releaseWriteEnd(), 0);
            assertThrows(UnsupportedOperationException.class, writer::shutdownOutput);
            assertEquals(OK, writer.writeFrame(1, new byte[1], 0, 1), "nothing has changed");
            Await.idle(loop);
            assertEquals(7, raw.read(7).length);
        }
    }

    // the whole ---------------------------------------------------------------------------------------------------

    @Test
    void afterCloseAfterFlushNothingIsDelivered() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            peered.heard().add(channelId + ":" + Frames.latin(payload));
            write("last");
            from.closeAfterFlush();
        });
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "b"), Frames.frame(3, "c")));
        assertNull(peered.awaitClose());
        assertEquals(List.of("1:a", "closed"), peered.heard());
        assertEquals(text(Frames.frame(1, "last")), text(peered.peer().read(10)));
    }

    @Test
    void closeInsideOnFrameEndsDeliveryThereAndThenReturns() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            from.close();
            from.close();
            assertTrue(from.isClosed());
            peered.heard().add("returned");
        });
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "b")));
        assertNull(peered.awaitClose());
        Await.idle(loop);
        assertEquals(List.of("returned", "closed"), peered.heard());
    }

    @Test
    void closeFromAnotherThreadIsATaskOfTheLoop() throws Exception {
        Background.await("closer", () -> {
            pipe.close();
            pipe.close();
        });
        assertEquals(List.of(), peered.heard());
        assertNull(peered.awaitClose());
        assertEquals(List.of("closed"), peered.heard());
    }

    // the loop ----------------------------------------------------------------------------------------------------

    @Test
    void theEndOfTheLoopIsToldToEveryPipeOnce() throws Exception {
        List<Throwable> causes = new ArrayList<>();
        try (PeeredPipe second = PeeredPipe.adopt(loop)) {
            second.pipe().onClose((closed, cause) -> causes.add(cause));
            pipe.onClose((closed, cause) -> {
                causes.add(cause);
                second.pipe().close(); // the first cause counts
            });
            loop.close();
            loop.close();
            assertEquals(2, causes.size());
            causes.forEach(cause -> assertInstanceOf(EventLoopClosedException.class, cause));
            assertEquals(0, second.peer().read(1).length);
            assertEquals(CLOSED, write("after the end"));
        }
    }

    @Test
    void theEndOfTheLoopCountsWhatIsUnsent() throws Exception {
        Sender sender = pipe.sender();
        assertEquals(OK, write("frame"));
        assertEquals(OK, sender.writeFrame(1, new byte[100], 0, 100));
        List<Long> told = new ArrayList<>();
        pipe.onClose((closed, cause) -> told.addAll(
                List.of(closed.stats().unsentFrames(), closed.stats().unsentBytes())));
        loop.close();
        assertEquals(List.of(2L, 11L + 106L), told);
        assertEquals(CLOSED, sender.writeFrame(1, new byte[1], 0, 1));
    }

    @Test
    void aLoopClosedInACallbackEndsWithItsTurn() throws Exception {
        List<String> order = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> {
            loop.close();
            order.add("close returned");
        });
        pipe.onClose((closed, cause) -> order.add(cause.getClass().getSimpleName()));
        peered.peer().write(Frames.frame(1, "x"));
        loop.run();
        order.add("run returned");
        assertEquals(List.of("close returned", "EventLoopClosedException", "run returned"), order);
        assertTrue(loop.isClosed());
        assertThrows(IllegalStateException.class, loop::run);
    }

    @Test
    void aLoopClosedByAnotherThreadEndsEverythingBeforeItReturns() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        try (LoopThread running = LoopThread.start("loop")) {
            PeeredPipe far = running.call(() -> PeeredPipe.adopt(running.loop()));
            running.call(() -> far.pipe()
                    .onClose((closed, cause) -> order.add(Thread.currentThread().getName() + ":"
                            + cause.getClass().getSimpleName())));
            running.loop().close();
            order.add("returned");
            far.close();
        }
        assertEquals(List.of("loop:EventLoopClosedException", "returned"), order);
    }

    @Test
    void threadsThatCloseALoopTogetherAllWaitForItsEnd() throws Exception {
        LoopThread running = LoopThread.start("loop");
        CountDownLatch held = new CountDownLatch(1);
        List<Boolean> ended = new CopyOnWriteArrayList<>();
        boolean[] done = new boolean[1];
        running.loop().execute(() -> {
            Await.until("all closers", () -> held.getCount() == 0);
            done[0] = true;
        });
        List<Background> closers = new ArrayList<>();
        for (int index = 0; index < 4; index++) {
            closers.add(Background.run("closer-" + index, () -> {
                running.loop().close();
                ended.add(done[0]);
            }));
        }
        assertEquals(List.of(), ended);
        held.countDown();
        for (Background closer : closers) {
            closer.close();
        }
        assertEquals(List.of(true, true, true, true), ended);
        running.close();
    }

    @Test
    void aCloserWasLeftWaitingByACallOnTheWrongThread() throws Exception {
        for (int round = 0; round < 300; round++) {
            EventLoop contended = EventLoop.open();
            contended.poll(0); // ours from now on
            Background stranger = Background.run("stranger", () -> {
                while (!contended.isClosed()) {
                    assertThrows(IllegalStateException.class, () -> contended.poll(0));
                }
            });
            Background closer = Background.run("closer", contended::close);
            closer.close();
            stranger.close();
        }
    }

    @Test
    void anErrorInOnCloseIsHeardAndTheOthersAreStillTold() throws Exception {
        RuntimeException thrown = new RuntimeException("from onClose");
        try (PeeredPipe second = PeeredPipe.adopt(loop)) {
            pipe.onClose((closed, cause) -> {
                throw thrown;
            });
            loop.close();
            assertEquals(List.of("closed"), second.heard());
        }
        assertSame(thrown, test.takeError().error());
    }

    @Test
    void onCloseThatIsSetTooLateIsCalledOnceInTheComingTurn() throws Exception {
        List<String> causes = new ArrayList<>();
        Pipe[] pair = Pipe.pair(loop, loop);
        pair[0].close();
        loop.poll(0);
        pair[0].onClose((closed, cause) -> causes.add("told " + cause));
        assertEquals(List.of(), causes);
        loop.poll(0);
        pair[0].onClose((closed, cause) -> causes.add("told again"));
        loop.poll(0);
        assertEquals(List.of("told null"), causes);
    }

    @Test
    void onCloseThatIsSetTooLateAndThrowsIsReportedAsThePipes() throws Exception {
        Pipe[] pair = Pipe.pair(loop, loop);
        pair[0].close();
        loop.poll(0);
        pair[0].onClose((closed, cause) -> {
            throw new IllegalStateException("of the handler");
        });
        loop.poll(0);
        assertSame(pair[0], test.takeError().source());
    }
}
