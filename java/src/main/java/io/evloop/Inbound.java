package io.evloop;

import io.evloop.buffer.FdReceiver;
import io.evloop.buffer.InputBuffer;
import io.evloop.sys.Errno;
import io.evloop.sys.Native;

/**
 * The way in of one connection: reads, the unread bytes, the turns in which its {@link Protocol} delivers them, and the end
 * of the stream behind the last of them. Loop thread only.
 */
final class Inbound {

    /** Bytes of the block that an ordinary read goes into: the most that it takes. */
    static final int READ_CAPACITY = 128 * 1024;

    /** Unread bytes from which on it pays to let the peer work at what the first half was answered with. */
    private static final int LONG_BATCH = 4 * 1024;

    private final LoopContext context;
    private final Endpoint endpoint;
    private final PipeStats stats;
    private final InputBuffer buffer;
    private final ReadStreak streak = new ReadStreak();
    /** Whether the descriptor can be read at all. */
    final boolean readable;

    private FdReceiver fdReceiver;

    /** A reason for a place on the ready list: the kernel says that there is something to read. */
    private boolean readDue;

    /** Another one: something is held, or has changed. */
    private boolean turnDue;

    /** Among those in bulk; set by the list alone. */
    ReadyList.Place place = ReadyList.Place.NONE;

    private boolean delivering;
    private boolean paused;

    /** Paused, or not open any more: nothing is delivered. */
    private boolean halted;

    /** Nothing more can come. Set here alone. */
    boolean ended;

    private boolean endTold;
    private Throwable endFailure;
    private Linger linger;

    Inbound(LoopContext context, Endpoint endpoint, PipeStats stats, boolean readable) {
        this.context = context;
        this.endpoint = endpoint;
        this.stats = stats;
        this.readable = readable;
        this.buffer = new InputBuffer(context.pool);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    InputBuffer buffer() {
        return buffer;
    }

    /** From now on reads may bring descriptors, which the protocol takes in {@link Protocol#onInput}. */
    void receiveFds(FdReceiver receiver) {
        fdReceiver = receiver;
    }

    private Protocol protocol() {
        return endpoint.protocol();
    }

    // reading ----------------------------------------------------------------------------------------------------

    /**
     * The descriptor is readable, as the kernel says. It is read when its turn on the ready list comes, and what it brings is
     * delivered in the same turn: read at once, the bytes of many would push each other out of the cache. What is unread goes
     * first. Where nobody takes what comes, only the hang-up is waited for, and then the end read if nothing else is there.
     */
    void onReadable(boolean hungUp) {
        if (!isInReadyList()) {
            if (wantsInput()) {
                context.ready.add(this, streak.isBulk());
                readDue = true;
            } else if (!hungUp && canRead()) {
                endpoint.interest().outputOnly(endpoint.outbound().isBlocked());
            } else if (!hungUp) {
                endpoint.interest().disarmInput();
            } else if (!(canRead() && buffer.isEmpty() && Native.unreadBytes(endpoint.fd()) == 0 && fill())) {
                endpoint.interest().suspend(); // or else it would be reported again and again
            }
        }
    }

    /** Whether the next bytes, or the end, are yet to be read. */
    boolean canRead() {
        return readable && !halted && !ended;
    }

    boolean wantsInput() {
        return canRead() && protocol().wantsInput();
    }

    /** While the loop spins, if input is wanted: one read. True: {@link #takeTurn} is next, no list has it. False: to shrink. */
    boolean tryRead() {
        if (isInReadyList() || !read()) {
            return false;
        }
        turnDue = true;
        return true;
    }

    /** One read, and a turn if it brought something. */
    private boolean fill() {
        boolean progress = read();
        if (progress) {
            enqueue();
        } else {
            buffer.releaseIfEmpty();
        }
        return progress;
    }

    /** One read; true if it brought bytes or the end, or has failed. */
    private boolean read() {
        int result;
        try {
            int goal = protocol().readGoal();
            int capacity = protocol().readCapacity();
            result = fdReceiver == null
                    ? buffer.fill(endpoint.fd(), capacity, goal, unreadLimit())
                    : buffer.fill(fdReceiver, capacity, goal, unreadLimit());
        } catch (OutOfMemoryError e) {
            endpoint.closeWith(e);
            return true;
        }
        if (result == InputBuffer.NO_ROOM) {
            endpoint.interest().disarmInput();
            return false;
        }
        stats.reads++;
        streak.onRead(result);
        if (result > 0) {
            stats.bytesIn += result;
            protocol().onInput();
            if (linger != null && linger.isBeyond(result)) {
                buffer.dropLast(); // not the end: somebody writes on
                stats.bytesIn--; // so that they tell where in the stream the unread ones are
            }
            context.spinSet.touch(this);
            endpoint.bytesMoved();
        } else if (result == -Errno.EAGAIN) {
            stats.emptyReads++;
            return false;
        } else {
            ended = true;
            endFailure = result < 0 ? Errno.exception("read", result) : null;
            protocol().onInput();
            endpoint.interest().disarmInput();
        }
        return true;
    }

    private int unreadLimit() {
        int limit = protocol().unreadLimit();
        return linger == null ? limit : linger.unreadLimit(limit, buffer.length());
    }

    private boolean isInReadyList() {
        return readDue || turnDue;
    }

    /** For a turn, whatever there is to be done in it. */
    void enqueue() {
        if (!isInReadyList()) {
            context.ready.addLast(this);
        }
        turnDue = true;
    }

    /** Whether something is there, as the kernel says, that is to be read when its turn comes. */
    boolean isReadDue() {
        return readDue;
    }

    // delivering -------------------------------------------------------------------------------------------------

    /**
     * A turn on the ready list: reads if that is due, then delivers up to {@code limit} pieces, and no further one beyond
     * {@code bytes}, or beyond the first half of a long batch; how many.
     */
    int takeTurn(int limit, int bytes, boolean inHalves) {
        boolean reads = readDue && wantsInput();
        boolean asked = turnDue;
        readDue = false;
        turnDue = false;
        boolean progress = reads && read();
        int done = (asked || progress) && isDelivering() ? deliver(limit, bytes, inHalves) : 0;
        if (halted || reads && !progress) {
            trim();
        }
        if (place != ReadyList.Place.NONE) {
            context.ready.served(this, isInReadyList());
        }
        return done;
    }

    private int deliver(int limit, int bytes, boolean inHalves) {
        int done = 1;
        int unread = buffer.length();
        int part = inHalves && unread >= LONG_BATCH ? Math.min(bytes, unread / 2) : bytes;
        delivering = true;
        try {
            done = protocol().deliver(limit, part);
        } catch (Throwable e) {
            endpoint.fail(e);
        } finally {
            delivering = false;
        }
        context.abortOpenClaims();
        if (context.ready.size() == 0) {
            context.flush(); // first of all: nobody else has his turn before that, and somebody may wait for the answer
        }
        int delivered = unread - buffer.length();
        context.deliveredBytes += delivered;
        if (delivered > 0) {
            endpoint.bytesMoved(); // the time in which they waited for us does not count
        }
        if (isDelivering()) {
            afterTurn(delivered > 0);
        }
        return done;
    }

    private void afterTurn(boolean progress) {
        if (protocol().isReady()) {
            enqueue();
            return;
        }
        if (ended && !protocol().holdsEnd()) {
            end();
        } else if (linger != null && !protocol().wantsInput()) {
            endpoint.closeWith(linger.cause()); // nobody is to take what is left
        } else if (linger != null && !ended) {
            if (!fill() && endpoint.isOpen() && !protocol().holdsEnd()) { // nothing more is there, or is to be read
                endpoint.closeWith(cause());
            }
        } else if (wantsInput()) {
            endpoint.interest().wantInput();
            // past epoll, where nobody else has anything
            if (progress && context.ready.isEmpty() && streak.isTryDue() && streak.onTry(fill())) {
                return;
            }
        }
        trim();
        Timeouts timeouts = endpoint.timeouts();
        if (timeouts != null) {
            timeouts.onTurn();
        }
    }

    /** Holds no more memory than what is unread needs, and none if nobody is to have that. */
    private void trim() {
        if (!endpoint.isOpen()) {
            buffer.release();
            return;
        }
        buffer.shrink();
    }

    /** Whether the next piece may be delivered: asked between the frames of one turn. */
    boolean isDelivering() {
        return !halted;
    }

    // what the owner asks for ------------------------------------------------------------------------------------

    void pause() {
        paused = true;
        halt();
    }

    /** Nothing is delivered from now on: paused, or the endpoint is open no more. */
    void halt() {
        halted = true;
        context.changed();
    }

    void resume() {
        Timeouts timeouts = endpoint.timeouts();
        if (paused && timeouts != null) {
            timeouts.onResume();
        }
        paused = false;
        halted = !endpoint.isOpen();
        protocol().onInput(); // what was declined is offered again, whether it was paused or not
        changed();
    }

    boolean isPaused() {
        return paused;
    }

    /** Handlers, limits or unread bytes have changed: the coming turn looks at them. */
    void changed() {
        if (isDelivering()) {
            enqueue();
        }
    }

    /** Unread bytes were taken. Outside a turn of its own there may be room to read again, or memory to give back. */
    void consumed() {
        if (!delivering) {
            endpoint.bytesMoved();
            changed();
        }
    }

    // the end of the stream --------------------------------------------------------------------------------------

    /** Whether the end was told to the owner, who keeps the connection for writing. */
    boolean isEndTold() {
        return endTold;
    }

    /** There is a new owner; true if the end was told to the former one. */
    boolean forgetEnd() {
        boolean told = endTold;
        endTold = false;
        return told;
    }

    /**
     * Reads what is there, delivers it, then closes with {@code cause}; an earlier cause is kept. What comes later is not
     * read: a process that shares the other end might write for ever.
     */
    void lingerThenClose(Throwable cause) {
        if (linger == null) {
            linger = new Linger(endpoint.fd());
        }
        linger.because(cause);
        changed();
    }

    /** What is done since {@link #lingerThenClose}; null: it was not called. */
    Linger linger() {
        return linger;
    }

    private void end() {
        Throwable cause = cause();
        if (cause != null || linger != null) {
            endpoint.closeWith(cause);
        } else if (!endTold) {
            endTold = true;
            tellEnd();
            if (endTold) { // and nobody else has taken over
                endpoint.interest().outputOnly(endpoint.outbound().isBlocked()); // a hang-up counts from now on
            }
        }
    }

    /** Why it ends: a frame was cut off, with the error behind that attached; or else that error; null = a clean end. */
    private Throwable cause() {
        Throwable failure = endFailure == null && linger != null ? linger.cause() : endFailure;
        Throwable truncation = protocol().truncation();
        if (truncation != null && failure != null) {
            truncation.addSuppressed(failure);
        }
        return truncation == null ? failure : truncation;
    }

    private void tellEnd() {
        HandlerEvent.Slow event = HandlerEvent.start(context);
        try {
            if (!protocol().onEnd() || endTold && !endpoint.canStillWrite()) {
                endpoint.closeAfterFlush();
            }
        } catch (Throwable e) {
            endpoint.fail(e);
        }
        HandlerEvent.finish(event, protocol().owner());
        context.abortOpenClaims();
    }

    /** The descriptor is about to be closed. */
    void close() {
        context.spinSet.remove(this);
        buffer.release();
    }

    @Override
    public String toString() {
        return "unread=" + buffer.length() + (paused ? ", paused" : "") + (ended ? ", ended" : "");
    }
}
