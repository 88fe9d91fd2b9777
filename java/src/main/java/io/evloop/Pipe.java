package io.evloop;

import io.evloop.error.NativeIoException;
import io.evloop.frame.FrameLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Frames over a {@link Connection}: each has a channel, 0 to 65535, and a payload of 1 byte to 64 MiB.
 *
 * <p>A pipe either <em>pushes</em>: {@link #onFrame} gets each frame; or is <em>pulled</em>: in {@link #onReadable} one
 * calls {@link #readFrame}. A pipe with no such handler is not read: it ends with its peer only if that has sent nothing. All
 * methods but {@link #close} belong to the loop's thread and throw {@link IllegalStateException} on another, unless they say
 * otherwise; callbacks come from the loop's turn alone. What a handler throws ends the pipe with that cause, and the loop's
 * error handler hears it.
 *
 * <p>Views of payloads, pushed, pulled or claimed, reach from their position to their limit: use relative access, or add
 * {@code position()}. The bytes around them belong to other frames.
 */
public final class Pipe implements AutoCloseable {

    private static final int INHERITED_TAG = 0;
    private static final int DEFAULT_SENDER_CAPACITY = 1024 * 1024;

    private final Connection connection;
    private final Endpoint endpoint;
    private final EventLoop loop;
    private final FrameInput input;
    private final FrameOutput output;
    private PipeSenders senders;
    private final PipeCallbacks callbacks = new PipeCallbacks(this);

    Pipe(Connection connection, PipeOptions options) {
        connection.takeOver();
        this.connection = connection;
        this.endpoint = connection.endpoint();
        this.loop = connection.loop();
        this.input = new FrameInput(this, endpoint, options.maxFrameLength());
        endpoint.outbound().limits(options.outputLimits());
        this.output = new FrameOutput(this, endpoint, options.maxFrameLength());
        endpoint.protocol(input);
        endpoint.timeouts(Timeouts.of(endpoint, options));
    }

    /** {@link #adopt(EventLoop, int, int, PipeOptions)} with {@link PipeOptions#DEFAULT}. */
    public static Pipe adopt(EventLoop loop, int fd, int tag) throws IOException {
        return adopt(loop, fd, tag, PipeOptions.DEFAULT);
    }

    /**
     * Makes a descriptor non-blocking, registers it and wraps it. Loop thread only.
     *
     * @param fd owned by the pipe once this returns; still the caller's if it throws
     * @param tag any number that helps the caller to know the pipe
     * @throws NativeIoException EBADF; EPERM if it cannot be polled, such as a regular file; EPROTOTYPE: a socket, no stream
     */
    public static Pipe adopt(EventLoop loop, int fd, int tag, PipeOptions options) throws IOException {
        loop.checkThread();
        Connection connection = Connection.inspect(loop.openContext(), fd, tag);
        Pipe pipe = new Pipe(connection, options);
        connection.endpoint().register();
        return pipe;
    }

    /** {@link #over(Connection, PipeOptions)} with {@link PipeOptions#DEFAULT}. */
    public static Pipe over(Connection connection) {
        return over(connection, PipeOptions.DEFAULT);
    }

    /**
     * Takes a connection's bytes as frames from now on, the unread ones included. Its handler hears nothing more; its own
     * methods for bytes throw. Loop thread only.
     */
    public static Pipe over(Connection connection, PipeOptions options) {
        connection.loop().checkThread();
        Pipe pipe = new Pipe(connection, options);
        pipe.endpoint.outbound().queue().beginRecords();
        pipe.endpoint.handedOver();
        return pipe;
    }

    /** {@link #inherited(EventLoop, PipeOptions)} with {@link PipeOptions#DEFAULT}. */
    public static Pipe inherited(EventLoop loop) throws IOException {
        return inherited(loop, PipeOptions.DEFAULT);
    }

    /**
     * In a worker: the pipe to the supervisor, whose descriptor the environment variable {@code EVLOOP_FD} names. It is set
     * close-on-exec, so that a process started from here does not hold it open. Once per process. When it has closed the loop
     * runs on, and the worker with it, unless it leaves then: {@code onClose((pipe, cause) -> loop.stop())}.
     *
     * @throws IOException if the variable is not set or names no open socket
     * @throws IllegalStateException the second time
     */
    public static Pipe inherited(EventLoop loop, PipeOptions options) throws IOException {
        loop.checkThread();
        return InheritedFd.adoptedBy(fd -> adopt(loop, fd, INHERITED_TAG, options));
    }

    /** {@link #pair(EventLoop, EventLoop, PipeOptions)} with {@link PipeOptions#DEFAULT}. */
    public static Pipe[] pair(EventLoop a, EventLoop b) throws IOException {
        return pair(a, b, PipeOptions.DEFAULT);
    }

    /**
     * A socketpair with both ends in this process. Called on the thread of either loop; the end on the other loop is
     * registered there by a task, before any task that the caller submits later, and set up by such a task.
     *
     * @return the end on {@code a}, then the end on {@code b}
     */
    public static Pipe[] pair(EventLoop a, EventLoop b, PipeOptions options) throws IOException {
        return PipePair.open(a, b, options);
    }

    // handlers ---------------------------------------------------------------------------------------------------

    /**
     * Push mode: the handler of every channel without one of its own; {@code null} = frames of those are dropped and
     * counted.
     *
     * @throws IllegalStateException if {@link #onReadable} is set
     */
    public Pipe onFrame(FrameHandler handler) {
        loop.checkThread();
        input.handler(handler);
        return this;
    }

    /** Push mode: the handler of one channel, 0 to 65535; {@code null} removes it. */
    public Pipe onFrame(int channelId, FrameHandler handler) {
        loop.checkThread();
        FrameLayout.checkFrame(channelId, 1, 1);
        input.handler(channelId, handler);
        return this;
    }

    /**
     * Pull mode: called while a complete frame is unread; calls {@link #readFrame} as it likes. If it takes none it is
     * called again only once more bytes have arrived or reading was resumed.
     *
     * @throws IllegalStateException if {@link #onFrame} is set
     */
    public Pipe onReadable(Consumer<Pipe> handler) {
        loop.checkThread();
        input.readableHandler(handler);
        return this;
    }

    /** Called when there is room again, after a write was ABOVE_HIGH_WATER or FULL, also behind a half-close; once each time. */
    public Pipe onDrain(Consumer<Pipe> handler) {
        loop.checkThread();
        callbacks.onDrain(handler);
        return this;
    }

    /**
     * Called when the peer has half-closed, after its last frame; the pipe stays writable until it is closed, or has ended in
     * the other direction, too. Without it what is queued is flushed and the pipe closed. Where the end comes together with
     * that of the worker, or behind an error, {@link #onClose} may be all that is called.
     */
    public Pipe onEnd(Consumer<Pipe> handler) {
        loop.checkThread();
        callbacks.onEnd(handler);
        return this;
    }

    /** Called exactly once, as the last of all; set after the close, in the coming turn. */
    public Pipe onClose(CloseHandler handler) {
        loop.checkThread();
        callbacks.onClose(handler);
        return this;
    }

    PipeCallbacks callbacks() {
        return callbacks;
    }

    // reading ----------------------------------------------------------------------------------------------------

    /**
     * Pull mode: takes the next frame. In the pull mode a bad header does not end the pipe: it comes as a frame that is not
     * valid, with the channel and the length that stood in it, and reading begins anew behind it.
     *
     * @return {@code null} = not yet; otherwise a flyweight, valid until the next call, or the return of the handler
     * @throws IllegalStateException in the push mode, and until {@code onFrame} returns in which it ended
     */
    public Frame readFrame() {
        loop.checkThread();
        return input.readFrame();
    }

    /**
     * Accepts descriptors with frames, {@code SCM_RIGHTS} of {@code unix(7)}, for {@link #takeFd}. Until then reads are plain,
     * and the kernel closes what a peer sends along. Once.
     *
     * @param limit descriptors that a frame may bring, 1 to 253; twice as many may be held, not taken. More end the pipe with
     *     {@link io.evloop.error.FdLimitException}
     * @throws UnsupportedOperationException if it does not run over a Unix socket
     */
    public Pipe acceptFds(int limit) {
        loop.checkThread();
        input.acceptFds(FrameFds.open(endpoint, limit));
        return this;
    }

    /**
     * Takes the next descriptor that came with the frame being handled, close-on-exec. Those not taken are closed when the
     * handler returns; of a frame pulled outside of one, with the next read.
     *
     * @return the caller's to close; -1 = there is none, or no more
     */
    public int takeFd() {
        loop.checkThread();
        return input.takeFd();
    }

    /** Delivers no further frame, not even one that was read, nor the end, until {@link #resumeReading}. */
    public void pauseReading() {
        loop.checkThread();
        endpoint.inbound().pause();
    }

    /** See {@link Connection#resumeReading}. */
    public void resumeReading() {
        loop.checkThread();
        endpoint.inbound().resume();
    }

    // writing ----------------------------------------------------------------------------------------------------

    /**
     * Queues one frame and never blocks. {@code payload} is copied; its position advances past the copied bytes if and only
     * if the frame was accepted.
     *
     * @param channelId 0 to 65535
     * @param payload 1 to {@link #maxFrameLength()} bytes, header excluded
     * @return {@link WriteResult#OK}; {@link WriteResult#ABOVE_HIGH_WATER}: accepted, {@code onDrain} will follow;
     *     {@link WriteResult#FULL}: not accepted, nothing was queued, {@code onDrain} or {@code onClose} will follow;
     *     {@link WriteResult#CLOSED}: not accepted
     * @throws IllegalArgumentException if the channel or the length is out of range
     * @throws IllegalStateException if a claim is open
     */
    public WriteResult writeFrame(int channelId, ByteBuffer payload) {
        loop.checkThread();
        return output.write(channelId, payload);
    }

    /** The same, of {@code length} bytes of a buffer from {@code offset}; the buffer is left as it is. The cheapest for few bytes. */
    public WriteResult writeFrame(int channelId, ByteBuffer payload, int offset, int length) {
        loop.checkThread();
        return output.write(channelId, payload, offset, length);
    }

    /** The same, of {@code length} bytes of an array from {@code offset}. */
    public WriteResult writeFrame(int channelId, byte[] payload, int offset, int length) {
        loop.checkThread();
        return output.write(channelId, payload, offset, length);
    }

    /**
     * The same with a descriptor, which arrives with exactly this frame: a duplicate, so the caller's stays the caller's and may
     * be closed at once. While it is queued it counts as 64 KiB, by which one such frame may exceed {@code maxQueuedBytes}.
     *
     * @throws NativeIoException EBADF; EMFILE: nothing was queued
     * @throws UnsupportedOperationException if the pipe does not run over a Unix socket
     */
    public WriteResult writeFrame(int channelId, ByteBuffer payload, int fd) throws IOException {
        loop.checkThread();
        FrameFds.checkPassesFds(endpoint);
        return output.write(channelId, payload, fd);
    }

    /**
     * Lends room in the queue to encode a frame in place. One at a time; {@link #commit} or {@link #abort} ends it, and
     * until then any other write throws. A claim left open when the callback returns is aborted, and the error handler
     * hears of it.
     *
     * @return off-heap room, exactly {@code length} bytes from position to limit, contiguous and with whatever was there
     *     before; {@code null} = a {@code writeFrame} would be FULL or CLOSED
     */
    public ByteBuffer claim(int channelId, int length) {
        loop.checkThread();
        return output.claim(channelId, length);
    }

    /** Queues the claimed frame, all of its bytes whatever its position is; the result is that of {@code writeFrame}. */
    public WriteResult commit() {
        loop.checkThread();
        return output.commit();
    }

    /** Gives a claim up: nothing of it is queued. */
    public void abort() {
        loop.checkThread();
        output.abort();
    }

    /** {@link #sender(int)} with a capacity of 1 MiB. */
    public Sender sender() {
        return sender(DEFAULT_SENDER_CAPACITY);
    }

    /**
     * Makes a way into this pipe for other threads. Any number of threads can share one; each call makes another, with a
     * queue of its own.
     *
     * @param capacity bytes of that queue, 1 to 2^30; rounded up to a power of two, at least 4,096; a frame must fit in half
     */
    public Sender sender(int capacity) {
        loop.checkThread();
        if (senders == null) {
            senders = new PipeSenders(this, output, endpoint.stats(), endpoint.context().tasks);
        }
        return senders.open(capacity, maxFrameLength());
    }

    PipeSenders senders() {
        return senders;
    }

    /** The longest payload that this pipe reads or writes, bytes. */
    public int maxFrameLength() {
        return input.maxFrameLength();
    }

    // life -------------------------------------------------------------------------------------------------------

    /** See {@link Connection#shutdownOutput}; what senders have queued goes first. */
    public void shutdownOutput() {
        connection.shutdownOutput();
    }

    /** See {@link Connection#closeAfterFlush}; what senders have queued goes first. */
    public void closeAfterFlush() {
        connection.closeAfterFlush();
    }

    /** See {@link Connection#close}: any thread, idempotent. */
    @Override
    public void close() {
        connection.close();
    }

    /** Whether it was closed, or is about to be at the end of the turn. Any thread: a moment's value. */
    public boolean isClosed() {
        return connection.isClosed();
    }

    /** What the frames go over; its own methods for bytes throw. */
    public Connection connection() {
        return connection;
    }

    /** A live view of the counters. */
    public PipeStats stats() {
        return connection.stats();
    }

    Endpoint endpoint() {
        return endpoint;
    }

    void finishSenders() {
        if (senders != null) {
            senders.finish();
        }
    }

    boolean tellEnd() {
        return callbacks.tellEnd();
    }

    void tellDrain() {
        boolean sendersFirst = senders != null && senders.takePrecedence();
        if (sendersFirst) {
            senders.resume();
        }
        if (output.takeDrainOwed()) {
            callbacks.tellDrain();
        }
        if (senders != null && !sendersFirst) {
            senders.resume();
        }
    }

    void tellClose(Throwable cause) {
        if (senders != null) {
            senders.close();
        }
        callbacks.tellClose(cause);
    }

    @Override
    public String toString() {
        return "Pipe[tag=" + connection.tag() + ", " + endpoint + "]";
    }
}
