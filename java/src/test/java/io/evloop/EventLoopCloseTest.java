package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.error.EventLoopClosedException;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Descriptors;
import io.evloop.testing.LoopThread;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of a loop, and of everything on it. */
class EventLoopCloseTest {

    private TestLoop test;
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void everyPipeAndConnectionHearsItOnceBeforeCloseReturns() throws Exception {
        List<Throwable> causes = new ArrayList<>();
        RawSocket[] pair = RawSocket.pair();
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed();
                RawSocket peer = pair[1]) {
            loop.adopt(pair[0].release(), 0, new ConnectionHandler() {
                @Override
                public void onReadable(Connection connection) {}

                @Override
                public void onClose(Connection connection, Throwable cause) {
                    causes.add(cause);
                }
            });
            loop.close();
            loop.close();
            assertEquals(List.of("closed"), peered.heard());
            assertInstanceOf(EventLoopClosedException.class, peered.awaitClose());
            assertEquals(1, causes.size());
            assertInstanceOf(EventLoopClosedException.class, causes.get(0));
            assertEquals(0, peer.readSome(1).length, "the descriptor is closed");
            assertEquals(0, peered.peer().readSome(1).length, "the descriptor is closed");
        }
    }

    @Test
    void aPipeThatIsClosingAlreadyHearsACleanEnd() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
            peered.pipe().close();
            loop.close();
            assertEquals(List.of("closed"), peered.heard());
            assertNull(peered.awaitClose());
        }
    }

    @Test
    void runsTheTasksThatAreLeftAndTheirTasks() {
        List<String> order = new ArrayList<>();
        loop.execute(() -> {
            order.add("first");
            assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> order.add("never")));
        });
        loop.execute(() -> order.add("second"));
        loop.close();
        assertEquals(List.of("first", "second"), order);
    }

    @Test
    void refusesTasksOnceClosed() {
        loop.close();
        assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> {}));
    }

    @Test
    void timersNeverRunAndAreNotPending() {
        boolean[] ran = new boolean[1];
        Timer timer = loop.schedule(0, () -> ran[0] = true);
        loop.close();
        assertFalse(ran[0]);
        assertFalse(timer.isPending());
    }

    @Test
    void watchesEndAndTheirDescriptorsStayOpen() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket watched = pair[0];
                RawSocket peer = pair[1]) {
            Watch watch = loop.watch(watched.fd(), Epoll.IN, (ready, events) -> {});
            loop.close();
            assertFalse(watch.isActive());
            peer.write("x");
            assertEquals(1, watched.readSome(1).length);
        }
    }

    @Test
    void nothingRunsOrIsMadeOnAClosedLoop() throws Exception {
        loop.close();
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket a = pair[0];
                RawSocket b = pair[1]) {
            assertThrows(IllegalStateException.class, loop::run);
            assertThrows(IllegalStateException.class, () -> loop.poll(0));
            assertThrows(IllegalStateException.class, () -> loop.schedule(0, () -> {}));
            assertThrows(IllegalStateException.class, () -> loop.watch(a.fd(), Epoll.IN, (watch, events) -> {}));
            assertThrows(IllegalStateException.class, () -> loop.adopt(a.fd(), 0, connection -> {}));
            assertThrows(IllegalStateException.class, () -> Pipe.adopt(loop, a.fd(), 0));
            assertThrows(IllegalStateException.class, () -> Pipe.pair(loop, loop));
            loop.stop();
            b.write("x");
            assertEquals(1, a.readSome(1).length, "the descriptor is still the caller's");
        }
    }

    @Test
    void handlersThatHearItFindAClosedLoop() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop);
                PeeredPipe other = PeeredPipe.adopt(loop)) {
            List<WriteResult> results = new ArrayList<>();
            peered.pipe().onClose((pipe, cause) -> {
                results.add(pipe.writeFrame(1, ByteBuffer.wrap(new byte[1])));
                results.add(other.pipe().writeFrame(1, ByteBuffer.wrap(new byte[1])));
                assertTrue(loop.isClosed());
                assertThrows(IllegalStateException.class, () -> loop.schedule(0, () -> {}));
                assertThrows(IllegalStateException.class, () -> loop.poll(0));
                assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> {}));
                other.pipe().close();
                loop.close();
            });
            loop.close();
            assertEquals(List.of(WriteResult.CLOSED, WriteResult.CLOSED), results);
            assertEquals(List.of("closed"), other.heard());
        }
    }

    @Test
    void whatOneHandlerThrowsKeepsNoOtherFromHearingIt() throws Exception {
        RuntimeException error = new IllegalArgumentException("from the test");
        try (PeeredPipe first = PeeredPipe.adopt(loop);
                PeeredPipe second = PeeredPipe.adopt(loop)) {
            for (PeeredPipe one : List.of(first, second)) {
                one.pipe().onClose((pipe, cause) -> {
                    one.heard().add("closed");
                    throw error;
                });
            }
            loop.close();
            assertEquals(2, test.takeErrors().size());
            assertEquals(List.of("closed"), first.heard());
            assertEquals(List.of("closed"), second.heard());
        }
    }

    @Test
    void fromAnotherThreadItAsksTheRunningLoopAndWaits() throws Exception {
        List<Thread> closers = new ArrayList<>();
        LoopThread running = LoopThread.start("loop");
        PeeredPipe peered = running.call(() -> PeeredPipe.adopt(running.loop()));
        running.call(() -> peered.pipe().onClose((pipe, cause) -> closers.add(Thread.currentThread())));
        running.loop().close();
        assertEquals(List.of(running.thread()), closers);
        assertTrue(running.loop().isClosed());
        running.close();
        peered.close();
    }

    @Test
    void insideACallbackItWaitsForTheEndOfTheTurn() throws Exception {
        List<String> order = new ArrayList<>();
        try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
            peered.pipe().onClose((pipe, cause) -> order.add("closed"));
            loop.execute(() -> {
                loop.close();
                order.add("task");
            });
            loop.execute(() -> order.add("next task"));
            loop.run();
            assertEquals(List.of("task", "next task", "closed"), order);
        }
    }

    @Test
    void insideACallbackOfAPollItIsClosedWhenThatReturns() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
            loop.execute(loop::close);
            loop.poll(-1);
            assertTrue(loop.isClosed());
            assertEquals(List.of("closed"), peered.heard());
        }
    }

    @Test
    void aLoopThatIsNotRunningIsClosedByAnyThread() throws Exception {
        List<Thread> closers = new ArrayList<>();
        try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
            peered.pipe().onClose((pipe, cause) -> closers.add(Thread.currentThread()));
            Background closer = Background.run("closer", loop::close);
            closer.close();
            assertEquals(List.of(closer.thread()), closers);
        }
    }

    // row 32
    @Test
    void twoThreadsThatCloseItBothReturnWhenAllIsClosed() throws Exception {
        for (int round = 0; round < 20; round++) {
            LoopThread running = LoopThread.start("loop");
            AtomicInteger closes = new AtomicInteger();
            PeeredPipe peered = running.call(() -> PeeredPipe.adopt(running.loop()));
            running.call(() -> peered.pipe().onClose((pipe, cause) -> closes.incrementAndGet()));
            CountDownLatch start = new CountDownLatch(1);
            Background.Body body = () -> {
                start.await();
                running.loop().close();
                assertEquals(1, closes.get());
            };
            try (Background a = Background.run("closer a", body);
                    Background b = Background.run("closer b", body)) {
                start.countDown();
            }
            assertEquals(1, closes.get());
            running.close();
            peered.close();
        }
    }

    // row 29
    @Test
    void aTaskSubmittedWhileItClosesIsRunOrRefused() throws Exception {
        for (int round = 0; round < 20; round++) {
            AtomicInteger accepted = new AtomicInteger();
            AtomicInteger ran = new AtomicInteger();
            LoopThread running = LoopThread.start("loop");
            CountDownLatch submitting = new CountDownLatch(2);
            Background.Body submit = () -> {
                while (true) {
                    try {
                        running.loop().execute(ran::incrementAndGet);
                        accepted.incrementAndGet();
                        submitting.countDown();
                    } catch (RejectedExecutionException e) {
                        return;
                    }
                }
            };
            try (Background a = Background.run("submitter a", submit);
                    Background b = Background.run("submitter b", submit)) {
                submitting.await();
                running.close();
            }
            assertEquals(accepted.get(), ran.get());
        }
    }

    // row 32
    @Test
    void closingAPipeAgainLeavesTheDescriptorThatHasItsNumberByNow() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
            int number = peered.pipe().connection().fd();
            peered.pipe().close();
            peered.pipe().close();
            peered.awaitClose();
            RawSocket[] successor = Descriptors.pairWithNumber(number);
            try (RawSocket first = successor[0];
                    RawSocket second = successor[1]) {
                peered.pipe().close();
                peered.pipe().connection().close();
                Await.idle(loop);
                loop.close();
                first.write("x");
                assertEquals(1, second.readSome(1).length);
            }
        }
    }

    // row 32
    @Test
    void twoThreadsThatCloseAPipeCloseItOnce() throws Exception {
        try (LoopThread running = LoopThread.start("loop")) {
            for (int round = 0; round < 50; round++) {
                AtomicInteger closes = new AtomicInteger();
                PeeredPipe peered = running.call(() -> PeeredPipe.adopt(running.loop()));
                running.call(() -> peered.pipe().onClose((pipe, cause) -> closes.incrementAndGet()));
                Background a = Background.run("closer a", peered.pipe()::close);
                Background b = Background.run("closer b", peered.pipe()::close);
                a.close();
                b.close();
                Await.until("the close", () -> closes.get() > 0);
                running.call(() -> null);
                assertEquals(1, closes.get());
                peered.close();
            }
        }
    }

    @Test
    void anInterruptedWaitForTheCloseIsMadeGoodAndTheInterruptKept() throws Exception {
        LoopThread running = LoopThread.start("loop");
        Background.await("closer", () -> {
            Thread.currentThread().interrupt();
            running.loop().close();
            assertTrue(Thread.interrupted());
        });
        running.close();
        assertSame(Thread.State.TERMINATED, running.thread().getState());
    }
}
