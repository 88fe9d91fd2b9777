package io.evloop;

import io.evloop.epoll.Epoll;
import io.evloop.error.ConnectTimeoutException;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.time.Duration;

/** A connection that is being made. Made by {@link EventLoop#connect}. Loop thread only. */
public final class ConnectAttempt {

    private static final int NONE = -1;

    /** A Unix listener with a full backlog gives no sign when it has room: so it is asked again, ever more rarely. */
    private static final long FIRST_RETRY_NANOS = 1_000_000;

    private static final long LONGEST_RETRY_NANOS = 64_000_000;

    private final LoopContext context;
    private final Address address;
    private final ConnectHandler handler;
    private final SecondLook look;
    private OpenList.Entry<ConnectAttempt> listed;
    private Registration registration;
    private int fd = NONE;
    private boolean done;
    private Timer deadline;
    private Timer step;
    private long retryNanos = FIRST_RETRY_NANOS;
    private boolean connected;

    private ConnectAttempt(LoopContext context, Address address, ConnectHandler handler) {
        this.context = context;
        this.address = address;
        this.handler = handler;
        this.look = new SecondLook(context);
    }

    static ConnectAttempt start(LoopContext context, Address address, Duration timeout, ConnectHandler handler) {
        long timeoutNanos = Durations.nanos(timeout, "timeout");
        ConnectAttempt attempt = new ConnectAttempt(context, address, handler);
        attempt.listed = context.connects.add(attempt);
        if (timeoutNanos > 0) {
            attempt.deadline = attempt.after(timeoutNanos, () -> attempt.overdue(timeout));
        }
        try {
            attempt.open();
        } catch (IOException e) {
            attempt.failInTurn(e);
        }
        return attempt;
    }

    private void overdue(Duration timeout) {
        if (isWaiting()) {
            retry(); // once more, for the last time
        }
        if (connected || done) {
            return; // its turn comes, or has come
        }
        if (registration == null || look.isTaken()) { // of what is not registered the kernel has nothing to report
            fail(new ConnectTimeoutException(address.toString(), timeout));
        } else {
            deadline = after(0, () -> overdue(timeout));
        }
    }

    /** For room in the backlog of a Unix listener. */
    private boolean isWaiting() {
        return retryNanos > FIRST_RETRY_NANOS && !connected && registration == null;
    }

    private Timer after(long nanos, Runnable task) {
        return context.timers.add(context.loop, System.nanoTime() + nanos, task);
    }

    private void open() throws IOException {
        fd = Fd.check(Native.socket(address.family()), "socket");
        if (address.isUnix()) { // or else it is registered, and owned thereby
            context.registry.owned().add(fd);
        } else {
            Fd.check(Native.setNoDelay(fd, 1), "setsockopt");
        }
        connect();
    }

    private void connect() throws IOException {
        int result = address.encoded().connect(fd);
        if (result == 0) {
            connected = true;
            step = after(0, this::succeed);
        } else if (result == -Errno.EINPROGRESS) {
            context.registry.owned().remove(fd); // which the registration adds itself
            registration = new Registration(context.registry, fd);
            registration.open(new Events(), Epoll.OUT);
        } else if (result == -Errno.EAGAIN && address.isUnix()) {
            step = after(retryNanos, this::retry);
            retryNanos = Math.min(2 * retryNanos, LONGEST_RETRY_NANOS);
        } else {
            throw failure(result);
        }
    }

    private NativeIoException failure(int result) {
        return Errno.exception("connect", "connect " + address, result);
    }

    private void retry() {
        remove(step);
        try {
            connect();
        } catch (IOException e) {
            fail(e);
        }
    }

    private void onWritable() {
        IOException failure = null;
        int error = Native.socketError(fd);
        try {
            if (error != 0) {
                failure = failure(-Math.abs(error));
            } else if (isConnectedToItself()) {
                failure = failure(-Errno.ECONNREFUSED);
            }
        } catch (OutOfMemoryError e) {
            failure = new IOException("connect " + address + ": no direct memory", e);
        }
        if (failure == null) {
            succeed();
        } else {
            fail(failure);
        }
    }

    /** A port of the kernel's choice may be the very one to connect to, where nobody listens: {@code tcp(7)} allows that. */
    private boolean isConnectedToItself() {
        try {
            return Address.localOf(fd).equals(Address.peerOf(fd));
        } catch (IOException e) {
            return false; // reset meanwhile: its owner will see
        }
    }

    // the outcome ------------------------------------------------------------------------------------------------

    /** Where to. */
    public Address address() {
        return address;
    }

    /** Whether the handler is still to be called. */
    public boolean isPending() {
        return !done;
    }

    /**
     * Makes sure that the handler is not called.
     *
     * @return whether it was still to be called
     */
    public boolean cancel() {
        context.loop.checkThread();
        boolean pending = !done;
        end();
        closeSocket();
        return pending;
    }

    private void succeed() {
        end();
        SocketHandle socket = new SocketHandle(context, fd, address.isUnix());
        fd = NONE;
        HandlerEvent.Slow event = HandlerEvent.start(context);
        socket.give(this, handler::onConnect);
        finish(event);
    }

    private void failInTurn(IOException cause) {
        remove(deadline); // this is the cause, however late its turn
        step = after(0, () -> fail(cause));
    }

    private void fail(IOException cause) {
        end();
        closeSocket();
        HandlerEvent.Slow event = HandlerEvent.start(context);
        try {
            handler.onFailure(cause);
        } catch (Throwable e) {
            context.reportError(this, e);
        }
        finish(event);
    }

    private void finish(HandlerEvent.Slow event) {
        HandlerEvent.finish(event, this);
        context.abortOpenClaims();
    }

    /** The loop is closing. */
    void onLoopClose(IOException cause) {
        if (!done) {
            fail(cause);
        }
    }

    /** From now on nothing happens any more. */
    private void end() {
        done = true;
        listed.remove();
        if (fd != NONE && address.isUnix()) {
            context.registry.owned().remove(fd);
        }
        remove(deadline);
        remove(step);
        if (registration != null) {
            try {
                registration.close();
            } catch (IOException e) {
                context.reportError(this, e);
            }
        }
    }

    private static void remove(Timer timer) {
        if (timer != null) {
            timer.queue.remove(timer);
        }
    }

    private void closeSocket() {
        if (fd != NONE) {
            int result = Native.close(fd);
            fd = NONE;
            context.closed(this, result);
        }
    }

    @Override
    public String toString() {
        return "ConnectAttempt[" + address + (done ? ", done" : "") + "]";
    }

    private final class Events implements Pollable {

        @Override
        public void onEvents(int events) {
            onWritable();
        }

        @Override
        public void onLoopClose(Throwable cause) {} // the loop knows every attempt, also one that waits for a timer
    }
}
