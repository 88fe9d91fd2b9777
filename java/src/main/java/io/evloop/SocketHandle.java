package io.evloop;

import io.evloop.sys.DropGuard;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connected socket that nobody owns yet, non-blocking and close-on-exec; TCP with {@code TCP_NODELAY}. In the callback
 * that it comes by it becomes a {@link Pipe}, a {@link Connection}, another loop's or the caller's descriptor; if it becomes
 * nothing, it is closed when the callback returns. Loop thread only.
 */
public final class SocketHandle implements AutoCloseable {

    private static final int NONE = -1;
    private static final int UID_OFFSET = 4;
    private static final int GID_OFFSET = 8;
    private static final int CREDENTIALS_SIZE = 12;

    private final LoopContext context;
    private final boolean unix;
    private int fd;
    private Endpoint endpoint;

    /** Owns {@code fd} from now on. */
    SocketHandle(LoopContext context, int fd, boolean unix) {
        this.context = context;
        this.fd = fd;
        this.unix = unix;
    }

    // what becomes of it -----------------------------------------------------------------------------------------

    /** {@link #pipe(int, PipeOptions)} with {@link PipeOptions#DEFAULT}. */
    public Pipe pipe(int tag) throws IOException {
        return pipe(tag, PipeOptions.DEFAULT);
    }

    /**
     * Makes it a pipe of this loop; see {@link Pipe#adopt(EventLoop, int, int, PipeOptions)}.
     *
     * @throws IllegalStateException if it was taken or closed
     */
    public Pipe pipe(int tag, PipeOptions options) throws IOException {
        Pipe pipe = Pipe.adopt(context.loop, fd(), tag, options);
        endpoint = pipe.endpoint();
        fd = NONE;
        return pipe;
    }

    /** Makes it a connection of this loop; see {@link EventLoop#adopt}, and otherwise {@link #pipe(int, PipeOptions)}. */
    public Connection connection(int tag, ConnectionHandler handler) throws IOException {
        Connection connection = context.loop.adopt(fd(), tag, handler);
        endpoint = connection.endpoint();
        fd = NONE;
        return connection;
    }

    /**
     * Gives it to another loop, in whose coming turn {@code handler} gets it, and the rules of this callback hold for that one.
     * If that loop closes before, the socket is closed, and nobody hears of it but the peer.
     *
     * @return whether it is on its way; false: the other loop is closed, and now this is, too
     * @throws IllegalStateException if it was taken or closed
     */
    public boolean moveTo(EventLoop other, SocketHandler handler) {
        final int moved = fd();
        Objects.requireNonNull(handler, "handler");
        final SocketHandle there = new SocketHandle(other.context(), moved, unix);
        final DropGuard owned = there.context.registry.owned();
        final AtomicBoolean decided = new AtomicBoolean();
        boolean success = false;
        fd = NONE;
        try {
            owned.add(moved); // for a loop that is dropped with its tasks
            other.execute(() -> {
                if (decided.compareAndSet(false, true)) {
                    there.arrive(handler);
                }
            });
            success = true;
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        } finally {
            // the task may be queued all the same, if only the loop could not be woken
            if (!success && decided.compareAndSet(false, true)) {
                owned.remove(moved);
                context.close(this, moved);
            }
        }
    }

    private void arrive(SocketHandler handler) {
        context.registry.owned().remove(fd);
        if (context.loop.isClosed()) {
            close();
        } else {
            give(this, handler);
        }
    }

    /**
     * Makes it the caller's, who closes it, or gives it to whoever does. For another loop {@link #moveTo} is the way: a task that
     * adopts it there may be refused, or run while that loop closes, and then it would be nobody's.
     */
    public int take() {
        int taken = fd();
        fd = NONE;
        return taken;
    }

    /** Closes it now. Without effect once it was taken or closed. */
    @Override
    public void close() {
        context.loop.checkThread();
        if (fd != NONE) {
            int result = Native.close(fd);
            fd = NONE;
            context.closed(this, result);
        }
    }

    /** Hands it over: what the handler throws ends what it made of it and is reported; what it made nothing of is closed. */
    void give(Object source, SocketHandler handler) {
        try {
            handler.onSocket(this);
        } catch (Throwable e) {
            if (endpoint != null) {
                endpoint.closeWith(e);
            }
            context.reportError(source, e);
        } finally {
            close();
        }
    }

    /** Whether it is neither taken nor closed. */
    public boolean isOpen() {
        return fd != NONE;
    }

    // what can be asked ------------------------------------------------------------------------------------------

    /**
     * The descriptor, which stays this handle's: to set an option, or to be sent on by {@link Pipe#writeFrame(int,
     * java.nio.ByteBuffer, int)}, which sends a duplicate.
     *
     * @throws IllegalStateException if it was taken or closed
     */
    public int fd() {
        context.loop.checkThread();
        if (fd == NONE) {
            throw new IllegalStateException("the socket was taken or closed");
        }
        return fd;
    }

    /**
     * The peer's address; that of a Unix client has neither path nor name, as a rule.
     *
     * @throws io.evloop.error.NativeIoException ENOTCONN: the peer of a TCP connection has reset it meanwhile
     */
    public Address remote() throws IOException {
        return Address.peerOf(fd());
    }

    /** The own address. */
    public Address local() throws IOException {
        return Address.localOf(fd());
    }

    /**
     * Who is at the other end.
     *
     * @throws UnsupportedOperationException if it is no Unix socket
     */
    public PeerCredentials credentials() throws IOException {
        checkUnix();
        return credentials(fd(), credentialsBuffer());
    }

    static ByteBuffer credentialsBuffer() {
        return ByteBuffer.allocateDirect(CREDENTIALS_SIZE).order(ByteOrder.nativeOrder());
    }

    static PeerCredentials credentials(int fd, ByteBuffer numbers) throws IOException {
        try {
            Fd.check(Native.peerCredentials(fd, Native.addressOf(numbers)), "getsockopt");
            return new PeerCredentials(numbers.getInt(0), numbers.getInt(UID_OFFSET), numbers.getInt(GID_OFFSET));
        } finally {
            Reference.reachabilityFence(numbers);
        }
    }

    /**
     * A pidfd of the process at the other end, which never means another process: to ask {@code /proc/self/fdinfo} for its
     * pid, to signal it, or to {@link EventLoop#watch} for its end. Close-on-exec.
     *
     * @return the caller's to close
     * @throws io.evloop.error.NativeIoException ENOPROTOOPT before Linux 6.5; ESRCH or EINVAL if the process is gone
     * @throws UnsupportedOperationException if it is no Unix socket
     */
    public int openPidFd() throws IOException {
        checkUnix();
        return Fd.check(Native.peerPidFd(fd()), "getsockopt");
    }

    private void checkUnix() {
        if (!unix) {
            throw new UnsupportedOperationException("only a Unix socket knows its peer");
        }
    }

    /** Whether it is a Unix socket; otherwise it is TCP. */
    public boolean isUnix() {
        return unix;
    }

    @Override
    public String toString() {
        return "SocketHandle[" + (fd == NONE ? "taken or closed" : "fd=" + fd) + "]";
    }
}
