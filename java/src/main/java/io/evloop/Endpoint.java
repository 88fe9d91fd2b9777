package io.evloop;

import io.evloop.buffer.Sink;
import io.evloop.epoll.Epoll;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;

/**
 * The life of one descriptor behind a {@link Connection}: registered, half-closed, closed once. Its bytes go through an
 * {@link Inbound} and an {@link Outbound}; what they mean is its {@link Protocol}'s business. Loop thread only.
 */
final class Endpoint implements Pollable {

    private static final int HANG_UP = Epoll.HUP | Epoll.ERR;

    private enum State {
        OPEN,
        /** Only what is queued is still sent: a {@link LastFlush}. */
        FLUSHING,
        /** On the turn's list of closes. */
        CLOSING,
        CLOSED
    }

    private final LoopContext context;
    private final int fd;
    private final boolean readable;
    private final boolean writable;
    private final int domain;
    private final boolean nonBlocking;
    private final PipeStats stats = new PipeStats();
    private final Interest interest;
    private final Inbound inbound;
    private final Outbound outbound;
    private Protocol protocol;
    private Timeouts timeouts;
    private LastFlush lastFlush;
    private volatile State state = State.OPEN;
    private Throwable closeCause;

    private Endpoint(LoopContext context, int fd, int statusFlags, int domain) {
        this.context = context;
        this.fd = fd;
        this.domain = domain;
        this.nonBlocking = Fd.isNonBlocking(statusFlags);
        this.readable = Fd.isReadable(statusFlags);
        this.writable = Fd.isWritable(statusFlags);
        this.interest = new Interest(this, context.registry, fd);
        this.inbound = new Inbound(context, this, stats, readable);
        this.outbound = new Outbound(context, this, new Sink(fd, isSocket()), stats);
    }

    /** Looks at the descriptor, which stays the caller's. Any thread. */
    static Endpoint inspect(LoopContext context, int fd) throws IOException {
        int statusFlags = Fd.check(Native.statusFlags(fd), "fcntl");
        int domain = Native.socketDomain(fd);
        Fd.checkStream(fd);
        Fd.check(domain == -Errno.ENOTSOCK ? 0 : domain, "getsockopt");
        return new Endpoint(context, fd, statusFlags, domain);
    }

    /** Of a socket as {@code socketpair(2)} makes it: there is nothing to look at. */
    static Endpoint ofPair(LoopContext context, int fd) {
        return new Endpoint(context, fd, Fd.READ_WRITE, Native.AF_UNIX);
    }

    /** Registers with the loop. From its return on the descriptor is owned here; if it throws it is still the caller's. */
    void register() throws IOException {
        interest.open(readable);
        boolean success = false;
        try {
            Fd.check(nonBlocking ? 0 : Native.setNonBlocking(fd, 1), "fcntl");
            if (timeouts != null) {
                timeouts.start();
            }
            success = true;
        } finally {
            if (!success) {
                interest.close();
            }
        }
    }

    /** Any thread, before {@link #register}. */
    void protocol(Protocol newProtocol) {
        protocol = newProtocol;
    }

    /** Goes on under the protocol and the timeouts that were set after {@link #register}. */
    void handedOver() {
        if (state == State.CLOSED) {
            protocol.onClose(closeCause); // the former owner has heard it, this one has not
            return;
        }
        if (inbound.forgetEnd()) {
            if (outbound.isBlocked()) {
                interest.outputOnly(true);
            } else {
                interest.suspend(); // a hang-up would be reported for as long as the new owner takes no frames
            }
        }
        inbound.changed();
        if (timeouts != null) {
            timeouts.start();
        }
    }

    /** Undoes {@link #register}: the descriptor, non-blocking by now, is the caller's again. */
    void unregister() throws IOException {
        interest.close();
        if (timeouts != null) {
            timeouts.cancel();
        }
    }

    /** Null: none. Before {@link #register}, or else the caller starts them. Any thread. */
    void timeouts(Timeouts newTimeouts) {
        timeouts = newTimeouts;
    }

    // events -----------------------------------------------------------------------------------------------------

    @Override
    public void onEvents(int events) {
        if (isClosed()) {
            return;
        }
        if ((events & (Epoll.OUT | HANG_UP)) != 0) {
            if (outbound.isBlocked()) {
                outbound.flush();
            } else if (inbound.canRead() && !protocol.wantsInput()) {
                interest.outputOnly(false); // to disarm what is left would be to hear of no hang-up
            } else {
                interest.disarmOutput();
            }
        }
        if (isOutputOnly()) {
            if ((events & HANG_UP) != 0) {
                hangUp();
            }
        } else if ((events & ~Epoll.OUT) != 0 && state == State.OPEN) {
            inbound.onReadable((events & HANG_UP) != 0);
        } else if ((events & ~Epoll.OUT) != 0 && state == State.FLUSHING) {
            lastFlush.onReadable();
        }
    }

    @Override
    public void onLoopClose(Throwable cause) {
        closeWith(cause);
    }

    /**
     * Whether all that came was delivered and no more can come. Until then a hang-up is no news: it would be reported for
     * as long as an end waits to be told.
     */
    private boolean isOutputOnly() {
        return !readable || inbound.isEndTold();
    }

    /** Nothing more will come, and now nothing can go either. */
    private void hangUp() {
        if (!outbound.isEmpty()) {
            outbound.flush();
        } else {
            int error = isSocket() ? Native.socketError(fd) : 0;
            closeWith(error == 0 && readable ? null : Errno.exception("write", -(error == 0 ? Errno.EPIPE : error)));
        }
    }

    /**
     * The output waits for room no longer. A stream will wait again soon: EPOLLOUT stays armed until it is reported in vain,
     * which spares it two calls of {@code epoll_ctl} each time.
     */
    void outputUnblocked() {
        if (isOutputOnly()) {
            interest.outputOnly(false);
        }
    }

    /** Everything queued is sent. */
    void outputDrained() {
        if (state == State.FLUSHING) {
            lastFlush.onSent();
        } else if (state == State.OPEN && inbound.isEndTold() && outbound.isShut()) {
            closeWith(null);
        }
    }

    /** A write has failed. */
    void outputFailed(IOException cause) {
        if (state == State.FLUSHING || inbound.isEndTold()) {
            closeWith(cause);
        } else if (state == State.OPEN) {
            protocol.finishOutput();
            lingerThenClose(cause);
        }
    }

    /** Half-closes the descriptor: 0 or {@code -errno}. */
    int shutOutput() {
        return isClosed() ? 0 : Native.shutdownOutput(fd); // once it is, the number may be somebody else's
    }

    /** Bytes came, were taken, or went. */
    void bytesMoved() {
        if (timeouts != null) {
            timeouts.onBytes();
        }
    }

    // closing ----------------------------------------------------------------------------------------------------

    /**
     * The other side is gone, or as good as gone: reads what is there, delivers it, then closes with {@code cause}. While
     * reading is paused this waits.
     */
    void lingerThenClose(Throwable cause) {
        if (state == State.OPEN && readable) {
            inbound.lingerThenClose(cause);
        } else {
            closeWith(cause);
        }
    }

    /** Ends the output behind what is queued. */
    void shutdownOutput() {
        if (!isClosed()) { // or else the descriptor may be somebody else's by now
            protocol.finishOutput();
            outbound.shutdown();
        }
    }

    void closeAfterFlush() {
        if (state != State.OPEN) {
            return;
        }
        protocol.finishOutput();
        Linger linger = inbound.linger();
        lastFlush = new LastFlush(this);
        if (outbound.failure() != null || outbound.isEmpty() && (linger != null || !lastFlush.isTwoSided())) {
            closeWith(outbound.failure());
        } else if (linger != null) { // whom it is for is gone, and who else holds the other end may never read
            closeWith(linger.cause());
        } else {
            state = State.FLUSHING;
            inbound.halt();
            inbound.enqueue(); // drops what is unread
            if (!isOutputOnly()) {
                interest.armInput();
            }
            if (outbound.isEmpty()) {
                lastFlush.onSent();
            }
        }
    }

    /** A handler has thrown: the error handler hears it, and the connection ends with it. */
    void fail(Throwable error) {
        boolean before = isClosed();
        context.reportError(protocol.owner(), error);
        closeWith(error);
        closeCause = before ? closeCause : error; // the error handler may have closed it, too
    }

    /** Puts this on the turn's list of closes. The first cause counts. */
    void closeWith(Throwable cause) {
        if (!isClosed()) {
            outbound.account().settle();
            context.closing.add(this); // first: there may be no memory or stack for that, nor for the next
            inbound.halt();
            closeCause = cause;
            state = State.CLOSING;
        }
    }

    /** The turn's last act: the descriptor is closed, and the owner hears it. */
    void finishClose() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        stats.unsentBytes += outbound.queue().queuedBytes();
        stats.unsentFrames += protocol.unsentRecords(outbound.queue());
        outbound.clear();
        inbound.close();
        if (timeouts != null) {
            timeouts.cancel();
        }
        if (lastFlush != null) {
            lastFlush.end();
        }
        try {
            interest.close();
        } catch (IOException e) {
            context.reportError(protocol.owner(), e);
        } finally {
            context.close(protocol.owner(), fd);
        }
        HandlerEvent.Slow event = HandlerEvent.start(context);
        try {
            protocol.onClose(closeCause);
        } catch (Throwable e) {
            context.reportError(protocol.owner(), e);
        }
        HandlerEvent.finish(event, protocol.owner());
        context.abortOpenClaims();
    }

    /** Room again: tells the owner, if it was told to wait. */
    boolean tellDrain() {
        if (!outbound.takeDrain()) {
            return false;
        }
        HandlerEvent.Slow event = HandlerEvent.start(context);
        try {
            protocol.onDrain();
        } catch (Throwable e) {
            fail(e);
        }
        HandlerEvent.finish(event, protocol.owner());
        context.abortOpenClaims();
        return true;
    }

    // what the others see ----------------------------------------------------------------------------------------

    boolean isOpen() {
        return state == State.OPEN;
    }

    boolean isWritable() {
        return writable && state == State.OPEN;
    }

    /** Whether there is a point in staying open once the input has ended. */
    boolean canStillWrite() {
        return writable && !outbound.isShut();
    }

    /** Closed, or on its way at the end of the turn. */
    boolean isClosed() {
        return state == State.CLOSING || state == State.CLOSED;
    }

    boolean isSocket() {
        return domain >= 0;
    }

    boolean isUnixSocket() {
        return domain == Native.AF_UNIX;
    }

    int fd() {
        return fd;
    }

    LoopContext context() {
        return context;
    }

    Protocol protocol() {
        return protocol;
    }

    Timeouts timeouts() {
        return timeouts;
    }

    Interest interest() {
        return interest;
    }

    Inbound inbound() {
        return inbound;
    }

    Outbound outbound() {
        return outbound;
    }

    PipeStats stats() {
        return stats;
    }

    @Override
    public String toString() {
        return "fd=" + fd + ", " + state + ", " + inbound + ", queued=" + stats.queuedBytes();
    }
}
