package io.evloop;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.LoopThread;
import io.evloop.testing.NoConnectHandler;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.PublicCalls;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A loop and all that is on it belong to one thread. */
class ThreadOwnershipTest {

    private static final int POLLS = 2000;

    /** For any thread: the five that the design names, and what only tells. */
    private static final Set<String> FOR_ANY_THREAD = Set.of(
            "execute",
            "stop",
            "close",
            "isClosed",
            "stats",
            "toString",
            "fd",
            "tag",
            "loop",
            "connection",
            "maxFrameLength",
            "address",
            "localAddress",
            "isActive",
            "isPending");

    @Test
    void everyMethodThatIsNotForAnyThreadNamesBothThreadsOnAnother() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop());
                RawSocket peer = pair[1]) {
            EventLoop loop = test.loop();
            Connection connection = loop.adopt(pair[0].release(), 0, from -> {});
            Watch watch = loop.watch(peer.fd(), Epoll.IN, (w, events) -> {});
            Timer timer = loop.schedule(Long.MAX_VALUE, () -> {});
            Listener listener = loop.listen(Address.tcp(0), (from, socket) -> {});
            ConnectAttempt attempt = loop.connect(listener.localAddress(), Duration.ZERO, NoConnectHandler.INSTANCE);
            loop.poll(0);
            List<Object> targets = List.of(peered.pipe(), connection, watch, timer, listener, attempt, loop);
            Background.await("stranger", () -> targets.forEach(ThreadOwnershipTest::assertRefusesThisThread));
            assertTrue(timer.isPending());
            assertTrue(watch.isActive());
            watch.cancel();
            peered.pushed().peer().write(Frames.frame(1, "none the worse"));
            Await.idle(loop);
            assertEquals(List.of("1:none the worse"), peered.heard());
        }
    }

    private static void assertRefusesThisThread(Object target) {
        int refused = 0;
        for (PublicCalls.Call call : PublicCalls.of(target.getClass())) {
            if (!FOR_ANY_THREAD.contains(call.name())) {
                assertNamesBothThreads("main", () -> call.on(target));
                refused++;
            } else if (!call.name().equals("close")) {
                assertDoesNotThrow(() -> call.on(target), call::toString);
            }
        }
        assertTrue(refused > 0);
    }

    /** The caller's and the owner's. */
    private static void assertNamesBothThreads(String owner, Executable call) {
        IllegalStateException e = assertThrows(IllegalStateException.class, call);
        assertTrue(e.getMessage().contains(Thread.currentThread().getName()), e::getMessage);
        assertTrue(e.getMessage().contains(owner), e::getMessage);
    }

    @Test
    void aLoopBelongsToTheThreadThatOpenedItUntilAnotherRunsIt() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed()) {
            EventLoop loop = test.loop();
            loop.schedule(0, () -> {});
            Background.await("runner", () -> {
                loop.poll(0);
                loop.schedule(0, () -> {});
            });
            assertNamesBothThreads("runner", () -> loop.schedule(0, () -> {}));
            assertNamesBothThreads("runner", () -> peered.pipe().pauseReading());
            assertNamesBothThreads(
                    "runner", () -> Pipe.adopt(loop, peered.peer().fd(), 0));
            assertNamesBothThreads("runner", () -> loop.poll(0));
            assertNamesBothThreads("runner", loop::run);
        }
    }

    @Test
    void aRunningLoopRefusesAnotherRunner() throws Exception {
        try (LoopThread running = LoopThread.start("runner")) {
            assertNamesBothThreads("runner", () -> running.loop().poll(0));
            assertNamesBothThreads("runner", () -> running.loop().run());
        }
    }

    @Test
    void aStrangerWhoPollsInVainDoesNotDisturbTheOwner() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            loop.poll(0);
            try (Background stranger = Background.run("stranger", () -> {
                for (int count = 0; count < POLLS; count++) {
                    assertThrows(IllegalStateException.class, () -> loop.poll(0));
                }
            })) {
                while (stranger.thread().isAlive()) {
                    loop.poll(0);
                }
            }
        }
    }
}
