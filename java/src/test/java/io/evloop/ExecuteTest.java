package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.LoopThread;
import io.evloop.testing.Schedule;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Tasks from any thread, and the wake-ups they cost. */
class ExecuteTest {

    private static final int THREADS = 8;
    private static final int TASKS = 5_000;

    private static List<Background> threads(Background.Body body) {
        List<Background> threads = new ArrayList<>();
        for (int index = 0; index < THREADS; index++) {
            threads.add(Background.run("submitter-" + index, body));
        }
        return threads;
    }

    private static void join(List<Background> threads) throws Exception {
        for (Background thread : threads) {
            thread.close();
        }
    }

    @Test
    void losesNoTaskAndRunsNoneTwiceAndKeepsTheOrderOfEachThread() throws Exception {
        int[] last = new int[THREADS];
        AtomicInteger number = new AtomicInteger();
        AtomicInteger outOfOrder = new AtomicInteger();
        try (LoopThread running = LoopThread.start("loop")) {
            join(threads(() -> {
                int thread = number.getAndIncrement();
                for (int task = 1; task <= TASKS; task++) {
                    int expected = task;
                    running.loop().execute(() -> {
                        if (++last[thread] != expected) {
                            outOfOrder.incrementAndGet();
                        }
                    });
                    if (task % 500 == 0) {
                        Thread.yield(); // so that the loop falls asleep now and then
                    }
                }
            }));
            Await.until("every task", () -> running.loop().stats().tasks() >= (long) THREADS * TASKS);
            for (int thread = 0; thread < THREADS; thread++) {
                int index = thread;
                assertEquals(TASKS, running.call(() -> last[index]));
            }
        }
        assertEquals(0, outOfOrder.get());
    }

    @Test
    void wakesASleepingLoopForEachOfManyTasksOneByOne() throws Exception {
        try (LoopThread running = LoopThread.start("loop")) {
            long wakeups = running.loop().stats().wakeups();
            for (int round = 0; round < 2_000; round++) {
                int expected = round;
                assertEquals(expected, running.call(() -> expected));
            }
            assertTrue(running.loop().stats().wakeups() - wakeups <= 2_000);
        }
    }

    @Test
    void aBurstCostsOneWriteAtMost() throws Exception {
        try (LoopThread running = LoopThread.start("loop")) {
            CountDownLatch held = new CountDownLatch(1);
            CountDownLatch holding = new CountDownLatch(1);
            running.loop().execute(() -> {
                holding.countDown();
                Await.until("the burst", () -> held.getCount() == 0);
            });
            holding.await();
            long wakeups = running.loop().stats().wakeups();
            AtomicInteger ran = new AtomicInteger();
            join(threads(() -> {
                for (int task = 0; task < TASKS; task++) {
                    running.loop().execute(ran::incrementAndGet);
                }
            }));
            assertTrue(running.loop().stats().wakeups() - wakeups <= 1);
            held.countDown();
            Await.until("every task", () -> ran.get() == THREADS * TASKS);
        }
    }

    @Test
    void neverWakesMoreOftenThanTheLoopWaits() throws Exception {
        try (LoopThread running = LoopThread.start("loop")) {
            join(threads(() -> {
                for (int task = 0; task < TASKS; task++) {
                    running.loop().execute(() -> {});
                }
            }));
            LoopStats stats = running.loop().stats();
            Await.until("every task", () -> stats.tasks() >= (long) THREADS * TASKS);
            assertTrue(running.call(() -> stats.wakeups() <= stats.waits()), stats.toString());
        }
    }

    @Test
    void costsNoWriteOnTheLoopsOwnThread() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            int[] left = {100};
            loop.execute(new Runnable() {
                @Override
                public void run() {
                    if (--left[0] > 0) {
                        loop.execute(this);
                    }
                }
            });
            Await.turns(loop, "the tasks", () -> left[0] == 0);
            assertEquals(0, loop.stats().wakeups());
        }
    }

    @Test
    void tasksQueuedAtAStopRunInTheNextRun() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            AtomicInteger ran = new AtomicInteger();
            loop.execute(loop::stop);
            for (int task = 0; task < 10_000; task++) {
                loop.execute(ran::incrementAndGet);
            }
            loop.run();
            assertTrue(ran.get() < 10_000, "more than one turn's tasks");
            loop.execute(loop::stop);
            loop.run();
            assertEquals(10_000, ran.get());
        }
    }

    @Test
    void tasksQueuedAtAStopRunAtTheCloseAndLaterOnesAreRefused() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            List<String> ran = new ArrayList<>();
            loop.execute(() -> {
                ran.add("first");
                assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> ran.add("too late")));
            });
            loop.execute(() -> ran.add("second"));
            loop.close();
            assertEquals(List.of("first", "second"), ran);
            assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> ran.add("much too late")));
        }
    }

    @Test
    void aStopBeforeTheRunEndsItAtOnceAndNoLaterOne() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            loop.stop();
            loop.stop();
            loop.run();
            assertFalse(loop.isClosed());
            boolean[] ran = new boolean[1];
            loop.schedule(1_000_000, () -> {
                ran[0] = true;
                loop.stop();
            });
            loop.run();
            assertTrue(ran[0]);
        }
    }

    @Test
    void aStopFromAnotherThreadWakesTheRun() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            try (Background stopper = Background.run("stopper", () -> {
                Await.until("a wait", () -> test.loop().stats().waits() > 0);
                test.loop().stop();
            })) {
                test.loop().run();
            }
        }
    }

    @Test
    void aStopThatNoRunAnsweredKeptEveryPollFromWaiting() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            loop.stop();
            long start = System.nanoTime();
            long turns = loop.stats().turns();
            while (System.nanoTime() - start < 100_000_000) {
                loop.poll(100_000_000);
            }
            assertTrue(
                    loop.stats().turns() - turns <= 5 + Schedule.TURNS_IN_VAIN,
                    loop.stats().toString());
            loop.run(); // the stop is still for this one
        }
    }

    @Test
    void aStopEndsThePollThatWaits() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            for (int round = 0; round < 2; round++) {
                long waits = test.loop().stats().waits();
                try (Background stopper = Background.run("stopper", () -> {
                    Await.until("a wait", () -> test.loop().stats().waits() > waits);
                    test.loop().stop();
                })) {
                    test.loop().poll(-1);
                }
            }
        }
    }

    @Test
    void aTaskThatThrowsIsHeardAndTheNextOnesRun() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            RuntimeException thrown = new RuntimeException("from a task");
            Runnable task = () -> {
                throw thrown;
            };
            boolean[] ran = new boolean[1];
            test.loop().execute(task);
            test.loop().execute(() -> ran[0] = true);
            test.loop().poll(0);
            assertTrue(ran[0]);
            TestLoop.Heard heard = test.takeError();
            assertSame(thrown, heard.error());
            assertSame(task, heard.source());
        }
    }

    // row 29
    @RepeatedTest(15)
    void wakeUpsRacingWithCloseLoseNoTaskAndWriteIntoNoOthersDescriptor() throws Exception {
        AtomicIntegerArray accepted = new AtomicIntegerArray(THREADS);
        AtomicIntegerArray ran = new AtomicIntegerArray(THREADS);
        AtomicInteger number = new AtomicInteger();
        LoopThread running = LoopThread.start("loop");
        List<Background> submitters = threads(() -> {
            int thread = number.getAndIncrement();
            try {
                while (true) {
                    running.loop().execute(() -> ran.incrementAndGet(thread));
                    if (accepted.incrementAndGet(thread) - ran.get(thread) > 1_000) {
                        Thread.yield(); // the queue is not bounded
                    }
                }
            } catch (RejectedExecutionException e) {
                assertTrue(running.loop().isClosed());
            }
            for (int again = 0; again < 100; again++) { // the descriptors are others' by now
                assertThrows(
                        RejectedExecutionException.class, () -> running.loop().execute(() -> {}));
                running.loop().stop();
            }
        });
        Await.until(
                "some tasks of all",
                () -> accepted.get(THREADS - 1) > 0 && running.loop().stats().tasks() > 100);
        running.loop().close();
        assertNoWriteIntoReusedDescriptors(submitters);
        running.close();
        assertEquals(accepted.toString(), ran.toString());
    }

    /** Takes the numbers that the loop gave back for eventfds: no one may count up what is not the loop's any more. */
    private static void assertNoWriteIntoReusedDescriptors(List<Background> submitters) throws Exception {
        int[] reused = {Native.eventFd(), Native.eventFd(), Native.eventFd()};
        ByteBuffer counter = ByteBuffer.allocateDirect(8);
        join(submitters);
        for (int fd : reused) {
            assertEquals(0, Native.setNonBlocking(fd, 1));
            assertTrue(Native.read(fd, Native.addressOf(counter), 8) < 0, "somebody has written into it");
            Native.close(fd);
        }
    }
}
