package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pending timers: the earliest first, and first come, first served among equals. */
class TimerQueueTest {

    private static final Runnable NOTHING = () -> {};
    private static final long ANY = Long.MAX_VALUE;

    private final TimerQueue timers = new TimerQueue();

    private Timer add(long deadlineNanos) {
        return timers.add(null, deadlineNanos, NOTHING);
    }

    private List<Timer> pollAll(long nowNanos) {
        List<Timer> due = new ArrayList<>();
        for (Timer timer = timers.pollDue(nowNanos, ANY); timer != null; timer = timers.pollDue(nowNanos, ANY)) {
            due.add(timer);
        }
        return due;
    }

    // row 31
    @Test
    void firesTheEarliestFirstAndNoneEarly() {
        Timer late = add(300);
        Timer early = add(100);
        Timer middle = add(200);
        assertEquals(100, timers.nextDeadlineNanos());
        assertNull(timers.pollDue(99, ANY));
        assertSame(early, timers.pollDue(100, ANY));
        assertFalse(early.isPending());
        assertNull(timers.pollDue(199, ANY));
        assertTrue(middle.isPending());
        assertEquals(List.of(middle, late), pollAll(1_000));
        assertTrue(timers.isEmpty());
        assertNull(timers.pollDue(Long.MAX_VALUE, ANY));
    }

    @Test
    void keepsTheOrderOfScheduleAmongEqualDeadlines() {
        List<Timer> expected = new ArrayList<>();
        for (int count = 0; count < 1_000; count++) {
            expected.add(add(7));
        }
        assertEquals(expected, pollAll(7));
    }

    // row 31
    @Test
    void neverFiresWhatWasCancelled() {
        Timer first = add(1);
        Timer second = add(2);
        Timer third = add(3);
        assertTrue(timers.remove(second));
        assertFalse(timers.remove(second));
        assertFalse(second.isPending());
        assertEquals(2, timers.size());
        assertEquals(List.of(first, third), pollAll(10));
        assertFalse(timers.remove(first));
        assertEquals(0, timers.size());
    }

    // row 31
    @Test
    void letsATimerCancelAnotherThatIsDueAtTheSameMoment() {
        Timer first = add(5);
        Timer second = add(5);
        Timer third = add(5);
        assertSame(first, timers.pollDue(5, ANY));
        assertTrue(timers.remove(second));
        assertSame(third, timers.pollDue(5, ANY));
        assertNull(timers.pollDue(5, ANY));
    }

    @Test
    void leavesForTheNextTurnWhatIsScheduledInThisOne() {
        Timer old = add(5);
        long sequence = timers.nextSequence();
        Timer young = add(5);
        assertSame(old, timers.pollDue(5, sequence));
        assertNull(timers.pollDue(5, sequence));
        assertTrue(young.isPending());
        assertSame(young, timers.pollDue(5, timers.nextSequence()));
    }

    @Test
    void comparesDeadlinesAcrossTheOverflowOfTheClock() {
        Timer after = add(Long.MIN_VALUE + 10);
        Timer before = add(Long.MAX_VALUE - 10);
        assertSame(before, timers.pollDue(Long.MAX_VALUE - 5, ANY));
        assertNull(timers.pollDue(Long.MAX_VALUE, ANY));
        assertNull(timers.pollDue(Long.MIN_VALUE + 9, ANY));
        assertSame(after, timers.pollDue(Long.MIN_VALUE + 10, ANY));
    }

    @Test
    void forgetsEverythingWhenCleared() {
        List<Timer> all = List.of(add(1), add(2), add(3));
        timers.clear();
        assertTrue(timers.isEmpty());
        all.forEach(timer -> assertFalse(timer.isPending()));
        all.forEach(timer -> assertFalse(timers.remove(timer)));
        Timer next = add(4);
        assertEquals(List.of(next), pollAll(4));
    }

    /** The naive queue: a list that is sorted anew each time, where sorting keeps the order of equals. */
    @Test
    void agreesWithASortedListOnRandomSequences() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            TimerQueue queue = new TimerQueue();
            List<Timer> model = new ArrayList<>();
            long now = random.nextLong();
            int range = 1 + random.nextInt(200);
            for (int step = 0; step < 400; step++) {
                int kind = random.nextInt(10);
                if (kind < 5) {
                    model.add(queue.add(null, now + random.nextInt(range), NOTHING));
                } else if (kind < 7 && !model.isEmpty()) {
                    assertTrue(queue.remove(model.remove(random.nextInt(model.size()))));
                } else {
                    now += random.nextInt(range);
                    assertEquals(expectedDue(model, now), pollDue(queue, now), "seed " + seed);
                }
                assertEquals(model.size(), queue.size());
                assertEquals(model.isEmpty(), queue.isEmpty());
                if (!model.isEmpty()) {
                    long origin = now;
                    long earliest = model.stream()
                            .mapToLong(timer -> timer.deadlineNanos - origin)
                            .min()
                            .orElseThrow();
                    assertEquals(earliest + origin, queue.nextDeadlineNanos());
                }
            }
        }
    }

    private static List<Timer> expectedDue(List<Timer> model, long now) {
        List<Timer> sorted = new ArrayList<>(model);
        sorted.sort(Comparator.comparingLong(timer -> timer.deadlineNanos - now));
        sorted.removeIf(timer -> timer.deadlineNanos - now > 0);
        model.removeAll(sorted);
        return sorted;
    }

    private static List<Timer> pollDue(TimerQueue queue, long now) {
        List<Timer> due = new ArrayList<>();
        for (Timer timer = queue.pollDue(now, ANY); timer != null; timer = queue.pollDue(now, ANY)) {
            due.add(timer);
        }
        return due;
    }

    // row 31
    @Test
    void holdsAMillionTimersAndFiresOrCancelsEachOnce() {
        int count = 1_000_000;
        Random random = new Random(1);
        long[] deadlines = random.longs(count, 0, count).toArray();
        List<Timer> all = new ArrayList<>(count);
        for (long deadline : deadlines) {
            all.add(add(deadline));
        }
        assertEquals(count, timers.size());
        Collections.shuffle(all, random);
        List<Timer> cancelled = all.subList(0, count / 2);
        List<Timer> kept = all.subList(count / 2, count);
        cancelled.forEach(timer -> assertTrue(timers.remove(timer)));
        long[] expected =
                kept.stream().mapToLong(timer -> timer.deadlineNanos).sorted().toArray();
        long[] fired = new long[expected.length];
        int index = 0;
        for (Timer timer = timers.pollDue(count, ANY); timer != null; timer = timers.pollDue(count, ANY)) {
            fired[index++] = timer.deadlineNanos;
        }
        assertEquals(expected.length, index);
        assertTrue(Arrays.equals(expected, fired));
        assertTrue(kept.stream().noneMatch(Timer::isPending));
        assertTrue(cancelled.stream().noneMatch(Timer::isPending));
    }
}
