package io.evloop.testing;

import io.evloop.EventLoop;
import io.evloop.LoopStats;

/** The claim that a loop has nothing to do: it waits in the kernel instead of turning. */
public final class Quiet {

    private static final long NANOS = 200_000_000;

    /** One turn is the wait itself; a signal to the JVM may end it early. */
    private static final int TURNS = 3 + Schedule.TURNS_IN_VAIN;

    private Quiet() {}

    /** Lets the loop wait for a while, on this thread; fails if it is woken for anything. */
    public static void assertQuiet(EventLoop loop) {
        assertQuiet(loop, NANOS);
    }

    /** The same, for {@code nanos} nanoseconds. */
    public static void assertQuiet(EventLoop loop, long nanos) {
        LoopStats stats = loop.stats();
        long turns = stats.turns();
        long events = stats.events();
        long waits = stats.waits();
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            loop.poll(left);
        }
        if (stats.events() > events || stats.turns() > turns + TURNS || stats.waits() > waits + TURNS) {
            throw new AssertionError(stats.events() - events + " events in " + (stats.turns() - turns) + " turns and "
                    + (stats.waits() - waits) + " waits of a loop that should be quiet: " + loop);
        }
    }
}
