package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Quiet;
import io.evloop.testing.Schedule;
import io.evloop.testing.TestLoop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Timers of the loop. Lateness is the machine's business; earliness is a fault. */
class TimerLoadTest {

    private static final long MILLISECOND = 1_000_000;

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
    void neverFireEarlyAndFireInTheOrderOfTheirDeadlines() throws Exception {
        Random random = new Random(31);
        Timer[] timers = new Timer[500];
        List<Long> fired = new ArrayList<>();
        for (int index = 0; index < timers.length; index++) {
            int number = index;
            long delay = random.nextInt(50 * (int) MILLISECOND);
            long deadline = System.nanoTime() + delay; // not after the loop's own
            timers[index] = loop.schedule(delay, () -> {
                assertTrue(System.nanoTime() - deadline >= 0, "early");
                fired.add(timers[number].deadlineNanos);
            });
        }
        Await.turns(loop, "every timer", () -> fired.size() == timers.length);
        List<Long> sorted = new ArrayList<>(fired);
        Collections.sort(sorted);
        assertEquals(sorted, fired);
        assertEquals(timers.length, loop.stats().timers());
    }

    // row 31
    @Test
    void neverFireEarlyWhenTheLoopWaitsForThem() throws Exception {
        for (long delay = 1; delay < 20 * MILLISECOND; delay = delay * 3 + 1_000) {
            long begin = System.nanoTime();
            long[] fired = {0};
            loop.schedule(delay, () -> fired[0] = System.nanoTime());
            long waits = loop.stats().waits();
            while (fired[0] == 0) {
                loop.poll(-1);
            }
            assertTrue(fired[0] - begin >= delay, "after " + (fired[0] - begin) + " instead of " + delay);
            assertTrue(loop.stats().waits() - waits <= 5 + Schedule.TURNS_IN_VAIN, "it waited, and did not poll");
        }
    }

    // row 31
    @Test
    void cancelledOnesNeverFire() throws Exception {
        List<String> fired = new ArrayList<>();
        Timer kept = loop.schedule(MILLISECOND, () -> fired.add("kept"));
        Timer cancelled = loop.schedule(0, () -> fired.add("cancelled"));
        assertTrue(cancelled.isPending());
        assertTrue(cancelled.cancel());
        assertFalse(cancelled.cancel());
        assertFalse(cancelled.isPending());
        Await.turns(loop, "the timer", () -> !fired.isEmpty());
        assertEquals(List.of("kept"), fired);
        assertFalse(kept.isPending());
        assertFalse(kept.cancel(), "it has fired");
        assertEquals(1, loop.stats().timers());
    }

    // row 31
    @Test
    void oneCancelsAnotherThatIsDueInTheSameTurn() throws Exception {
        List<String> fired = new ArrayList<>();
        Timer[] timers = new Timer[3];
        timers[0] = loop.schedule(0, () -> {
            fired.add("first");
            assertTrue(timers[1].cancel());
            assertFalse(timers[0].cancel(), "it is running");
        });
        timers[1] = loop.schedule(0, () -> fired.add("second"));
        timers[2] = loop.schedule(0, () -> fired.add("third"));
        loop.poll(0);
        assertEquals(List.of("first", "third"), fired);
    }

    // row 31
    @Test
    void aMillionArePendingAtOnce() throws Exception {
        int count = 1_000_000;
        Timer[] timers = new Timer[count];
        int[] fired = {0};
        for (int index = 0; index < count; index++) {
            timers[index] = loop.schedule(index % 1_000 * 1_000L, () -> fired[0]++);
        }
        for (int index = 0; index < count; index += 2) {
            assertTrue(timers[index].cancel());
        }
        while (fired[0] < count / 2) {
            long before = fired[0];
            loop.poll(0);
            assertTrue(fired[0] - before <= 5_000, "in one turn: " + (fired[0] - before));
        }
        assertEquals(count / 2, fired[0]);
        assertTrue(loop.openContext().timers.isEmpty());
    }

    // row 31
    @Test
    void theHeapKeepsItsOrderUnderRandomCancels() throws Exception {
        TimerQueue queue = new TimerQueue();
        Random random = new Random(4);
        List<Timer> pending = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (pending.isEmpty() || random.nextInt(3) > 0) {
                pending.add(queue.add(loop, random.nextInt(1_000), () -> {}));
            } else {
                Timer timer = pending.remove(random.nextInt(pending.size()));
                assertTrue(queue.remove(timer));
                assertFalse(queue.remove(timer));
            }
        }
        pending.sort((a, b) -> a.deadlineNanos != b.deadlineNanos
                ? Long.compare(a.deadlineNanos, b.deadlineNanos)
                : Long.compare(a.sequence, b.sequence));
        for (Timer expected : pending) {
            assertEquals(expected.deadlineNanos, queue.nextDeadlineNanos());
            assertSame(expected, queue.pollDue(expected.deadlineNanos, Long.MAX_VALUE));
        }
        assertTrue(queue.isEmpty());
    }

    @Test
    void deadlinesThatWrapAroundKeepTheirOrder() throws Exception {
        TimerQueue queue = new TimerQueue();
        Timer after = queue.add(loop, Long.MIN_VALUE + 5, () -> {});
        Timer before = queue.add(loop, Long.MAX_VALUE - 5, () -> {});
        assertSame(before, queue.pollDue(Long.MAX_VALUE, Long.MAX_VALUE));
        assertEquals(null, queue.pollDue(Long.MIN_VALUE + 4, Long.MAX_VALUE));
        assertSame(after, queue.pollDue(Long.MIN_VALUE + 5, Long.MAX_VALUE));
    }

    @Test
    void theyAreBoundedInEachTurn() throws Exception {
        int[] fired = {0};
        for (int index = 0; index < 50_000; index++) {
            loop.schedule(0, () -> fired[0]++);
        }
        loop.poll(0);
        assertTrue(fired[0] > 0 && fired[0] < 50_000, "fired: " + fired[0]);
        Await.turns(loop, "the others", () -> fired[0] == 50_000);
    }

    @Test
    void oneSetByATimerWaitsForTheNextTurn() throws Exception {
        int[] fired = {0};
        loop.schedule(0, () -> {
            fired[0]++;
            loop.schedule(-5, () -> fired[0]++);
            assertEquals(1, fired[0], "from the turn alone, never from inside a call");
        });
        loop.poll(0);
        assertEquals(1, fired[0]);
        Await.turns(loop, "the second", () -> fired[0] == 2);
    }

    @Test
    void farDeadlinesAndNegativeDelaysAreFine() throws Exception {
        List<String> fired = new ArrayList<>();
        loop.schedule(Long.MAX_VALUE, () -> fired.add("never"));
        loop.schedule(Long.MIN_VALUE, () -> fired.add("at once"));
        Await.turns(loop, "the timer", () -> !fired.isEmpty());
        Quiet.assertQuiet(loop);
        assertEquals(List.of("at once"), fired);
    }

    @Test
    void oneThatThrowsIsHeardAndTheOthersFire() throws Exception {
        RuntimeException thrown = new RuntimeException("from a timer");
        boolean[] fired = {false};
        Timer failing = loop.schedule(0, () -> {
            throw thrown;
        });
        loop.schedule(0, () -> fired[0] = true);
        Await.turns(loop, "the timer", () -> fired[0]);
        TestLoop.Heard heard = test.takeError();
        assertSame(thrown, heard.error());
        assertSame(failing, heard.source());
    }

    @Test
    void theyBelongToTheLoopAndEndWithIt() throws Exception {
        Timer timer = loop.schedule(0, () -> {
            throw new AssertionError("after the close");
        });
        Background.await("stranger", () -> {
            assertThrows(IllegalStateException.class, timer::cancel);
            assertThrows(IllegalStateException.class, () -> loop.schedule(0, () -> {}));
        });
        assertThrows(NullPointerException.class, () -> loop.schedule(0, null));
        loop.close();
        assertFalse(timer.isPending());
        assertFalse(timer.cancel());
        assertThrows(IllegalStateException.class, () -> loop.schedule(0, () -> {}));
    }
}
