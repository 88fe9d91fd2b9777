package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks that wait for their time. */
class TimerTest {

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

    // row 31
    @Test
    void isNeverEarly() {
        Random random = new Random(1);
        List<Long> early = new ArrayList<>();
        int count = 500;
        for (int number = 0; number < count; number++) {
            long delay = random.nextInt(20_000_000);
            long deadline = System.nanoTime() + delay; // taken before, so at or before the timer's own
            loop.schedule(delay, () -> {
                if (System.nanoTime() - deadline < 0) {
                    early.add(deadline);
                }
            });
        }
        Await.turns(loop, "all timers", () -> loop.stats().timers() == count);
        assertEquals(List.of(), early);
    }

    // The deadlines are asked for, not presumed: the thread may lose its processor between two calls of schedule.
    @Test
    void timersOfOneTurnRunByDeadlineAndThenInTheOrderOfScheduling() {
        List<Long> order = new ArrayList<>();
        List<Timer> timers = new ArrayList<>();
        for (long delay : new long[] {3_000_000, 1_000_000, 0, 2_000_000, 1_000_000}) {
            long number = timers.size();
            timers.add(loop.schedule(delay, () -> order.add(number)));
        }
        long last =
                timers.stream().mapToLong(timer -> timer.deadlineNanos).max().getAsLong();
        Await.until("all are due", () -> System.nanoTime() - last > 0);
        loop.poll(0);
        List<Long> expected = timers.stream()
                .sorted((one, other) -> one.deadlineNanos != other.deadlineNanos
                        ? Long.signum(one.deadlineNanos - other.deadlineNanos)
                        : Long.compare(one.sequence, other.sequence))
                .map(timer -> (long) timers.indexOf(timer))
                .toList();
        assertEquals(expected, order);
    }

    @Test
    void aDelayOf0OrLessIsTheComingTurn() {
        List<String> order = new ArrayList<>();
        loop.schedule(0, () -> order.add("zero"));
        loop.schedule(-5, () -> order.add("less"));
        loop.schedule(Long.MIN_VALUE, () -> order.add("least"));
        assertEquals(List.of(), order);
        assertEquals(3, loop.poll(0));
        assertEquals(List.of("zero", "less", "least"), order);
    }

    @Test
    void aTimerThatSchedulesItselfForNowDoesNotKeepTheTurn() {
        int[] count = new int[1];
        loop.schedule(0, new Runnable() {
            @Override
            public void run() {
                count[0]++;
                loop.schedule(0, this);
            }
        });
        for (int turn = 1; turn <= 5; turn++) {
            loop.poll(0);
        }
        assertTrue(count[0] >= 5 && count[0] <= 10, count[0] + " in 5 turns");
    }

    // row 31
    @Test
    void aCancelledTimerNeverRuns() {
        boolean[] ran = new boolean[1];
        Timer timer = loop.schedule(0, () -> ran[0] = true);
        assertTrue(timer.isPending());
        assertTrue(timer.cancel());
        assertFalse(timer.isPending());
        assertFalse(timer.cancel());
        Await.idle(loop);
        assertFalse(ran[0]);
    }

    @Test
    void aTimerThatHasRunCannotBeCancelled() {
        Timer timer = loop.schedule(0, () -> {});
        loop.poll(0);
        assertFalse(timer.isPending());
        assertFalse(timer.cancel());
    }

    // row 31
    @Test
    void aTimerMayCancelAnotherThatIsDueInTheSameTurn() {
        List<String> order = new ArrayList<>();
        Timer[] second = new Timer[1];
        loop.schedule(0, () -> order.add("first cancels " + second[0].cancel()));
        second[0] = loop.schedule(0, () -> order.add("second"));
        loop.schedule(0, () -> order.add("third"));
        Await.idle(loop);
        assertEquals(List.of("first cancels true", "third"), order);
    }

    @Test
    void isNotPendingWhileItRuns() {
        boolean[] pending = {true};
        Timer[] timer = new Timer[1];
        timer[0] = loop.schedule(0, () -> pending[0] = timer[0].isPending());
        loop.poll(0);
        assertFalse(pending[0]);
    }

    @Test
    void theLongestDelayNeverRunsAndDisturbsNoOther() {
        boolean[] ran = new boolean[2];
        loop.schedule(Long.MAX_VALUE, () -> ran[0] = true);
        loop.schedule(TimeUnit.MILLISECONDS.toNanos(1), () -> ran[1] = true);
        Await.turns(loop, "the short one", () -> ran[1]);
        assertFalse(ran[0]);
    }

    @Test
    void cancelsAnyOfManyAndRunsTheRest() {
        Random random = new Random(7);
        List<Timer> timers = new ArrayList<>();
        int[] ran = new int[1];
        for (int number = 0; number < 2000; number++) {
            timers.add(loop.schedule(random.nextInt(5_000_000), () -> ran[0]++));
        }
        int cancelled = 0;
        for (Timer timer : timers) {
            if (random.nextBoolean()) {
                assertTrue(timer.cancel());
                cancelled++;
            }
        }
        int expected = 2000 - cancelled;
        Await.turns(loop, "the rest", () -> ran[0] == expected);
        assertTrue(timers.stream().noneMatch(Timer::isPending));
    }
}
