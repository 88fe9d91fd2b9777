package io.evloop;

import io.evloop.buffer.SendRing;
import io.evloop.frame.FrameLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The senders of one pipe, and the way of their frames into its queue. Loop thread only. */
final class PipeSenders {

    private final Pipe pipe;
    private final FrameOutput output;
    private final PipeStats stats;
    private final TaskQueue tasks;
    private final List<Sender> senders = new ArrayList<>();
    private final SendRing.Consumer move = this::move;
    private int firstToResume;
    private boolean precedence;
    private boolean stalled;
    private boolean finished;

    PipeSenders(Pipe pipe, FrameOutput output, PipeStats stats, TaskQueue tasks) {
        this.pipe = pipe;
        this.output = output;
        this.stats = stats;
        this.tasks = tasks;
    }

    Sender open(int capacity, int maxFrameLength) {
        Sender sender = new Sender(pipe, tasks, capacity, maxFrameLength);
        if (finished || !output.isOpen()) {
            sender.ring().close();
        } else {
            senders.add(sender);
        }
        return sender;
    }

    /**
     * Moves the frames of one sender, until the pipe is above its high water mark: then its drain calls {@link #resume}.
     *
     * @return false if the senders have come to their end
     */
    boolean moveFrom(Sender sender) {
        if (finished) {
            return false;
        }
        SendRing ring = sender.ring();
        if (ring.drain(move, ring.capacity()) >= ring.capacity()) {
            sender.signal(); // the others have their turn first
        }
        return true;
    }

    private boolean move(int channelId, ByteBuffer memory, int payload, int length) {
        if (!output.isAboveHighWater()
                && output.append(channelId, memory, payload, length).isAccepted()) {
            return true;
        }
        stalled = true;
        return false;
    }

    /** Whether those that wait go before the pipe's user: every other time, because either may take all the room. */
    boolean takePrecedence() {
        boolean taken = stalled && precedence;
        if (stalled) {
            precedence = !precedence;
        }
        return taken;
    }

    /** The pipe has room again: for another sender first each time, because the first one may take all of it. */
    void resume() {
        if (stalled) {
            stalled = false;
            int count = senders.size(); // a drain handler may add one
            int first = firstToResume++;
            for (int index = 0; index < count; index++) {
                senders.get(Math.floorMod(first + index, count)).resume();
            }
        }
    }

    /** Nothing more is accepted; what was is appended to the pipe's queue, beyond its bounds if need be. */
    void finish() {
        finished = true;
        output.voidClaim();
        for (Sender sender : senders) {
            sender.ring().close();
            sender.ring().drain(output::appendBeyondLimits, Long.MAX_VALUE);
        }
    }

    /** The pipe is closed: what is left is unsent. */
    void close() {
        finished = true;
        for (Sender sender : senders) {
            sender.ring().close();
            sender.ring().drain(this::countUnsent, Long.MAX_VALUE);
        }
        senders.clear();
    }

    private boolean countUnsent(int channelId, ByteBuffer memory, int payload, int length) {
        int bytes = FrameLayout.HEADER_LENGTH + length;
        stats.account.frames++;
        stats.bytesOut += bytes;
        stats.unsentFrames++;
        stats.unsentBytes += bytes;
        return true;
    }
}
