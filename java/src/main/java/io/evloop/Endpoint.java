package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.buffer.Sink;
import io.evloop.epoll.Epoll;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;

/**
 * The life of one descriptor behind a {@link Connection}: registered, read, written, half-closed, closed once. What its
 * bytes mean is its {@link Protocol}'s business. Loop thread only.
 */
final class Endpoint implements Pollable {

    /** Bytes of the block that an ordinary read goes into, and so the most that one read takes. */
    private static final int READ_CAPACITY = 256 * 1024;

    private static final int READ_EVENTS = Epoll.IN | Epoll.RDHUP;
    private static final int HANG_UP = Epoll.HUP | Epoll.ERR;

    private enum State {
        OPEN,
        /** Only what is queued is still sent. */
        FLUSHING,
        /** On the turn's list of closes. */
        CLOSING,
        CLOSED
    }

    private final LoopContext context;
    private final int fd;
    private final boolean readable;
    private final boolean writable;
    private final boolean socket;
    private final PipeStats stats = new PipeStats();
    private final Registration registration;
    private final InputBuffer input;
    private final Outbound outbound;
    private Protocol protocol;
    private State state = State.OPEN;
    private Throwable closeCause;
    private boolean inReadyList;
    private boolean delivering;
    private boolean paused;
    private boolean ended;
    private boolean endTold;
    private Throwable endFailure;
    private boolean lingering;
    private Throwable lingerCause;

    private Endpoint(LoopContext context, int fd, int statusFlags, boolean socket) {
        this.context = context;
        this.fd = fd;
        this.socket = socket;
        this.readable = Fd.isReadable(statusFlags);
        this.writable = Fd.isWritable(statusFlags);
        this.registration = new Registration(context.registry, fd);
        this.input = new InputBuffer(context.pool);
        this.outbound = new Outbound(context, this, new Sink(fd, socket), stats);
    }

    /** Looks at the descriptor, which stays the caller's. Any thread. */
    static Endpoint inspect(LoopContext context, int fd) throws IOException {
        int statusFlags = Fd.check(Native.statusFlags(fd), "fcntl");
        boolean socket = Fd.check(Native.isSocket(fd), "fstat") == 1;
        return new Endpoint(context, fd, statusFlags, socket);
    }

    /** Registers with the loop. From its return on the descriptor is owned here; if it throws it is still the caller's. */
    void register() throws IOException {
        registration.open(this, readable ? READ_EVENTS : 0);
        int result = Native.setNonBlocking(fd, 1);
        if (result < 0) {
            registration.close();
            throw Errno.exception("fcntl", result);
        }
    }

    /** Any thread, before {@link #register}. */
    void protocol(Protocol newProtocol) {
        protocol = newProtocol;
    }

    // events -----------------------------------------------------------------------------------------------------

    @Override
    public void onEvents(int events) {
        if (isClosed()) {
            return;
        }
        if ((events & (Epoll.OUT | HANG_UP)) != 0 && outbound.isBlocked()) {
            outbound.flush();
        }
        if (ended || !readable) {
            if ((events & HANG_UP) != 0) {
                hangUp();
            }
        } else if ((events & ~Epoll.OUT) != 0 && !inReadyList) { // what is unread goes first: the rest can wait
            if (wantsInput()) {
                fill();
            } else {
                disarm(READ_EVENTS);
            }
        }
    }

    @Override
    public void onLoopClose(Throwable cause) {
        closeWith(cause);
    }

    /** Nothing more will come, and now nothing can go either. */
    private void hangUp() {
        if (!outbound.isEmpty()) {
            outbound.flush();
        } else if (readable) {
            closeWith(null);
        } else {
            closeWith(Errno.exception("write", -Errno.EPIPE));
        }
    }

    private boolean wantsInput() {
        return readable && !paused && !ended && state == State.OPEN && protocol.wantsInput();
    }

    /** While the loop spins: one read. True if it brought something. */
    boolean tryRead() {
        return !inReadyList && wantsInput() && fill();
    }

    /** One read, and a place on the ready list if it brought bytes or the end. */
    private boolean fill() {
        int result;
        try {
            result = input.fill(fd, READ_CAPACITY, protocol.unreadLimit());
        } catch (OutOfMemoryError e) {
            closeWith(e);
            return true;
        }
        if (result == InputBuffer.NO_ROOM) {
            disarm(READ_EVENTS);
            return false;
        }
        stats.reads++;
        if (result > 0) {
            stats.bytesIn += result;
            protocol.onInput();
            context.spinSet.touch(this);
        } else if (result == -Errno.EAGAIN) {
            stats.emptyReads++;
            input.releaseIfEmpty();
            return false;
        } else {
            ended = true;
            endFailure = result < 0 ? Errno.exception("read", result) : null;
            protocol.onInput();
            setEvents(outbound.isBlocked() ? Epoll.OUT : 0);
        }
        enqueue();
        return true;
    }

    private void enqueue() {
        if (!inReadyList) {
            inReadyList = true;
            context.ready.addLast(this);
        }
    }

    /** A turn on the ready list: delivers up to {@code limit} pieces; how many. */
    int takeTurn(int limit) {
        inReadyList = false;
        if (!isDelivering()) {
            return 0;
        }
        int done = 1;
        delivering = true;
        try {
            done = protocol.deliver(limit);
        } catch (Throwable e) {
            fail(e);
        } finally {
            delivering = false;
        }
        context.abortOpenClaims();
        if (isDelivering()) {
            afterTurn();
        }
        return done;
    }

    private void afterTurn() {
        if (protocol.isReady()) {
            enqueue();
            return;
        }
        if (ended) {
            if (!protocol.holdsEnd()) {
                end();
            }
        } else if (lingering) {
            linger();
        } else if (wantsInput()) {
            arm(READ_EVENTS);
        }
        if (input.isEmpty()) {
            input.releaseIfEmpty();
        } else {
            compact();
        }
    }

    private void compact() {
        try {
            input.compactIfSmall();
        } catch (OutOfMemoryError e) {
            // The move only spares memory. Without memory the bytes stay where they are, and no harm is done.
            context.pool.trim();
        }
    }

    // the end of the stream --------------------------------------------------------------------------------------

    private void linger() {
        if (!protocol.wantsInput()) {
            closeWith(lingerCause);
        } else if (!fill() && state == State.OPEN) { // nothing more is there, or nothing more fits
            Throwable truncation = protocol.truncation();
            closeWith(truncation != null ? truncation : lingerCause);
        }
    }

    private void end() {
        Throwable cause = protocol.truncation();
        if (cause == null) {
            cause = endFailure != null ? endFailure : lingerCause;
        } else if (endFailure != null) {
            cause.addSuppressed(endFailure);
        }
        if (cause != null || lingering || outbound.isShut() || !writable) {
            closeWith(cause);
        } else if (!endTold) {
            endTold = true;
            tellEnd();
        }
    }

    private void tellEnd() {
        try {
            if (!protocol.onEnd()) {
                closeAfterFlush();
            }
        } catch (Throwable e) {
            fail(e);
        }
        context.abortOpenClaims();
    }

    /**
     * The other side is gone, or as good as gone: reads what is there, delivers it, then closes with {@code cause}. While
     * reading is paused this waits.
     */
    void lingerThenClose(Throwable cause) {
        if (state != State.OPEN || !readable) {
            closeWith(cause);
            return;
        }
        lingering = true;
        if (lingerCause == null) {
            lingerCause = cause;
        }
        inputChanged();
    }

    /** A write has failed. */
    void outputFailed(IOException cause) {
        if (state == State.FLUSHING || ended) {
            closeWith(cause);
        } else if (state == State.OPEN) {
            lingerThenClose(cause);
        }
    }

    /** Everything queued is sent. */
    void outputDrained() {
        if (state == State.FLUSHING || state == State.OPEN && endTold && outbound.isShut()) {
            closeWith(null);
        }
    }

    void shutOutput() {
        int result = Native.shutdownOutput(fd);
        if (result < 0) {
            IOException failure = Errno.exception("shutdown", result);
            outbound.fail(failure);
            outputFailed(failure);
        }
    }

    // interest ---------------------------------------------------------------------------------------------------

    void armOutput() {
        arm(Epoll.OUT);
    }

    void disarmOutput() {
        if (ended || !readable) {
            setEvents(0);
        } else {
            disarm(Epoll.OUT);
        }
    }

    private void arm(int events) {
        try {
            registration.arm(events);
        } catch (IOException e) {
            closeWith(e);
        }
    }

    private void disarm(int events) {
        try {
            registration.disarm(events);
        } catch (IOException e) {
            closeWith(e);
        }
    }

    private void setEvents(int events) {
        try {
            registration.set(events);
        } catch (IOException e) {
            closeWith(e);
        }
    }

    // what the owner asks for ------------------------------------------------------------------------------------

    void pause() {
        paused = true;
    }

    void resume() {
        if (paused) {
            paused = false;
            protocol.onInput();
            inputChanged();
        }
    }

    boolean isPaused() {
        return paused;
    }

    /** Whether the next piece may be delivered: asked between the frames of one turn. */
    boolean isDelivering() {
        return !paused && state == State.OPEN;
    }

    /** Handlers, limits or unread bytes have changed: the coming turn looks at them. */
    void inputChanged() {
        if (state == State.OPEN && !paused) {
            enqueue();
        }
    }

    /** Unread bytes were taken. Outside a turn of its own there may be room to read again, or memory to give back. */
    void inputConsumed() {
        if (!delivering) {
            inputChanged();
        }
    }

    void closeAfterFlush() {
        if (state == State.OPEN) {
            state = State.FLUSHING;
            if (outbound.isEmpty() || outbound.failure() != null) {
                closeWith(outbound.failure());
            } else {
                disarm(READ_EVENTS);
            }
        }
    }

    /** A handler has thrown: the error handler hears it, and the connection ends with it. */
    void fail(Throwable error) {
        context.reportError(protocol.owner(), error);
        closeWith(error);
    }

    /** Puts this on the turn's list of closes. The first cause counts. */
    void closeWith(Throwable cause) {
        if (!isClosed()) {
            state = State.CLOSING;
            closeCause = cause;
            context.closing.add(this);
        }
    }

    /** The turn's last act: the descriptor is closed, and the owner hears it. */
    void finishClose() {
        state = State.CLOSED;
        context.spinSet.remove(this);
        stats.unsentBytes = outbound.queuedBytes();
        stats.unsentFrames = protocol.unsentRecords(outbound.queue());
        outbound.clear();
        input.release();
        try {
            try {
                registration.close();
            } finally {
                Fd.close(fd);
            }
        } catch (IOException e) {
            context.reportError(protocol.owner(), e);
        }
        try {
            protocol.onClose(closeCause);
        } catch (Throwable e) {
            context.reportError(protocol.owner(), e);
        }
        context.abortOpenClaims();
    }

    /** Room again: tells the owner, if it was told to wait. */
    boolean tellDrain() {
        if (!outbound.takeDrain()) {
            return false;
        }
        try {
            protocol.onDrain();
        } catch (Throwable e) {
            fail(e);
        }
        context.abortOpenClaims();
        return true;
    }

    // what the others see ----------------------------------------------------------------------------------------

    boolean isWritable() {
        return writable && state == State.OPEN;
    }

    /** Closed, or on its way at the end of the turn. */
    boolean isClosed() {
        return state == State.CLOSING || state == State.CLOSED;
    }

    boolean isSocket() {
        return socket;
    }

    int fd() {
        return fd;
    }

    LoopContext context() {
        return context;
    }

    InputBuffer input() {
        return input;
    }

    Outbound outbound() {
        return outbound;
    }

    PipeStats stats() {
        return stats;
    }

    @Override
    public String toString() {
        return "fd=" + fd + ", " + state + (paused ? ", paused" : "") + (ended ? ", ended" : "") + ", queued="
                + outbound.queuedBytes();
    }
}
