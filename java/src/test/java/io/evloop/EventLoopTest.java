package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.LoopThread;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Schedule;
import io.evloop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Running, stopping, tasks and what a turn returns. */
class EventLoopTest {

    private static final long FOREVER = -1;
    private static final long A_MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

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
    void runsUntilItIsStopped() {
        List<String> order = new ArrayList<>();
        loop.execute(() -> order.add("task"));
        loop.schedule(A_MILLISECOND, () -> {
            order.add("timer");
            loop.stop();
        });
        loop.run();
        assertEquals(List.of("task", "timer"), order);
    }

    @Test
    void aStopWhenItDoesNotRunEndsTheNextRunAtOnce() {
        loop.stop();
        loop.run();
        assertEquals(0, loop.stats().waits());
    }

    @Test
    void runsAgainAfterAStop() {
        for (int run = 0; run < 3; run++) {
            boolean[] ran = new boolean[1];
            loop.execute(() -> {
                ran[0] = true;
                loop.stop();
            });
            loop.run();
            assertTrue(ran[0]);
        }
    }

    @Test
    void isStoppedFromAnotherThreadWhileItBlocks() throws Exception {
        long[] turns = new long[1];
        CountDownLatch running = new CountDownLatch(1);
        loop.execute(running::countDown);
        try (Background stopper = Background.run("stopper", () -> {
            running.await();
            loop.stop();
        })) {
            loop.run();
            turns[0] = loop.stats().turns();
        }
        assertTrue(turns[0] <= 3 + Schedule.TURNS_IN_VAIN, turns[0] + " turns");
    }

    @Test
    void aTaskFromAnotherThreadWakesIt() throws Exception {
        try (LoopThread running = LoopThread.start("loop")) {
            for (int count = 0; count < 1000; count++) {
                assertEquals(running.thread(), running.call(Thread::currentThread));
            }
        }
    }

    @Test
    void runsTasksInTheOrderInWhichAThreadSubmitsThem() {
        List<Integer> order = new ArrayList<>();
        List<Integer> expected = new ArrayList<>();
        for (int number = 0; number < 5000; number++) {
            int task = number;
            expected.add(number);
            loop.execute(() -> order.add(task));
        }
        Await.idle(loop);
        assertEquals(expected, order);
        assertEquals(5000, loop.stats().tasks());
    }

    @Test
    void runsTasksOfManyThreadsEachOnce() throws Exception {
        int[] counts = new int[4];
        List<Background> submitters = new ArrayList<>();
        for (int thread = 0; thread < counts.length; thread++) {
            int index = thread;
            submitters.add(Background.run("submitter " + thread, () -> {
                for (int number = 0; number < 10_000; number++) {
                    int expected = number;
                    loop.execute(() -> counts[index] += counts[index] == expected ? 1 : 0);
                }
            }));
        }
        Await.turns(loop, "all tasks", () -> loop.stats().tasks() == 40_000);
        for (Background submitter : submitters) {
            submitter.close();
        }
        for (int count : counts) {
            assertEquals(10_000, count, "tasks run in order");
        }
    }

    @Test
    void tasksLeftByAStopStayForTheNextRun() {
        int[] count = new int[1];
        Runnable again = new Runnable() {
            @Override
            public void run() {
                count[0]++;
                loop.stop();
                if (count[0] < 3) {
                    loop.execute(this);
                }
            }
        };
        loop.execute(again);
        while (count[0] < 3) {
            loop.run();
        }
        assertEquals(3, count[0]);
    }

    @Test
    void aTurnReturnsTheNumberOfThingsDone() throws Exception {
        assertEquals(0, loop.poll(0));
        loop.execute(() -> {});
        loop.execute(() -> {});
        assertEquals(2, loop.poll(FOREVER));
        loop.schedule(0, () -> {});
        assertEquals(1, loop.poll(FOREVER));
        assertEquals(0, loop.poll(0));
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            Await.idle(loop);
            peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b")));
            assertTrue(loop.poll(FOREVER) > 0);
            Await.idle(loop);
            assertEquals(0, loop.poll(0));
        }
    }

    @Test
    void countsTheFramesThatItDelivered() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b"), Frames.frame(1, "c")));
            peered.peer().close();
            peered.awaitClose();
            assertEquals(3, loop.stats().frames());
        }
    }

    @Test
    void aTurnWaitsNoLongerThanItIsTold() {
        assertEquals(0, loop.poll(A_MILLISECOND));
        assertEquals(0, loop.poll(0));
        loop.schedule(Long.MAX_VALUE, () -> {});
        assertEquals(0, loop.poll(A_MILLISECOND));
    }

    @Test
    @ExactCalls("one wait, which a signal may end")
    void aTurnWithoutLimitWaitsForATimer() {
        boolean[] ran = new boolean[1];
        loop.schedule(20 * A_MILLISECOND, () -> ran[0] = true);
        assertEquals(1, loop.poll(FOREVER));
        assertTrue(ran[0]);
        assertEquals(1, loop.stats().turns());
    }

    @Test
    void aTurnIsEndedByATaskOfAnotherThread() throws Exception {
        boolean[] ran = new boolean[1];
        try (Background submitter = Background.run("submitter", () -> loop.execute(() -> ran[0] = true))) {
            Await.turns(loop, "the task", () -> ran[0]);
        }
    }

    @Test
    void withNothingToDoItBlocks() {
        loop.schedule(50 * A_MILLISECOND, loop::stop);
        loop.run();
        assertTrue(loop.stats().turns() <= 2 + Schedule.TURNS_IN_VAIN, loop.stats()::toString);
        assertTrue(loop.stats().waits() <= 3 + Schedule.TURNS_IN_VAIN, loop.stats()::toString);
    }

    @Test
    void spinsBeforeItBlocksAndStillHearsEverything() throws Exception {
        EventLoopOptions.Builder options = EventLoopOptions.builder().spin(Duration.ofMillis(1));
        try (TestLoop spinning = TestLoop.open(options);
                PeeredPipe peered = PeeredPipe.adopt(spinning.loop()).pushed();
                Background other = Background.run("other", () -> {
                    for (int number = 0; number < 20; number++) {
                        peered.peer().write(Frames.frame(1, "x"));
                        spinning.loop().execute(() -> {});
                    }
                })) {
            Await.turns(spinning.loop(), "all frames", () -> peered.heard().size() == 20);
            boolean[] ran = new boolean[1];
            spinning.loop().schedule(5 * A_MILLISECOND, () -> ran[0] = true);
            Await.turns(spinning.loop(), "the timer", () -> ran[0]);
        }
    }

    @Test
    void aNullTaskOrHandlerIsRefused() {
        assertThrows(NullPointerException.class, () -> loop.execute(null));
        assertThrows(NullPointerException.class, () -> loop.schedule(0, null));
        assertThrows(NullPointerException.class, () -> loop.adopt(0, 0, null));
        assertThrows(NullPointerException.class, () -> loop.watch(0, 0, null));
    }

    @Test
    void isNotClosedUntilItIs() {
        assertFalse(loop.isClosed());
        loop.close();
        assertTrue(loop.isClosed());
    }

    /** Between two polls of somebody who polls until he is told to stop. */
    @Test
    @ExactCalls("the wait that no signal ends early")
    void aStopIsNotLostBetweenTwoPolls() {
        loop.stop();
        assertEquals(0, loop.poll(FOREVER));
        loop.run(); // which it was for, too
        long begin = System.nanoTime();
        assertEquals(0, loop.poll(A_MILLISECOND));
        assertTrue(System.nanoTime() - begin >= A_MILLISECOND);
    }
}
