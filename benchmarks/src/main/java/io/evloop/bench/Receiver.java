package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.FrameHandler;
import io.evloop.Pipe;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Takes numbered frames from the pipes of one loop, on whose thread it is used, and checks each. */
final class Receiver {

    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final EventLoop loop;
    private final int payloadLength;
    private final Runnable onEach;
    private final List<Inlet> inlets = new ArrayList<>();
    private long received;
    private long wanted;
    private boolean ended;
    private Throwable endCause;

    Receiver(EventLoop loop, int payloadLength) {
        this(loop, payloadLength, () -> {});
    }

    /**
     * @param onEach called after each frame
     */
    Receiver(EventLoop loop, int payloadLength, Runnable onEach) {
        this.loop = loop;
        this.payloadLength = payloadLength;
        this.onEach = onEach;
    }

    void add(Pipe pipe) {
        Inlet inlet = new Inlet();
        inlets.add(inlet);
        pipe.onFrame(inlet).onClose((closed, cause) -> {
            ended = true;
            endCause = cause;
        });
    }

    /** Frames so far. */
    long received() {
        checkOpen();
        return received;
    }

    /** Turns the loop until {@code count} frames more have come than all earlier calls have asked for. */
    void receive(int count) {
        wanted += count;
        while (received < wanted) {
            turn();
        }
    }

    /** A turn in which something must happen: whoever is to send is alive and does. */
    private void turn() {
        if (loop.poll(PATIENCE_NANOS) == 0) {
            awaitProgress();
        }
        checkOpen();
    }

    private void checkOpen() {
        if (ended) {
            throw new IllegalStateException("a pipe has ended after " + received + " frames", endCause);
        }
    }

    /** An idle turn may come from a signal or a wake-up; many seconds of them do not. */
    private void awaitProgress() {
        long start = System.nanoTime();
        while (loop.poll(PATIENCE_NANOS) == 0) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new IllegalStateException("no frame comes after " + received);
            }
        }
    }

    /** The frames, since the last call, of the pipe that got the fewest, times the number of pipes. */
    long leastTimesPipes() {
        long least = Long.MAX_VALUE;
        for (Inlet inlet : inlets) {
            least = Math.min(least, inlet.sequence - inlet.sequenceBefore);
            inlet.sequenceBefore = inlet.sequence;
        }
        return least * inlets.size();
    }

    /** What comes from one pipe, in order. */
    private final class Inlet implements FrameHandler {
        private long sequence;
        private long sequenceBefore;

        @Override
        public void onFrame(Pipe pipe, int channelId, ByteBuffer payload) {
            Payload.verify(channelId, payload, payloadLength, sequence);
            sequence++;
            received++;
            onEach.run();
        }
    }
}
