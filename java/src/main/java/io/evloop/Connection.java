package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.buffer.OutputQueue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;

/**
 * A non-blocking byte stream on one file descriptor, which it owns once {@link EventLoop#adopt} has returned. All methods
 * that do not say otherwise belong to the loop's thread and throw {@link IllegalStateException} on another. Callbacks come from
 * the loop's turn alone, never from inside a method called here.
 */
public final class Connection implements AutoCloseable {

    /** The unread bytes that a connection without frames holds unless told otherwise. */
    private static final int DEFAULT_UNREAD_LIMIT = 1024 * 1024;

    private final EventLoop loop;
    private final int tag;
    private final Endpoint endpoint;
    private int unreadLimit = DEFAULT_UNREAD_LIMIT;
    private boolean takenByPipe;

    private Connection(Endpoint endpoint, int tag) {
        this.loop = endpoint.context().loop;
        this.endpoint = endpoint;
        this.tag = tag;
    }

    /** Looks at a descriptor, which stays the caller's until {@link Endpoint#register}. Any thread. */
    static Connection inspect(LoopContext context, int fd, int tag) throws IOException {
        return new Connection(Endpoint.inspect(context, fd), tag);
    }

    /** Of a socket that was just made by {@code socketpair(2)}: there is nothing to look at. */
    static Connection ofPair(LoopContext context, int fd, int tag) {
        return new Connection(Endpoint.ofPair(context, fd), tag);
    }

    void handler(ConnectionHandler handler) {
        endpoint.protocol(new Bytes(handler));
    }

    /** Hands the bytes over to a pipe for good. */
    void takeOver() {
        if (takenByPipe) {
            throw new IllegalStateException("the connection has a pipe already: " + this);
        }
        takenByPipe = true;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** The descriptor, which stays this connection's. Any thread. */
    public int fd() {
        return endpoint.fd();
    }

    /** The number that the caller gave it. Any thread. */
    public int tag() {
        return tag;
    }

    /** Any thread. */
    public EventLoop loop() {
        return loop;
    }

    /**
     * The unread bytes, from position to limit, off-heap and big-endian. Valid until {@link #consume}, the return of the
     * handler, or the next turn of the loop.
     */
    public ByteBuffer readable() {
        checkBytes();
        InputBuffer input = endpoint.inbound().buffer();
        return input.hasBuffer() ? input.view(input.start(), input.end()) : EMPTY.duplicate();
    }

    /**
     * Gives up the first {@code length} unread bytes, 0 to as many as {@link #readable()} holds.
     *
     * @throws IllegalArgumentException if there are not so many; nothing has changed then
     */
    public void consume(int length) {
        checkBytes();
        InputBuffer input = endpoint.inbound().buffer();
        if (length < 0 || length > input.length()) {
            throw new IllegalArgumentException("cannot consume " + length + " of " + input.length() + " unread bytes");
        }
        input.start(input.start() + length);
        endpoint.inbound().consumed();
    }

    /**
     * Bounds the unread bytes that are held: beyond them the descriptor is not read until some are consumed. A handler that waits
     * for more of them than this is not called again, and does not hear of the end either: one that finds as many unread, and
     * nothing to take, had better close. Loop thread only.
     *
     * @param bytes 1 or more, of which 1 GiB at most counts; default 1 MiB
     */
    public Connection unreadLimit(int bytes) {
        checkBytes();
        if (bytes < 1) {
            throw new IllegalArgumentException("unreadLimit must be 1 or more, not " + bytes);
        }
        unreadLimit = bytes;
        endpoint.inbound().changed();
        return this;
    }

    /**
     * Queues the remaining bytes of {@code source}, all or none, and never blocks. They are copied; the position advances
     * past them if and only if they were accepted. The bounds are those of {@link PipeOptions}' defaults: above 1 MiB queued the
     * result is ABOVE_HIGH_WATER, above 64 MiB and 6 bytes FULL, and {@code onDrain} comes at 256 KiB.
     *
     * @return {@link WriteResult#OK}; {@link WriteResult#ABOVE_HIGH_WATER}: accepted; {@link WriteResult#FULL}: not accepted;
     *     after either, {@code onDrain} will follow, or {@code onClose}; {@link WriteResult#CLOSED}: not accepted
     * @throws IllegalArgumentException if they could not fit into an empty queue
     */
    public WriteResult write(ByteBuffer source) {
        checkBytes();
        return endpoint.outbound().write(source);
    }

    /** Stops the delivery of bytes, also of those read already; the end of the stream waits for {@link #resumeReading}. */
    public void pauseReading() {
        loop.checkThread();
        endpoint.inbound().pause();
    }

    /** Undoes {@link #pauseReading}, if that was called: what is unread, declined or not, is offered in the coming turn. */
    public void resumeReading() {
        loop.checkThread();
        endpoint.inbound().resume();
    }

    /**
     * Half-closes, by {@code shutdown(2)}, after what is queued: the peer reads to the end and can still answer. Writes are
     * {@link WriteResult#CLOSED} from now on.
     *
     * @throws UnsupportedOperationException if the descriptor is no socket
     */
    public void shutdownOutput() {
        loop.checkThread();
        if (!endpoint.isSocket()) {
            throw new UnsupportedOperationException("not a socket: " + this);
        }
        endpoint.shutdownOutput();
    }

    /**
     * Takes and delivers nothing more, sends what is queued, then closes. What comes meanwhile is read and dropped, so that a
     * peer which must get rid of its own output first comes to read this one; it does not count for an idle timeout.
     *
     * <p>Over TCP it is half-closed once everything is sent, and closed when the peer has closed its end, or has sent nothing for
     * five seconds, or thirty have passed: before, the kernel would answer what comes with a reset, and drop what is under way.
     * {@link #close} ends that at once.
     */
    public void closeAfterFlush() {
        loop.checkThread();
        endpoint.closeAfterFlush();
    }

    /**
     * Closes at the end of the turn and drops what is queued; {@code onClose} tells when it is done. Idempotent. Any
     * thread: from another than the loop's it is a task for the loop.
     */
    @Override
    public void close() {
        if (loop.isLoopThread()) {
            endpoint.closeWith(null);
            return;
        }
        try {
            loop.execute(() -> endpoint.closeWith(null));
        } catch (RejectedExecutionException e) {
            return; // the loop is closed, and this with it
        }
    }

    /** Whether it was closed, or is about to be at the end of the turn. Any thread: a moment's value. */
    public boolean isClosed() {
        return endpoint.isClosed();
    }

    /** A live view of the counters. */
    public PipeStats stats() {
        return endpoint.stats();
    }

    private void checkBytes() {
        loop.checkThread();
        if (takenByPipe) {
            throw new IllegalStateException("its bytes are frames of a pipe: " + this);
        }
    }

    private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

    @Override
    public String toString() {
        return "Connection[tag=" + tag + ", " + endpoint + "]";
    }

    /** The protocol of a connection without frames: bytes as they come. */
    private final class Bytes implements Protocol {

        private final ConnectionHandler handler;
        private boolean declined;

        Bytes(ConnectionHandler handler) {
            this.handler = handler;
        }

        @Override
        public boolean wantsInput() {
            return true;
        }

        @Override
        public int unreadLimit() {
            return unreadLimit;
        }

        @Override
        public int readGoal() {
            return 0;
        }

        @Override
        public int readCapacity() {
            return Inbound.READ_CAPACITY;
        }

        @Override
        public void onInput() {
            declined = false;
        }

        @Override
        public boolean isReady() {
            return !declined && !endpoint.inbound().buffer().isEmpty();
        }

        @Override
        public boolean holdsEnd() {
            return isReady();
        }

        @Override
        public int deliver(int limit, int bytes) {
            InputBuffer input = endpoint.inbound().buffer();
            if (!isReady()) {
                return 0;
            }
            int unread = input.length();
            declined = true; // unless it takes something, or reading is resumed
            HandlerEvent.Slow event = HandlerEvent.start(endpoint.context());
            try {
                handler.onReadable(Connection.this);
            } finally {
                HandlerEvent.finish(event, Connection.this);
                declined &= input.length() == unread;
                input.hideView();
                endpoint.context().stats.frames++;
            }
            return 1;
        }

        @Override
        public Throwable truncation() {
            return null;
        }

        @Override
        public void finishOutput() {}

        @Override
        public boolean onEnd() {
            handler.onEnd(Connection.this);
            return true;
        }

        @Override
        public void onDrain() {
            handler.onDrain(Connection.this);
        }

        @Override
        public void onClose(Throwable cause) {
            handler.onClose(Connection.this, cause);
        }

        @Override
        public Object owner() {
            return Connection.this;
        }

        @Override
        public long unsentRecords(OutputQueue queue) {
            return 0;
        }
    }
}
