package io.evloop;

import io.evloop.buffer.SendRing;
import io.evloop.frame.FrameLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The way into a {@link Pipe} for other threads: a bounded queue off-heap that any number of threads write frames into and
 * the loop moves on from. Frames of one thread keep their order; towards frames of other threads, and those that the loop's
 * own thread writes, there is none. Nothing is allocated per frame. Made by {@link Pipe#sender()}; ends with its pipe.
 *
 * <p>A {@link StackOverflowError} inside {@code writeFrame} gives that frame up, and holds up no other. On JDK 22 and later C2
 * leaves out exception handlers that were never entered, and one of them may be lost at the very end of a stack: then the
 * frames behind wait for ever. {@code -XX:-ProfileExceptionHandlers} makes it keep them.
 */
public final class Sender {

    private static final VarHandle SIGNALLED = signalledHandle();

    private final Pipe pipe;
    private final TaskQueue tasks;
    private final SendRing ring;
    private final int maxFrameLength;
    private final long highWater;
    private final long lowWater;
    private volatile boolean signalled;

    /** The loop was called for, and could not be woken. */
    private volatile boolean unheard;

    private final AtomicBoolean waiting = new AtomicBoolean();

    /** Bytes of the longest payload that was FULL, since {@code onDrain} was told. */
    private final AtomicInteger refusedLength = new AtomicInteger();

    private Consumer<Sender> drainHandler;

    /** The next of those who have called for the loop. Written before it is published. */
    Sender nextSignalled;

    Sender(Pipe pipe, TaskQueue tasks, int capacity, int maxFrameLength) {
        this.pipe = pipe;
        this.tasks = tasks;
        this.ring = new SendRing(capacity);
        this.maxFrameLength = Math.min(maxFrameLength, ring.maxPayloadLength());
        this.highWater = ring.capacity() / 2;
        this.lowWater = ring.capacity() / 8;
    }

    private static VarHandle signalledHandle() {
        try {
            return MethodHandles.lookup().findVarHandle(Sender.class, "signalled", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The pipe that the frames go to. Any thread. */
    public Pipe pipe() {
        return pipe;
    }

    /** The longest payload, bytes: that of the pipe, and at most about half of {@link #capacity}. Any thread. */
    public int maxFrameLength() {
        return maxFrameLength;
    }

    /**
     * Bytes that can wait here for the loop; each frame takes 8 more than its payload, rounded up to 8, and contiguous: what is
     * left at the end of the queue's memory, if it is too little for a frame, counts until those before it have moved on. Any
     * thread.
     */
    public int capacity() {
        return ring.capacity();
    }

    /** Of {@link #capacity}, the bytes that are taken: a moment's value. Any thread. */
    public long queuedBytes() {
        return ring.usedBytes();
    }

    /**
     * Queues one frame and never blocks. Any thread. {@code payload} is copied; its position advances past the copied bytes
     * if and only if the frame was accepted.
     *
     * @param channelId 0 to 65535
     * @param payload 1 to {@link #maxFrameLength()} bytes, header excluded
     * @return {@link WriteResult#OK}; {@link WriteResult#ABOVE_HIGH_WATER}: accepted, and half of the queue is taken;
     *     {@link WriteResult#FULL}: not accepted; after either, {@code onDrain} will follow, or the end of the pipe's output;
     *     {@link WriteResult#CLOSED}: not accepted, the pipe is closed or half-closed
     * @throws IllegalArgumentException if the channel or the length is out of range
     */
    public WriteResult writeFrame(int channelId, ByteBuffer payload) {
        final int length = payload.remaining();
        FrameLayout.checkFrame(channelId, length, maxFrameLength);
        final int written;
        try {
            written = ring.write(payload, payload.position(), length, channelId);
        } catch (RuntimeException | Error e) {
            signal(); // the loop gives up what may have been claimed: another's frame may wait behind it
            throw e;
        }
        if (written < 0) {
            return refused(written, length);
        }
        final WriteResult result = accepted();
        payload.position(payload.limit());
        return result;
    }

    /** The same, of {@code length} bytes of an array from {@code offset}. */
    public WriteResult writeFrame(int channelId, byte[] payload, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, payload.length);
        FrameLayout.checkFrame(channelId, length, maxFrameLength);
        final int written;
        try {
            written = ring.write(payload, offset, length, channelId);
        } catch (RuntimeException | Error e) {
            signal(); // as above
            throw e;
        }
        return written < 0 ? refused(written, length) : accepted();
    }

    private WriteResult accepted() {
        if (ring.usedBytes() <= highWater) {
            signal();
            return WriteResult.OK;
        }
        waiting.set(true);
        signal();
        return WriteResult.ABOVE_HIGH_WATER;
    }

    private WriteResult refused(int reason, int length) {
        if (reason == SendRing.CLOSED) {
            return WriteResult.CLOSED;
        }
        refusedLength.accumulateAndGet(length, Math::max);
        waiting.set(true);
        signal();
        return WriteResult.FULL;
    }

    /** Calls for the loop, unless somebody has and it has not come yet. */
    void signal() {
        VarHandle.fullFence(); // publish, then look at the flag; the loop lowers the flag, then looks for frames
        boolean first = !signalled && SIGNALLED.compareAndSet(this, false, true);
        if (!first && !unheard) {
            return;
        }
        boolean called = !first;
        boolean woken = false;
        unheard = false;
        try {
            if (first) {
                tasks.signal(this);
                called = true;
            }
            tasks.wake();
            woken = true;
        } finally { // for want of stack, perhaps: the next one is to try again
            if (!called) {
                signalled = false;
            } else if (!woken) {
                unheard = true;
            }
        }
    }

    /**
     * Sets who is called, in a turn of the loop, once there is room again after a write was ABOVE_HIGH_WATER or FULL: at least
     * seven eighths of the capacity, and for the longest frame that was refused. Once for all such writes since the last call.
     * Loop thread only.
     */
    public Sender onDrain(Consumer<Sender> handler) {
        pipe.connection().loop().checkThread();
        drainHandler = handler;
        return this;
    }

    // the loop ---------------------------------------------------------------------------------------------------

    /** The loop has come because of {@link #signal}, and may be called for anew. */
    void serve() {
        signalled = false;
        VarHandle.fullFence();
        ring.giveUpAbandoned();
        resume();
    }

    /** Moves what is here to the pipe, as far as that has room. The loop may be called for all the same. */
    void resume() {
        if (pipe.senders().moveFrom(this) && waiting.get() && ring.usedBytes() <= lowWater) {
            int length = refusedLength.get();
            if (ring.fits(length) && waiting.compareAndSet(true, false)) {
                refusedLength.compareAndSet(length, 0);
                tellDrain();
            }
        }
    }

    private void tellDrain() {
        if (drainHandler == null) {
            return;
        }
        LoopContext context = pipe.endpoint().context();
        HandlerEvent.Slow event = HandlerEvent.start(context);
        try {
            drainHandler.accept(this);
        } finally {
            HandlerEvent.finish(event, this);
        }
        context.abortOpenClaims();
    }

    SendRing ring() {
        return ring;
    }

    @Override
    public String toString() {
        return "Sender[queued=" + queuedBytes() + " of " + capacity() + ", " + pipe + "]";
    }
}
