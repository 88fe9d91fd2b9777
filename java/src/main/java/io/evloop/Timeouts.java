package io.evloop;

import io.evloop.error.FrameTimeoutException;
import io.evloop.error.IdleTimeoutException;
import io.evloop.error.TruncatedFrameException;
import java.time.Duration;

/**
 * The two patiences of a pipe: with a frame that does not get complete, and with a peer to and from whom nothing moves.
 * Neither counts while reading is paused or bytes or frames wait for their turn: then it is not the peer who stalls. A timer
 * is not moved for each byte: when it fires it looks how long it really was, and looks once more when the kernel has named
 * everything that is ready, because it may be the loop that was late, and the bytes are there but unread. Loop thread only.
 */
final class Timeouts {

    private static final long NO_FRAME = -1;

    private final LoopContext context;
    private final Endpoint endpoint;
    private final long frameNanos;
    private final long idleNanos;
    private Timer frameTimer;
    private Timer idleTimer;
    private long lastMoveNanos;
    private long frameSinceNanos;

    private final SecondLook idleLook;
    private final SecondLook frameLook;

    /** The count of complete frames in front of the one that is not complete. */
    private long frame = NO_FRAME;

    private Timeouts(LoopContext context, Endpoint endpoint, long frameNanos, long idleNanos) {
        this.context = context;
        this.endpoint = endpoint;
        this.frameNanos = frameNanos;
        this.idleNanos = idleNanos;
        this.idleLook = new SecondLook(context);
        this.frameLook = new SecondLook(context);
    }

    /** Null if both are off. Any thread. */
    static Timeouts of(Endpoint endpoint, PipeOptions options) {
        long frameNanos = options.partialFrameTimeoutNanos();
        long idleNanos = options.idleTimeoutNanos();
        return frameNanos == 0 && idleNanos == 0
                ? null
                : new Timeouts(endpoint.context(), endpoint, frameNanos, idleNanos);
    }

    /** The connection is registered. */
    void start() {
        if (idleNanos > 0) {
            lastMoveNanos = System.nanoTime();
            armIdle(lastMoveNanos + idleNanos);
        }
    }

    /** Bytes came, were taken, or went. */
    void onBytes() {
        if (idleNanos > 0) {
            lastMoveNanos = System.nanoTime();
        }
    }

    /** All complete frames were delivered, or declined. */
    void onTurn() {
        if (frameNanos == 0) {
            return;
        }
        if (endpoint.inbound().buffer().isEmpty() || endpoint.protocol().holdsEnd()) {
            frame = NO_FRAME;
        } else if (frame != endpoint.stats().framesIn) {
            frame = endpoint.stats().framesIn;
            frameSinceNanos = System.nanoTime();
            frameLook.reset();
            armFrame();
        }
    }

    void onResume() {
        long now = System.nanoTime();
        lastMoveNanos = now;
        frameSinceNanos = now;
        frameLook.reset();
        if (frame != NO_FRAME) {
            armFrame();
        }
    }

    void cancel() {
        if (frameTimer != null) {
            frameTimer.queue.remove(frameTimer);
        }
        if (idleTimer != null) {
            idleTimer.queue.remove(idleTimer);
        }
    }

    private void armFrame() {
        armFrame(frameSinceNanos + frameNanos);
    }

    private void armFrame(long atNanos) {
        if (frameTimer == null) {
            frameTimer = context.timers.add(context.loop, atNanos, this::checkFrame);
        }
    }

    private void checkFrame() {
        frameTimer = null;
        if (frame != endpoint.stats().framesIn
                || isUnheard()
                || endpoint.protocol().holdsEnd()
                || !endpoint.isOpen()) {
            return;
        }
        long now = System.nanoTime();
        if (now - frameSinceNanos < frameNanos) {
            armFrame();
        } else if (!frameLook.isTaken() || endpoint.inbound().isReadDue()) {
            armFrame(now); // behind whatever else is due
        } else if (endpoint.protocol().truncation() instanceof TruncatedFrameException truncation) {
            endpoint.closeWith(new FrameTimeoutException(
                    truncation.wantedBytes(), truncation.gotBytes(), Duration.ofNanos(frameNanos)));
        }
    }

    /** Whether it is for us that nothing comes: nobody wants it at present. */
    private boolean isUnheard() {
        return endpoint.inbound().isPaused() || !endpoint.protocol().wantsInput();
    }

    /** Whether it is not the peer who is waited for. What is queued is for him to take, though nobody wants his frames. */
    private boolean isForUsToMove() {
        Inbound inbound = endpoint.inbound();
        return inbound.isPaused()
                || inbound.isReadDue()
                || endpoint.protocol().holdsEnd()
                || isUnheard() && inbound.readable && endpoint.outbound().isEmpty();
    }

    private void armIdle(long atNanos) {
        idleTimer = context.timers.add(context.loop, atNanos, this::checkIdle);
    }

    private void checkIdle() {
        long now = System.nanoTime();
        if (endpoint.isOpen() && isForUsToMove()) {
            lastMoveNanos = now;
        }
        if (now - lastMoveNanos < idleNanos) {
            idleLook.reset();
            armIdle(lastMoveNanos + idleNanos);
        } else if (!idleLook.isTaken()) {
            armIdle(now); // behind whatever else is due
        } else {
            endpoint.closeWith(new IdleTimeoutException(Duration.ofNanos(idleNanos)));
        }
    }
}
