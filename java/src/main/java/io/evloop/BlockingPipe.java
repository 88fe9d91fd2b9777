package io.evloop;

import io.evloop.buffer.BufferPool;
import io.evloop.buffer.InputBuffer;
import io.evloop.buffer.IoVectors;
import io.evloop.buffer.OutputQueue;
import io.evloop.buffer.Sink;
import io.evloop.buffer.WriteThrough;
import io.evloop.error.InvalidFrameException;
import io.evloop.error.NativeIoException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.frame.FrameLayout;
import io.evloop.frame.FrameReader;
import io.evloop.sys.DropGuard;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Frames over a descriptor that blocks: for a worker that wants no loop. For one thread at a time, {@link #close} included.
 *
 * <pre>{@code
 * try (BlockingPipe pipe = BlockingPipe.inherited()) {
 *     for (Frame frame = pipe.readFrame(); frame != null; frame = pipe.readFrame()) {
 *         pipe.writeFrame(frame.channelId(), answer(frame.payload()));
 *     }
 * }
 * }</pre>
 *
 * <p>What is written is gathered and sent when 128 KiB are reached, by {@link #flush}, {@link #shutdownOutput} and {@link
 * #close}, and before {@link #readFrame} waits for the peer: so who answers requests never waits with the answer unsent,
 * and answers to requests that came together leave together. A write waits while the peer does not read. Two ends that
 * both write without reading wait for ever; an end on an {@link EventLoop}, such as every supervisor's, always reads.
 *
 * <p>A call that waits does so in the kernel: an interrupt does not end it, and a virtual thread keeps its carrier. What ends it
 * is the peer, or {@code shutdown(2)} of the socket.
 *
 * <p>Nothing is allocated on the Java heap per frame, and bytes are copied once, off-heap; a payload in a direct buffer of
 * 256 KiB or more is not copied at all.
 */
public final class BlockingPipe implements AutoCloseable {

    /** Bytes that one read takes, unless a larger frame is on its way. */
    private static final int READ_CAPACITY = 256 * 1024;

    /** From this payload on, a copy costs more than system calls of its own. */
    private static final int WRITE_THROUGH_LENGTH = 256 * 1024;

    private final int fd;
    private final boolean socket;
    private final DropGuard guard = new DropGuard();
    private final Sink sink;
    final BufferPool pool;
    private final FrameReader reader;
    private final InputBuffer input;
    private final OutputQueue output;
    private final WriteThrough through;
    private final ByteBuffer header = ByteBuffer.allocateDirect(FrameLayout.HEADER_LENGTH);
    private final Frame frame = new Frame();

    /** When the pool's period is over, while it is aging: the next read sees to it. */
    long poolAgesAtNanos;

    private boolean outputShut;
    private boolean closed;
    private IOException writeFailure;

    /** A frame is begun and not ended. If it never will be, what follows would be taken for its rest. */
    private boolean inside;

    /** What has ended a write last. Null: nothing has. */
    private Throwable thrown;

    private BlockingPipe(int fd, boolean socket, int maxFrameLength) {
        this.fd = fd;
        this.socket = socket;
        this.sink = new Sink(fd, socket);
        this.pool = new BufferPool(
                BufferPool.RETAINED_BYTES, () -> poolAgesAtNanos = System.nanoTime() + BufferPool.PERIOD_NANOS);
        this.reader = new FrameReader(maxFrameLength);
        this.input = new InputBuffer(pool);
        final IoVectors vectors = new IoVectors();
        this.output = new OutputQueue(pool, vectors);
        this.through = new WriteThrough(vectors);
    }

    /** {@link #inherited(int)} with frames of up to 64 MiB. */
    public static BlockingPipe inherited() throws IOException {
        return inherited(FrameLayout.MAX_PAYLOAD_LENGTH);
    }

    /**
     * In a worker: the pipe to the supervisor, whose descriptor the environment variable {@code EVLOOP_FD} names. It is set
     * close-on-exec, so that a process started from here does not hold it open. Once per process. A JVM cannot change its
     * own environment: remove the variable from that of a process started from here, as by {@link
     * ProcessBuilder#environment()}, if that process might look at it.
     *
     * @param maxFrameLength the longest payload to read or to write, 1 to 67,108,864 bytes
     * @throws IOException if the variable is not set or names no open socket
     * @throws IllegalStateException the second time
     */
    public static BlockingPipe inherited(int maxFrameLength) throws IOException {
        return InheritedFd.adoptedBy(fd -> adopt(fd, maxFrameLength));
    }

    /** {@link #adopt(int, int)} with frames of up to 64 MiB. */
    public static BlockingPipe adopt(int fd) throws IOException {
        return adopt(fd, FrameLayout.MAX_PAYLOAD_LENGTH);
    }

    /**
     * Wraps a descriptor and clears its {@code O_NONBLOCK}, which it shares with its duplicates: if somebody sets it again,
     * what would wait fails with EAGAIN.
     *
     * @param fd owned by the pipe once this returns; still the caller's if it throws
     * @param maxFrameLength the longest payload to read or to write, 1 to 67,108,864 bytes
     * @throws NativeIoException EBADF; EPROTOTYPE for a socket that is no stream
     */
    public static BlockingPipe adopt(int fd, int maxFrameLength) throws IOException {
        boolean socket = Fd.check(Native.isSocket(fd), "fstat") == 1;
        Fd.checkStream(fd);
        BlockingPipe pipe = new BlockingPipe(fd, socket, maxFrameLength);
        Fd.check(Native.setNonBlocking(fd, 0), "fcntl");
        pipe.guard.add(fd);
        pipe.guard.watch(pipe, "a BlockingPipe");
        return pipe;
    }

    // reading ----------------------------------------------------------------------------------------------------

    /**
     * Takes the next frame and waits for it if need be; before it waits, it flushes.
     *
     * @return a flyweight, always valid, the same object each time, its payload until the next {@code readFrame} or {@link
     *     #close}; {@code null} = the peer has closed its end, or half of it, between two frames
     * @throws InvalidFrameException if the next header is none; nothing behind it can be read
     * @throws TruncatedFrameException if the stream ended inside a frame
     * @throws NativeIoException if a read failed, such as by ECONNRESET, or the flush: then frames may still be unread, and
     *     the next call reads on
     * @throws IllegalStateException after {@link #close}
     */
    public Frame readFrame() throws IOException {
        checkOpen();
        while (true) {
            final int result =
                    input.isEmpty() ? FrameReader.INCOMPLETE : reader.next(input.bytes(), input.start(), input.end());
            if (result == FrameReader.FRAME) {
                input.start(reader.end());
                return frame.wrap(reader, input.view(reader.payload(), reader.end()));
            }
            input.hideView();
            if (result == FrameReader.INVALID) {
                throw FrameErrors.invalid(this, reader, input);
            }
            if (!fill()) {
                return null;
            }
        }
    }

    /** One read; false at a clean end of the stream. */
    private boolean fill() throws IOException {
        if (!hasFailed()) {
            flush();
        }
        if (pool.isAging() && System.nanoTime() - poolAgesAtNanos >= 0) {
            pool.age();
        }
        input.releaseIfEmpty(); // a block that has grown is not kept for what may be small from now on
        final int goal = input.isEmpty() ? 0 : reader.readGoal(READ_CAPACITY);
        final int count = Fd.check(input.fill(fd, READ_CAPACITY, goal, Integer.MAX_VALUE), "read");
        if (count == 0 && !input.isEmpty()) {
            throw new TruncatedFrameException(reader.wanted(), input.length());
        }
        return count > 0;
    }

    // writing ----------------------------------------------------------------------------------------------------

    /**
     * Writes one frame, or gathers it to be sent with the next ones: see the class. The position of {@code payload} advances
     * past it unless this throws.
     *
     * @param channelId 0 to 65535
     * @param payload 1 to {@link #maxFrameLength()} bytes, header excluded
     * @throws IllegalArgumentException if the channel or the length is out of range
     * @throws IllegalStateException after {@link #shutdownOutput} or {@link #close}
     * @throws IOException if a write fails, such as by EPIPE; from then on every write and flush fails
     */
    public void writeFrame(int channelId, ByteBuffer payload) throws IOException {
        final int length = payload.remaining();
        checkFrame(channelId, length);
        final int index = payload.position();
        payload.get(index); // throws, before anything is queued, if its memory is freed or another thread's
        if (output.hasRoom(FrameLayout.HEADER_LENGTH + length)) {
            final ByteBuffer bytes = output.bytes();
            final int at = output.position();
            FrameLayout.putHeader(bytes, at, channelId, length);
            bytes.put(at + FrameLayout.HEADER_LENGTH, payload, index, length);
            output.advance(FrameLayout.HEADER_LENGTH + length);
        } else {
            writeInPieces(channelId, payload, null, index, length);
        }
        payload.position(index + length);
    }

    /** The same, of {@code length} bytes of an array from {@code offset}. */
    public void writeFrame(int channelId, byte[] payload, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, payload.length);
        checkFrame(channelId, length);
        writeInPieces(channelId, null, payload, offset, length);
    }

    /** From a buffer or an array. */
    private void writeInPieces(int channelId, ByteBuffer buffer, byte[] array, int index, int length)
            throws IOException {
        try {
            if (length >= WRITE_THROUGH_LENGTH && array == null && buffer.isDirect()) {
                writeThrough(channelId, buffer, index, length);
            } else {
                putHeader(channelId, length);
                put(buffer, array, index, length);
            }
            inside = false;
        } catch (RuntimeException | Error e) { // the payload's memory is gone, as the JVM says a little later, perhaps
            thrown = e; // and no call, for which there may be no stack
            throw e;
        }
    }

    /**
     * Sends what is gathered.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public void flush() throws IOException {
        checkOpen();
        checkWritable();
        drain();
    }

    private void drain() throws IOException {
        while (!output.isEmpty()) {
            final long unsent = output.queuedBytes();
            int result = output.writeTo(sink);
            if (result == OutputQueue.BLOCKED && output.queuedBytes() == unsent) {
                result = -Errno.EAGAIN; // somebody has set O_NONBLOCK since, or a timeout
            }
            checkWritten(result);
        }
    }

    private void writeThrough(int channelId, ByteBuffer payload, int index, int length) throws IOException {
        drain();
        FrameLayout.putHeader(header, 0, channelId, length);
        inside = true;
        final int sent = checkWritten(
                through.writeOnce(output, sink, header, FrameLayout.HEADER_LENGTH, payload, index, length));
        // a signal can cut it short, anywhere
        final int headerSent = Math.min(sent, FrameLayout.HEADER_LENGTH);
        final int payloadSent = sent - headerSent;
        put(header, null, headerSent, FrameLayout.HEADER_LENGTH - headerSent);
        put(payload, null, index + payloadSent, length - payloadSent);
    }

    private void putHeader(int channelId, int length) throws IOException {
        if (!output.hasRoom(FrameLayout.HEADER_LENGTH)) {
            drain();
            output.makeRoom(FrameLayout.HEADER_LENGTH);
        }
        FrameLayout.putHeader(output.bytes(), output.position(), channelId, length);
        inside = true;
        output.advance(FrameLayout.HEADER_LENGTH);
    }

    private void put(ByteBuffer buffer, byte[] array, int index, int length) throws IOException {
        for (int done = 0; done < length; ) {
            final int piece = makeRoom(length - done);
            if (array == null) {
                output.bytes().put(output.position(), buffer, index + done, piece);
            } else {
                output.bytes().put(output.position(), array, index + done, piece);
            }
            output.advance(piece);
            done += piece;
        }
    }

    /** Inside a frame: makes room, by a flush if there is none; how many of {@code wanted} bytes fit, above 0. */
    private int makeRoom(int wanted) throws IOException {
        if (!output.hasRoom(1)) {
            drain();
            output.makeRoom(1);
        }
        return Math.min(wanted, output.room());
    }

    private int checkWritten(int result) throws IOException {
        if (result < 0) {
            writeFailure = Errno.exception("write", result);
            throw writeFailure;
        }
        return result;
    }

    private void checkFrame(int channelId, int length) throws IOException {
        FrameLayout.checkFrame(channelId, length, reader.maxFrameLength());
        checkOpen();
        if (outputShut) {
            throw new IllegalStateException("the output is shut: " + this);
        }
        checkWritable();
    }

    /** Whether a write has failed, or has broken off inside a frame. Between the writes. */
    private boolean hasFailed() {
        return inside || writeFailure != null;
    }

    private void checkWritable() throws IOException {
        if (inside && writeFailure == null) {
            writeFailure = new IOException("the stream broke off inside a frame: " + thrown, thrown);
        }
        if (writeFailure != null) {
            throw new IOException("a write has failed before: " + writeFailure.getMessage(), writeFailure);
        }
    }

    // life -------------------------------------------------------------------------------------------------------

    /**
     * Flushes and half-closes: the peer reads to the end and can still write. Idempotent.
     *
     * @throws UnsupportedOperationException if the descriptor is no socket
     * @throws IllegalStateException after {@link #close}
     */
    public void shutdownOutput() throws IOException {
        if (!socket) {
            throw new UnsupportedOperationException("not a socket: " + this);
        }
        flush();
        if (!outputShut) {
            Fd.check(Native.shutdownOutput(fd), "shutdown");
            outputShut = true;
        }
    }

    /**
     * Flushes, unless a write has failed before, and closes whatever becomes of that. Idempotent.
     *
     * @throws IOException if the flush fails
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        try {
            if (!hasFailed()) {
                flush();
            }
        } finally {
            closed = true;
            input.release();
            output.clear();
            pool.trim();
            guard.close();
            Fd.close(fd);
        }
    }

    /** Whether it was closed. */
    public boolean isClosed() {
        return closed;
    }

    /** The descriptor, which stays this pipe's. */
    public int fd() {
        return fd;
    }

    /** The longest payload that this pipe reads or writes, bytes. */
    public int maxFrameLength() {
        return reader.maxFrameLength();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("closed: " + this);
        }
    }

    @Override
    public String toString() {
        return "BlockingPipe[fd=" + fd + ", unread=" + input.length() + ", unsent=" + output.queuedBytes() + "]";
    }
}
