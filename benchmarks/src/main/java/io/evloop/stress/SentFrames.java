package io.evloop.stress;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Sender;
import io.evloop.WriteResult;
import java.nio.ByteBuffer;

/** Frames that tell of tearing, and what has arrived of them. On the loop's thread, but for {@link #write}. */
final class SentFrames {

    /** In the place of a count: a frame is torn, or out of its thread's order. */
    static final int BROKEN = -1;

    private static final int THREADS = 3;
    private static final int LONGS = 5;

    private final int[] last = new int[THREADS];
    private int count;
    private boolean broken;

    static WriteResult write(Sender sender, int thread, int number) {
        ByteBuffer payload = ByteBuffer.allocate(LONGS * Long.BYTES);
        while (payload.hasRemaining()) {
            payload.putLong(content(thread, number));
        }
        return sender.writeFrame(thread, payload.flip());
    }

    private static long content(int thread, int number) {
        return (long) thread << 32 | number;
    }

    /** The handler. */
    void take(Pipe pipe, int thread, ByteBuffer payload) {
        long content = content(thread, ++last[thread]);
        broken |= payload.remaining() != LONGS * Long.BYTES;
        while (payload.hasRemaining()) {
            broken |= payload.getLong() != content;
        }
        count++;
    }

    /** Polls until so many have arrived; returns how many have, fewer if the loop slept in vain, or {@link #BROKEN}. */
    int await(EventLoop loop, int wanted) {
        long start = System.nanoTime();
        while (count < wanted && System.nanoTime() - start < Loops.LONG_NANOS) {
            loop.poll(Loops.LONG_NANOS);
        }
        return broken ? BROKEN : count;
    }
}
