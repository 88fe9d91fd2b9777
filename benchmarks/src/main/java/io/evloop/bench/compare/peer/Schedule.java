package io.evloop.bench.compare.peer;

import java.util.Arrays;

/**
 * When the driving side sends control frames: nothings through the warm-up, then begin; middle and end by the time at which
 * begin was really sent, which may be late.
 */
final class Schedule {

    private static final int NOTHINGS = 64;
    private static final long NEVER = Long.MAX_VALUE / 2;

    private final int[] codes = new int[NOTHINGS + 4];
    private final long[] dueNanos = new long[NOTHINGS + 4];
    private final long measureNanos;
    private int next;

    Schedule(Job job) {
        long start = System.nanoTime();
        long begin = start + job.warmupNanos();
        measureNanos = job.measureNanos();
        Arrays.fill(codes, 0, NOTHINGS, Wire.NOTHING);
        for (int i = 0; i < NOTHINGS; i++) {
            dueNanos[i] = start + job.warmupNanos() * i / NOTHINGS;
        }
        set(NOTHINGS, Wire.BEGIN, begin);
        set(NOTHINGS + 1, Wire.MIDDLE, begin + NEVER);
        set(NOTHINGS + 2, Wire.END, begin + NEVER);
        set(NOTHINGS + 3, 0, begin + NEVER);
    }

    private void set(int index, int code, long due) {
        codes[index] = code;
        dueNanos[index] = due;
    }

    /** The window is open: what is due in it. May be called before, and counts from the last call. */
    void begun(long beginNanos) {
        dueNanos[NOTHINGS + 1] = beginNanos + measureNanos / 2;
        dueNanos[NOTHINGS + 2] = beginNanos + measureNanos;
    }

    /** The control code that is due now; 0: none. One way through for all of them: the compiler has seen it before begin. */
    int poll(long nowNanos) {
        if (nowNanos - dueNanos[next] < 0) {
            return 0;
        }
        return codes[next++];
    }
}
