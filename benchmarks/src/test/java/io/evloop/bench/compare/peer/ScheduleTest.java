package io.evloop.bench.compare.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static final long MILLI = 1_000_000;
    private static final int WARMUP_MILLIS = 100;
    private static final int MEASURE_MILLIS = 40;

    private final long before = System.nanoTime();
    private final Schedule schedule = new Schedule(Jobs.of(Job.Role.SENDER, 64, 1, WARMUP_MILLIS, MEASURE_MILLIS));
    private final long after = System.nanoTime();

    /** Polls until nothing is due. */
    private List<Integer> due(long nowNanos) {
        List<Integer> codes = new ArrayList<>();
        for (int code = schedule.poll(nowNanos); code != 0; code = schedule.poll(nowNanos)) {
            codes.add(code);
        }
        return codes;
    }

    @Test
    void sendsNothingsThroughTheWarmUpOnly() {
        List<Integer> codes = due(before + WARMUP_MILLIS * MILLI - 1);
        assertTrue(codes.stream().allMatch(code -> code == Wire.NOTHING), codes.toString());
        codes.addAll(due(after + WARMUP_MILLIS * MILLI));
        assertEquals(Wire.BEGIN, codes.remove(codes.size() - 1));
        assertEquals(Collections.nCopies(64, Wire.NOTHING), codes);
    }

    @Test
    void beginsAfterTheWarmUpAndEndsAfterTheWindow() {
        due(before + WARMUP_MILLIS * MILLI - 1);
        List<Integer> begin = due(after + WARMUP_MILLIS * MILLI);
        assertEquals(Wire.BEGIN, begin.get(begin.size() - 1));
        assertWindow(after + WARMUP_MILLIS * MILLI);
    }

    private void assertWindow(long begin) {
        schedule.begun(begin);
        assertEquals(List.of(), due(begin + MEASURE_MILLIS / 2 * MILLI - 1));
        assertEquals(List.of(Wire.MIDDLE), due(begin + MEASURE_MILLIS / 2 * MILLI));
        assertEquals(List.of(), due(begin + MEASURE_MILLIS * MILLI - 1));
        assertEquals(List.of(Wire.END), due(begin + MEASURE_MILLIS * MILLI));
    }

    @Test
    void keepsTheWindowsLengthWhenItsBeginningIsLate() {
        long late = after + 10_000 * MILLI;
        List<Integer> codes = due(late);
        assertEquals(Wire.BEGIN, codes.get(codes.size() - 1));
        assertEquals(List.of(), due(late + 10_000 * MILLI)); // it is not sent yet: the pipe is full
        assertWindow(late + 20_000 * MILLI);
    }

    @Test
    void hasNothingMoreAfterTheEnd() {
        List<Integer> all = due(after + WARMUP_MILLIS * MILLI);
        schedule.begun(after);
        all.addAll(due(after + 3_600_000 * MILLI));
        assertEquals(List.of(Wire.BEGIN, Wire.MIDDLE, Wire.END), all.subList(all.size() - 3, all.size()));
        assertEquals(0, schedule.poll(after + 2 * 3_600_000 * MILLI));
    }
}
