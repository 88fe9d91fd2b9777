package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Together;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks from any thread, and when the loop is woken for them. */
class TaskQueueTest {

    private static final long DEADLINE_NANOS = 30_000_000_000L;
    private static final int THREADS = 8;

    private Epoll epoll;
    private TaskQueue tasks;

    @BeforeEach
    void open() throws IOException {
        epoll = Epoll.open(1);
        tasks = new TaskQueue(epoll);
    }

    @AfterEach
    void close() throws IOException {
        epoll.close();
    }

    private int runAll() {
        int count = 0;
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
            count++;
        }
        return count;
    }

    @Test
    void keepsTheOrderInWhichTasksCame() {
        List<Integer> ran = new ArrayList<>();
        for (int number = 0; number < 100; number++) {
            int own = number;
            tasks.add(() -> ran.add(own));
        }
        assertFalse(tasks.isEmpty());
        assertEquals(100, runAll());
        for (int number = 0; number < 100; number++) {
            assertEquals(number, ran.get(number));
        }
        assertTrue(tasks.isEmpty());
        assertNull(tasks.poll());
    }

    @Test
    void wakesTheLoopOnlyIfItMayBeAsleep() {
        tasks.add(() -> {});
        assertEquals(0, epoll.wakeups());
        runAll();
        tasks.fallAsleep();
        assertTrue(tasks.mayBlock());
        tasks.add(() -> {});
        tasks.add(() -> {});
        assertEquals(1, epoll.wakeups());
        assertFalse(tasks.mayBlock());
        tasks.awake();
        tasks.add(() -> {});
        assertEquals(1, epoll.wakeups());
    }

    @Test
    void lookedAtBeforeItSleepsShowsEveryRequest() {
        assertTrue(tasks.mayBlock());
        tasks.requestStop();
        assertTrue(tasks.isStopRequested());
        assertFalse(tasks.mayBlock());
        tasks.polled(); // which keeps it for the next run
        assertTrue(tasks.mayBlock());
        tasks.beginRun();
        assertFalse(tasks.mayBlock());
        tasks.stopped();
        assertFalse(tasks.isStopRequested());
        tasks.beginRun();
        assertTrue(tasks.mayBlock());
        tasks.requestClose();
        assertTrue(tasks.isCloseRequested());
        assertFalse(tasks.mayBlock());
    }

    @Test
    void refusesTasksOnceItIsClosedAndNamesThem() {
        tasks.add(() -> {});
        tasks.close();
        Runnable late = new Runnable() {
            @Override
            public void run() {
                throw new AssertionError("it ran");
            }

            @Override
            public String toString() {
                return "the late one";
            }
        };
        RejectedExecutionException refused = assertThrows(RejectedExecutionException.class, () -> tasks.add(late));
        assertTrue(refused.getMessage().contains("the late one"), refused.getMessage());
        assertEquals(1, runAll());
    }

    // row 29
    @Test
    void losesNoTaskOfEightThreadsThoughTheLoopSleepsWheneverItCan() throws Exception {
        int perThread = 20_000;
        AtomicInteger ran = new AtomicInteger();
        AtomicIntegerArray next = new AtomicIntegerArray(THREADS);
        try (Together adding = Together.start(THREADS, thread -> {
            for (int number = 0; number < perThread; number++) {
                int own = number;
                tasks.add(() -> {
                    assertEquals(own, next.getAndIncrement(thread));
                    ran.incrementAndGet();
                });
            }
        })) {
            while (ran.get() < THREADS * perThread) {
                sleep();
                runAll();
            }
        }
        assertEquals(THREADS * perThread, ran.get());
    }

    private void sleep() throws IOException {
        tasks.fallAsleep();
        long start = System.nanoTime();
        epoll.await(tasks.mayBlock() ? DEADLINE_NANOS : 0);
        assertTrue(System.nanoTime() - start < DEADLINE_NANOS, "it was not woken");
        tasks.awake();
    }

    // row 29
    @Test
    void runsOrRefusesEachTaskThatRacesWithTheClose() throws Exception {
        for (int round = 0; round < 500; round++) {
            TaskQueue closing = new TaskQueue(epoll);
            AtomicInteger ran = new AtomicInteger();
            AtomicInteger accepted = new AtomicInteger();
            Together adding = Together.start(3, thread -> {
                Runnable task = ran::incrementAndGet;
                try {
                    for (int count = 0; count < 10_000; count++) {
                        closing.add(task);
                        accepted.incrementAndGet();
                    }
                } catch (RejectedExecutionException e) {
                    return; // as it should be, and for good
                }
            });
            for (int count = 0; count < round; count++) {
                run(closing);
            }
            closing.close();
            run(closing);
            adding.close();
            assertEquals(accepted.get(), ran.get());
            assertTrue(closing.isEmpty());
        }
    }

    private static void run(TaskQueue closing) {
        for (Runnable task = closing.poll(); task != null; task = closing.poll()) {
            task.run();
        }
    }
}
