package io.evloop;

import io.evloop.buffer.OutputQueue;

/**
 * Who was told to wait for room in one connection's output, and when to go on. Nothing here calls back: an endpoint whose
 * writers may go on is left in the loop's batch for the turn to ask. Loop thread only.
 */
final class OutputDrain {

    private final LoopContext context;
    private final Endpoint endpoint;
    private final OutputAccount account;
    private final OutputQueue queue;
    private int refusedBytes;
    private boolean aboveHighWater;

    /** Writers go on once the queue is empty, not at the low water mark. */
    private boolean untilEmpty;

    private boolean owed;
    private boolean queued;
    private boolean starving;

    OutputDrain(LoopContext context, Endpoint endpoint, OutputAccount account, OutputQueue queue) {
        this.context = context;
        this.endpoint = endpoint;
        this.account = account;
        this.queue = queue;
    }

    boolean isAboveHighWater() {
        return aboveHighWater;
    }

    /** Whether a writer is to wait, or {@code bytes} in one piece would be refused; 0: whether a writer is to wait. */
    boolean isFull(int bytes) {
        account.settle();
        return aboveHighWater || bytes > 0 && !account.canGrow(queue.growth(bytes));
    }

    /** Writers are asked to slow down. Settled. */
    void slowDown() {
        aboveHighWater = true;
        owed = true;
        if (account.takeCrossing()) {
            PipeEvent.highWater(endpoint.protocol().owner(), account.queued());
        }
    }

    /**
     * Part of a frame that is above the high water mark by itself is queued. The next such one goes past the queue if that is
     * empty, and behind a remainder it would be copied, all of it, while the peer has nothing to read.
     */
    void awaitEmptiness() {
        untilEmpty = true;
    }

    /** Somebody waits, for {@code bytes} in one piece if they are not 0. */
    void await(int bytes) {
        refusedBytes = Math.max(refusedBytes, bytes);
        owed = true;
        check();
    }

    /** There is a new owner, with bounds of its own: what the former one was refused does not matter any more. */
    void forgetRefusal() {
        refusedBytes = 0;
        check();
    }

    /** The queue has shrunk, or something else has changed: the turn is to ask. */
    void check() {
        if (owed && !queued) {
            context.draining.add(endpoint); // first: whoever has no stack left for that is to ask again
            queued = true;
        }
    }

    /**
     * Whether who was told to wait can go on: asked by the turn after the queue has shrunk. A refusal by the bound of the
     * whole loop is asked again each turn, because other connections lift it.
     *
     * @param held whether they are to wait whatever room there is
     */
    boolean take(boolean held) {
        account.settle();
        queued = false;
        starving = false;
        if (!owed || held || !endpoint.isWritable()) {
            return false;
        }
        long growth = refusedBytes == 0 ? 0 : queue.growth(refusedBytes);
        if (growth > 0 && !context.hasRoom(growth)) {
            queued = true;
            starving = true;
            context.starved.add(endpoint);
            return false;
        }
        OutputLimits limits = account.limits();
        if (account.queued() > (untilEmpty ? 0 : limits.lowWater())
                || account.queued() + growth > limits.maxQueuedBytes()) {
            return false;
        }
        refusedBytes = 0;
        untilEmpty = false;
        aboveHighWater = false;
        account.drained();
        owed = false;
        return true;
    }

    /** The output is over. */
    void clear() {
        if (starving) {
            context.starved.remove(endpoint);
        }
    }
}
