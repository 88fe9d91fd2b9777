package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.EventLoopClosedException;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawFds;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Several loops, each with its thread. */
class EventLoopGroupTest {

    private static <T> T call(EventLoop loop, Callable<T> task) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(30, TimeUnit.SECONDS);
    }

    private static String threadOf(EventLoop loop) throws Exception {
        return call(loop, () -> Thread.currentThread().getName());
    }

    @Test
    void threadsAreNamedAndEachRunsItsLoop() throws Exception {
        try (EventLoopGroup group = EventLoopGroup.open(2);
                EventLoopGroup named =
                        EventLoopGroup.builder(2).name("io").daemon(true).open()) {
            assertEquals(List.of("evloop-0", "evloop-1"), List.of(threadOf(group.loop(0)), threadOf(group.loop(1))));
            assertEquals("io-1", threadOf(named.loop(1)));
            assertFalse(call(group.loop(0), () -> Thread.currentThread().isDaemon()));
            assertTrue(call(named.loop(0), () -> Thread.currentThread().isDaemon()));
            assertEquals(2, group.size());
            assertTrue(group.toString().startsWith("EventLoopGroup[EventLoop[thread=evloop-0"), group.toString());
        }
    }

    @Test
    void nextGoesRound() throws Exception {
        try (EventLoopGroup group = EventLoopGroup.open(3)) {
            for (int index = 0; index < 9; index++) {
                assertSame(group.loop(index % 3), group.next());
            }
        }
        assertThrows(IllegalArgumentException.class, () -> EventLoopGroup.open(0));
    }

    @Test
    void aPipeStaysWithItsLoop() throws Exception {
        Set<String> threads = new HashSet<>();
        try (EventLoopGroup group = EventLoopGroup.open(2)) {
            EventLoop loop = group.loop(1);
            try (PeeredPipe peered = call(loop, () -> PeeredPipe.adopt(loop))) {
                CountDownLatch seen = new CountDownLatch(10);
                call(
                        loop,
                        () -> peered.pipe().onFrame((from, channelId, payload) -> {
                            threads.add(Thread.currentThread().getName());
                            seen.countDown();
                        }));
                for (int index = 0; index < 10; index++) {
                    peered.peer().write(Frames.frame(index, "x"));
                }
                assertTrue(seen.await(30, TimeUnit.SECONDS));
                assertSame(loop, peered.pipe().connection().loop());
            }
        }
        assertEquals(Set.of("evloop-1"), threads);
    }

    @Test
    void theOpenerCouldTakeALoopForItsOwnUntilItsThreadRan() throws Exception {
        for (int round = 0; round < 100; round++) {
            try (EventLoopGroup group = EventLoopGroup.open(1)) {
                assertThrows(IllegalStateException.class, () -> group.next().schedule(0, () -> {}));
            }
        }
    }

    // affinity ----------------------------------------------------------------------------------------------------

    private static String allowedCpus() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .findAny()
                .orElseThrow()
                .split("\\s+")[1];
    }

    /** The numbers of a list such as {@code 0-3,8}. */
    private static List<Integer> cpus(String list) {
        List<Integer> cpus = new ArrayList<>();
        for (String range : list.split(",")) {
            String[] ends = range.split("-");
            for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }

    @Test
    void threadsAreBoundToTheirCpusInTurnAndNoOtherThreadIs() throws Exception {
        String before = allowedCpus();
        List<Integer> cpus = cpus(before);
        int first = cpus.get(0);
        int last = cpus.get(cpus.size() - 1);
        try (EventLoopGroup group =
                EventLoopGroup.builder(3).affinity(first, last).open()) {
            assertEquals(first + "", call(group.loop(0), EventLoopGroupTest::allowedCpus));
            assertEquals(last + "", call(group.loop(1), EventLoopGroupTest::allowedCpus));
            assertEquals(first + "", call(group.loop(2), EventLoopGroupTest::allowedCpus));
        }
        assertEquals(before, allowedCpus());
        assertThrows(
                IllegalArgumentException.class, () -> EventLoopGroup.builder(1).affinity(-1));
    }

    /** A processor that no machine of ours has. */
    private static final int NO_CPU = 1_000;

    @Test
    void aCpuThatIsRefusedIsHeardOfAndTheLoopRunsElsewhere() throws Exception {
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> errors.add(error))
                .build();
        try (EventLoopGroup group =
                EventLoopGroup.builder(1).affinity(NO_CPU).options(options).open()) {
            assertEquals(allowedCpus(), call(group.loop(0), EventLoopGroupTest::allowedCpus));
        }
        assertEquals(1, errors.size());
        assertEquals(
                "sched_setaffinity",
                assertInstanceOf(NativeIoException.class, errors.get(0)).systemCall());
    }

    @Test
    void anErrorHandlerThatThrewEndedTheThread() throws Exception {
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> {
                    throw new IllegalStateException("from the error handler; it is logged, and no fault");
                })
                .build();
        try (EventLoopGroup group =
                EventLoopGroup.builder(1).affinity(NO_CPU).options(options).open()) {
            assertEquals("evloop-0", threadOf(group.loop(0)));
        }
    }

    // the end -----------------------------------------------------------------------------------------------------

    @Test
    void aStopEndsNothing() throws Exception {
        try (EventLoopGroup group = EventLoopGroup.open(1)) {
            for (int round = 0; round < 100; round++) {
                group.loop(0).stop();
                assertEquals("evloop-0", threadOf(group.loop(0)));
            }
        }
    }

    @Test
    void closeEndsEveryPipeOnItsThreadAndWaitsForTheThreads() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        EventLoopGroup group = EventLoopGroup.open(2);
        List<RawSocket> peers = new ArrayList<>();
        for (int index = 0; index < 2; index++) {
            EventLoop loop = group.loop(index);
            PeeredPipe peered = call(loop, () -> PeeredPipe.adopt(loop));
            peers.add(peered.peer());
            call(
                    loop,
                    () -> peered.pipe().onClose((closed, cause) -> {
                        assertInstanceOf(EventLoopClosedException.class, cause);
                        heard.add(Thread.currentThread().getName());
                    }));
        }
        group.close();
        assertEquals(Set.of("evloop-0", "evloop-1"), Set.copyOf(heard));
        assertEquals(2, heard.size());
        assertTrue(group.loop(0).isClosed() && group.loop(1).isClosed());
        assertNoThreads();
        group.close();
        for (RawSocket peer : peers) {
            peer.close();
        }
    }

    private static void assertNoThreads() {
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("evloop-")));
    }

    @Test
    void closeInACallbackReturnsAndEndsAllLoops() throws Exception {
        EventLoopGroup group = EventLoopGroup.open(3);
        assertFalse(call(group.loop(1), () -> {
            group.close();
            return group.loop(1).isClosed(); // only at the end of the turn
        }));
        Await.until(
                "the threads", () -> group.loop(0).isClosed() && group.loop(2).isClosed());
        group.close();
        assertNoThreads();
    }

    @Test
    void twoCallbacksThatClosedTheGroupWaitedForEachOther() throws Exception {
        EventLoopGroup group = EventLoopGroup.open(2);
        CountDownLatch both = new CountDownLatch(2);
        for (int index = 0; index < 2; index++) {
            group.loop(index).execute(() -> {
                both.countDown();
                Await.until("the other", () -> both.getCount() == 0);
                group.close();
            });
        }
        Await.until(
                "both loops", () -> group.loop(0).isClosed() && group.loop(1).isClosed());
        group.close();
    }

    @Test
    void anInterruptedCloserWaitsAndStaysInterrupted() throws Exception {
        EventLoopGroup group = EventLoopGroup.open(1);
        Thread.currentThread().interrupt();
        group.close();
        assertTrue(Thread.interrupted());
        assertNoThreads();
    }

    @Test
    void aLoopThatDiedOfAnErrorWasSilent() throws Exception {
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> errors.add(error))
                .build();
        Map<String, String> before = Resources.openDescriptors();
        EventLoopGroup group = EventLoopGroup.builder(1).options(options).open();
        assertEquals("evloop-0", threadOf(group.loop(0)));
        Map<String, String> opened = Resources.openDescriptors();
        opened.entrySet().removeAll(before.entrySet());
        opened.values().removeIf(target -> !target.contains("eventpoll"));
        replaceByAnEventFd(Integer.parseInt(opened.keySet().iterator().next()));
        try {
            group.loop(0).execute(() -> {}); // ends the wait that is under way; the next one fails
        } catch (RejectedExecutionException e) {
            assertTrue(group.loop(0).isClosed(), "it had not begun to wait before, and has failed by itself");
        }
        Await.until("the end", () -> group.loop(0).isClosed() && !errors.isEmpty());
        group.close();
        assertTrue(errors.get(0).toString().contains("epoll_wait"), errors.toString());
    }

    /** The loop closes this one at its end, for the one it had; at no moment there is none. */
    private static void replaceByAnEventFd(int fd) throws IOException {
        int event = Fd.check(Native.eventFd(), "eventfd");
        try {
            RawFds.replace(fd, event);
        } finally {
            Fd.close(event);
        }
    }

    @Test
    void aFailureWhileOpeningLeavesNothing() throws Exception {
        JavaProcess.Result jvm = JavaProcess.of(GroupWithoutDescriptors.class)
                .options("-XX:-MaxFDLimit")
                .run();
        assertEquals(0, jvm.exitCode(), jvm.output());
    }

    @Test
    void aLoopThatIsClosedAtOnceRunsItsTasksOnItsOwnThread() throws Exception {
        for (int round = 0; round < 50; round++) {
            List<String> threads = new CopyOnWriteArrayList<>();
            EventLoopGroup group = EventLoopGroup.open(1);
            group.loop(0).execute(() -> threads.add(Thread.currentThread().getName()));
            group.close();
            assertEquals(List.of("evloop-0"), threads);
        }
    }

    @Test
    void aSingleLoopThatIsClosedAtOnceRunsItsTasksOnItsOwnThread() throws Exception {
        for (int round = 0; round < 50; round++) {
            List<String> threads = new CopyOnWriteArrayList<>();
            try (EventLoopGroup group = EventLoopGroup.open(1)) {
                group.loop(0).execute(() -> threads.add(Thread.currentThread().getName()));
                group.loop(0).close();
                assertEquals(List.of("evloop-0"), threads);
            }
        }
    }
}
