package io.evloop;

/**
 * The patience of a timeout whose time is over: before it ends anything the kernel is asked once more, and wholly, since it may
 * be this loop that was late. Loop thread only.
 */
final class SecondLook {

    private static final long NOT_OVERDUE = -1;

    private final LoopContext context;

    /** The count of {@link LoopContext#completeWaits} when it was found to be overdue. */
    private long waits = NOT_OVERDUE;

    SecondLook(LoopContext context) {
        this.context = context;
    }

    /** Asked whenever the time is over: whether the look was taken. If not, to be asked again in a later turn. */
    boolean isTaken() {
        if (waits == NOT_OVERDUE) {
            waits = context.completeWaits;
        }
        return waits != context.completeWaits;
    }

    /** The time begins anew. */
    void reset() {
        waits = NOT_OVERDUE;
    }
}
