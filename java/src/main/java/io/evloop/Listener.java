package io.evloop;

import io.evloop.epoll.Epoll;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;

/**
 * Accepts connections. Made by {@link EventLoop#listen}. When descriptors or memory run out, what waits is left to wait: the
 * error handler hears it once, and again only after ten seconds in which they did not; accepting goes on as soon as it can.
 * Methods belong to the loop's thread unless they say otherwise.
 */
public final class Listener implements AutoCloseable {

    private static final long FIRST_PAUSE_NANOS = 10_000_000;
    private static final long LONGEST_PAUSE_NANOS = 320_000_000;

    /** So long without running out of anything: the next time is news. */
    private static final long QUIET_NANOS = 10_000_000_000L;

    private final LoopContext context;
    private final ListenSocket socket;
    private final ListenOptions options;
    private final AcceptHandler handler;
    private final Registration registration;
    private final ListenerStats stats = new ListenerStats();
    private final ByteBuffer credentials;
    private boolean paused;
    private boolean closed;
    private Timer resumption;
    private long pauseNanos;
    private long exhaustedAt;

    private Listener(LoopContext context, ListenSocket socket, ListenOptions options, AcceptHandler handler) {
        this.context = context;
        this.socket = socket;
        this.options = options;
        this.handler = handler;
        this.registration = new Registration(context.registry, socket.fd());
        this.credentials = options.filtersUids() ? SocketHandle.credentialsBuffer() : null;
    }

    /** Owns the socket once this returns; if it throws, the socket is closed, or, if it was inherited, there to be taken again. */
    static Listener open(LoopContext context, ListenSocket socket, ListenOptions options, AcceptHandler handler)
            throws IOException {
        boolean success = false;
        try {
            if (options.filtersUids() && !socket.local().isUnix()) {
                throw new IllegalArgumentException("only a Unix socket knows its peers' uids: " + socket.local());
            }
            if (!socket.local().isUnix()) {
                // what is accepted inherits it
                Fd.check(Native.setNoDelay(socket.fd(), 1), "setsockopt");
            }
            Listener listener = new Listener(context, socket, options, handler);
            listener.registration.open(listener.new Events(), Epoll.IN);
            success = true;
            return listener;
        } finally {
            if (!success) {
                socket.giveUp();
            }
        }
    }

    /** Where it listens; for TCP with the port that the kernel chose, if it was asked to. Any thread. */
    public Address localAddress() {
        return socket.local();
    }

    /** A live view of the counters. */
    public ListenerStats stats() {
        return stats;
    }

    /** Accepts nothing until {@link #resume}; whoever connects waits in the backlog. */
    public void pause() throws IOException {
        context.loop.checkThread();
        paused = true;
        registration.disarm(Epoll.IN);
    }

    /** Undoes {@link #pause}. Without effect once it is closed. */
    public void resume() throws IOException {
        context.loop.checkThread();
        paused = false;
        if (resumption == null) {
            registration.arm(Epoll.IN);
        }
    }

    /**
     * Accepts nothing more: who waits in the backlog is reset. A socket file is removed if it is still the one that this
     * listener has made. What was accepted lives on. Idempotent. Any thread: from another than the loop's it is a task for
     * the loop.
     */
    @Override
    public void close() {
        if (context.loop.isLoopThread()) {
            closeNow();
            return;
        }
        try {
            context.loop.execute(this::closeNow);
        } catch (RejectedExecutionException e) {
            return; // the loop is closed, and this with it
        }
    }

    private void closeNow() {
        if (closed) {
            return;
        }
        if (resumption != null) {
            resumption.queue.remove(resumption);
        }
        IOException ofEpoll = null;
        IOException ofFile = null;
        try {
            registration.close();
        } catch (IOException e) {
            ofEpoll = e;
        }
        try {
            socket.removeFile();
        } catch (IOException e) {
            ofFile = e;
        }
        int result = Native.close(socket.fd());
        closed = true; // not before: whoever had no stack left for the above can try again
        context.closed(this, result);
        reportIfAny(ofEpoll);
        reportIfAny(ofFile);
    }

    private void reportIfAny(IOException failure) {
        if (failure != null) {
            context.reportError(this, failure);
        }
    }

    /** Whether it was closed. */
    public boolean isClosed() {
        return closed;
    }

    // accepting --------------------------------------------------------------------------------------------------

    private boolean isAccepting() {
        return !closed && !paused && resumption == null;
    }

    private void accept() {
        for (int count = 0; count < options.acceptsPerTurn() && isAccepting(); count++) {
            int result = Native.accept(socket.fd());
            if (result >= 0) {
                pauseNanos = 0;
                accepted(result);
            } else if (result == -Errno.EAGAIN) {
                return;
            } else if (isOfThePeer(-result)) {
                stats.failed++;
            } else {
                exhausted(result);
            }
        }
    }

    /** {@code accept(2)}: errors of a connection that is gone, or that a firewall forbids, are reported here. */
    private static boolean isOfThePeer(int errno) {
        return switch (errno) {
            case Errno.ECONNABORTED,
                    Errno.EPERM,
                    Errno.EPROTO,
                    Errno.ENOPROTOOPT,
                    Errno.ENETDOWN,
                    Errno.ENETUNREACH,
                    Errno.EHOSTDOWN,
                    Errno.EHOSTUNREACH,
                    Errno.ENONET,
                    Errno.EOPNOTSUPP,
                    Errno.ETIMEDOUT -> true;
            default -> false;
        };
    }

    private void accepted(int fd) {
        SocketHandle accepted = new SocketHandle(context, fd, socket.local().isUnix());
        HandlerEvent.Slow event = HandlerEvent.start(context);
        accepted.give(this, socket -> {
            if (isAllowed(fd)) {
                stats.accepted++;
                handler.onAccept(this, socket);
            } else {
                stats.refused++;
            }
        });
        HandlerEvent.finish(event, this);
        context.abortOpenClaims();
    }

    private boolean isAllowed(int fd) throws IOException {
        return credentials == null
                || options.allowsUid(SocketHandle.credentials(fd, credentials).uid());
    }

    /**
     * Neither descriptors nor memory, as a rule: the connection waits on, and its readiness would be reported again and
     * again. So the socket is taken out of the epoll for a while.
     */
    private void exhausted(int result) {
        long now = System.nanoTime();
        boolean first = stats.exhaustions == 0 || now - exhaustedAt >= QUIET_NANOS;
        exhaustedAt = now;
        stats.exhaustions++;
        pauseNanos = pauseNanos == 0 ? FIRST_PAUSE_NANOS : Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
        resumeLater();
        try {
            registration.disarm(Epoll.IN);
        } catch (IOException e) {
            context.reportError(this, e);
        }
        if (first) {
            context.reportError(this, Errno.exception("accept4", "accept4 (to be tried again)", result));
        }
    }

    private void resumeLater() {
        resumption = context.timers.add(context.loop, System.nanoTime() + pauseNanos, this::tryAgain);
    }

    private void tryAgain() {
        resumption = null;
        if (isAccepting()) {
            try {
                registration.arm(Epoll.IN);
            } catch (IOException e) {
                context.reportError(this, e);
                resumeLater(); // short of memory, or of room in the epoll
            }
        }
    }

    @Override
    public String toString() {
        return "Listener[" + socket.local() + (closed ? ", closed" : paused ? ", paused" : "") + "]";
    }

    private final class Events implements Pollable {

        @Override
        public void onEvents(int events) {
            accept();
        }

        @Override
        public void onLoopClose(Throwable cause) {
            closeNow();
        }
    }
}
