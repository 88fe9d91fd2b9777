package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.sys.Errno;
import io.evloop.sys.Native;

/**
 * The end of a connection of which only the output still matters. What comes meanwhile is read and dropped: a peer that must
 * get rid of its own output first would otherwise never read ours.
 *
 * <p>Over TCP everything being in the kernel is not the end of it: where input comes to, or waits in, a socket that is closed,
 * the kernel answers with a reset, and drops what it has not sent ({@code tcp(7)}, RFC 1122, 4.2.2.13). So the output is
 * half-closed, and the close waits for the peer's own end; not for ever. Loop thread only.
 */
final class LastFlush {

    /** How long the peer may be silent behind our end: its acknowledgements are under way, or it waits for our close. */
    private static final long SILENCE_NANOS = 5_000_000_000L;

    /** How long it may go on sending. */
    private static final long LONGEST_NANOS = 30_000_000_000L;

    private final Endpoint endpoint;
    private final LoopContext context;
    private final SecondLook look;
    private Timer patience;
    private long sentAt;
    private long heardAt;
    private boolean peerEnded;

    LastFlush(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.context = endpoint.context();
        this.look = new SecondLook(context);
    }

    /** Whether the peer has an end of its own to wait for, behind which nothing of ours is lost any more. */
    boolean isTwoSided() {
        return endpoint.isSocket() && !peerEnded && !endpoint.inbound().ended && !endpoint.isUnixSocket();
    }

    /** Everything queued is in the kernel. */
    void onSent() {
        if (patience != null) {
            return;
        }
        if (!isTwoSided() || Native.shutdownOutput(endpoint.fd()) < 0) {
            endpoint.closeWith(null);
            return;
        }
        Timeouts timeouts = endpoint.timeouts();
        if (timeouts != null) {
            timeouts.cancel();
        }
        sentAt = System.nanoTime();
        heardAt = sentAt;
        check();
    }

    private void check() {
        long now = System.nanoTime();
        long silence = now - heardAt - SILENCE_NANOS;
        long longest = now - sentAt - LONGEST_NANOS;
        if (longest >= 0 || silence >= 0 && look.isTaken()) {
            endpoint.closeWith(null);
        } else {
            patience = context.timers.add(context.loop, now - Math.max(silence, longest), this::check);
        }
    }

    void onReadable() {
        int result = drop();
        if (result > 0) {
            heardAt = System.nanoTime();
            look.reset();
        } else if (result != -Errno.EAGAIN && patience != null) {
            endpoint.closeWith(result == 0 ? null : Errno.exception("read", result));
        } else if (result != -Errno.EAGAIN) {
            peerEnded = true;
            endpoint.interest().disarmInput();
        }
    }

    /** One read; without memory to read into it goes on without: only a peer that waits will not be heard. */
    private int drop() {
        InputBuffer buffer = endpoint.inbound().buffer();
        PipeStats stats = endpoint.stats();
        buffer.release(); // what was not delivered by now never is
        int result = 0;
        try {
            // a plain read, with which the kernel drops what descriptors there are
            result = buffer.fill(endpoint.fd(), Inbound.READ_CAPACITY, 0, Inbound.READ_CAPACITY);
            stats.reads++;
        } catch (OutOfMemoryError e) {
            context.pool.trim();
        }
        buffer.release();
        if (result > 0) {
            stats.bytesIn += result;
        }
        return result;
    }

    /** The descriptor is about to be closed. */
    void end() {
        if (patience != null) {
            patience.queue.remove(patience);
        }
    }
}
