package io.evloop;

import io.evloop.epoll.Epoll;
import io.evloop.error.TruncatedFrameException;
import io.evloop.sys.Errno;
import io.evloop.sys.ExitStatus;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;

/**
 * A spawned process and the pipe to it. What it wrote before it left is delivered first; then the pipe's {@code onClose},
 * then {@code onExit}, each exactly once. A grandchild that keeps the pipe open delays neither. Methods belong to the
 * loop's thread unless they say otherwise.
 */
public final class Worker implements AutoCloseable {

    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final long FIRST_LOOK_NANOS = 10_000_000;

    /** The longest pause between two looks at one that a debugger holds on to. */
    static final long MAX_LOOK_NANOS = 320_000_000;

    private final LoopContext context;
    private final String program;
    private final int pid;
    private final int pidFd;
    private final Pipe pipe;
    private final List<OutputCapture> captures;
    private final ExitHandler exitHandler;
    private final Registration registration;
    private final ExitStatus status;
    private volatile boolean exited;
    private boolean exitSeen;
    private boolean exitTold;
    private Timer killTimer;
    private OpenList.Entry<Worker> listed;
    private long nextLookNanos = FIRST_LOOK_NANOS;

    /** It is gone, which its pidfd, reported no more, does not tell again. */
    private boolean traced;

    /** Owns {@code pidFd} from {@link #register} on. */
    Worker(
            LoopContext context,
            String program,
            int pid,
            int pidFd,
            Pipe pipe,
            List<OutputCapture> captures,
            ExitHandler exitHandler) {
        this.context = context;
        this.program = program;
        this.pid = pid;
        this.pidFd = pidFd;
        this.pipe = pipe;
        this.captures = captures;
        this.exitHandler = exitHandler;
        this.status = new ExitStatus(context.exitRecord);
        this.registration = new Registration(context.registry, pidFd);
        pipe.callbacks().onCloseOfOwner((closed, cause) -> tellExit());
        captures.forEach(capture -> capture.worker(this));
    }

    /**
     * Begins to describe a worker.
     *
     * @param command the program, found on the supervisor's PATH unless there is a slash in it, and its arguments; no shell
     * @throws IllegalArgumentException if it is empty or there is a NUL in it
     */
    public static WorkerBuilder command(String... command) {
        return new WorkerBuilder(command);
    }

    /**
     * Watches for the exit, then what it prints, then the pipe; if it throws, nothing is registered and every descriptor is the
     * caller's.
     */
    void register() throws IOException {
        registration.open(new Exit(), Epoll.IN);
        int registered = 0;
        boolean success = false;
        try {
            listed = context.workers.add(this);
            for (OutputCapture capture : captures) {
                capture.endpoint().register();
                registered++;
            }
            pipe.endpoint().register();
            success = true;
        } finally {
            if (!success) {
                if (listed != null) {
                    listed.remove(); // first: what follows may throw
                }
                for (OutputCapture capture : captures.subList(0, registered)) {
                    capture.endpoint().unregister();
                }
                registration.close();
            }
        }
        WorkerEvent.started(program, pid);
    }

    /** The pipe to the worker. Any thread. */
    public Pipe pipe() {
        return pipe;
    }

    /** Its process id, which may be another process's once it is gone: to tell, not to signal. Any thread. */
    public long pid() {
        return pid;
    }

    /**
     * Whether the process runs: asked of the kernel, though frames of it may still be to come. False, too, for one that has
     * outlived the SIGKILL of its closing loop.
     */
    public boolean isAlive() {
        if (!exited) {
            context.loop.checkThread();
            reap();
        }
        return !exited;
    }

    /**
     * Sends a signal through the pidfd: never to a stranger. Does nothing once the worker has left.
     *
     * @param signal 0 to 64; 0 sends nothing
     * @throws IllegalArgumentException if the kernel knows no such signal
     */
    public void signal(int signal) {
        context.loop.checkThread();
        if (exited) {
            return;
        }
        int result = Native.pidFdSignal(pidFd, signal);
        if (result == -Errno.EINVAL) {
            throw new IllegalArgumentException("signal " + signal);
        } else if (result < 0 && result != -Errno.ESRCH) {
            context.reportError(this, Errno.exception("pidfd_send_signal", result));
        }
    }

    /** Asks it to leave: SIGTERM. */
    public void terminate() {
        signal(SIGTERM);
    }

    /**
     * Asks it to leave and insists: half-closes the pipe behind what is queued, so that it reads to the end; sends SIGTERM; and,
     * if it has not left by then, SIGKILL after {@code grace}. {@code onClose} and {@code onExit} follow.
     *
     * @throws IllegalArgumentException if {@code grace} is negative
     */
    public void terminate(Duration grace) {
        long graceNanos = Durations.nanos(grace, "grace");
        context.loop.checkThread();
        if (exited) {
            return;
        }
        pipe.shutdownOutput();
        terminate();
        if (killTimer != null) {
            killTimer.cancel();
        }
        boolean closing = context.loop.isClosed(); // which insists, too
        killTimer = closing ? null : context.loop.schedule(graceNanos, this::kill);
    }

    /** Ends it: SIGKILL. */
    public void kill() {
        signal(SIGKILL);
    }

    /**
     * Closes the pipe, dropping what is queued, and kills the worker. {@code onClose} and {@code onExit} follow.
     * Idempotent. Any thread: from another than the loop's it is a task for the loop.
     */
    @Override
    public void close() {
        if (context.loop.isLoopThread()) {
            pipe.close();
            kill();
            return;
        }
        try {
            context.loop.execute(this::close);
        } catch (RejectedExecutionException e) {
            return; // the loop is closed, and its workers with it
        }
    }

    /** What it has cost; null while it runs, or if somebody else has reaped it. Any thread, exact from {@code onExit} on. */
    public WorkerUsage usage() {
        if (!exited || status.code() < 0 && status.signal() == 0) {
            return null;
        }
        return new WorkerUsage(
                Duration.of(status.userMicros(), ChronoUnit.MICROS),
                Duration.of(status.systemMicros(), ChronoUnit.MICROS),
                status.maxResidentBytes(),
                status.coreDumped());
    }

    private void reap() {
        if (exited) {
            return;
        }
        int result = status.reap(pidFd);
        if (result != 0) { // it has left; or, with ECHILD, somebody else has reaped it and its status is lost
            exited = true;
            if (result < 0 && result != -Errno.ECHILD) {
                context.reportError(this, Errno.exception("waitid", result));
            }
        }
    }

    /** The loop has closed. One that has outlived even SIGKILL counts as ended from now on, nobody knows how. */
    void abandon() {
        onExitEvent();
        if (!exitSeen) {
            exited = true;
            exitSeen = true;
            context.reportError(this, new IOException("the worker did not end when it was killed"));
            closePidFd();
            tellExit();
        }
    }

    private void closePidFd() {
        try {
            try {
                registration.close();
            } finally {
                Fd.close(pidFd);
            }
        } catch (IOException e) {
            context.reportError(this, e);
        }
    }

    private void onExitEvent() {
        reap();
        if (!exited || exitSeen) {
            return;
        }
        exitSeen = true;
        closePidFd();
        captures.forEach(capture -> capture.endpoint().lingerThenClose(null));
        if (pipe.callbacks().isCloseTold()) {
            tellExit();
        } else {
            pipe.endpoint().lingerThenClose(null);
        }
    }

    /**
     * It is gone, and not to be reaped before the debugger that traces it has heard of that, which may take long: the pidfd would
     * be ready again and again.
     */
    private void awaitTracer() {
        try {
            registration.suspend();
        } catch (IOException e) {
            context.reportError(this, e);
        }
        traced = true;
        if (!context.loop.isClosed()) { // or else whoever closes it looks
            context.loop.schedule(nextLookNanos, this::look);
            nextLookNanos = Math.min(MAX_LOOK_NANOS, 2 * nextLookNanos);
        }
    }

    /** Its pidfd is ready, or was and may be still. */
    private void look() {
        onExitEvent();
        if (!exited) {
            awaitTracer();
        }
    }

    /** A look in the place of those that the timers of an open loop take. */
    void lookIfTraced() {
        if (traced) {
            look();
        }
    }

    void addCapturedTo(Set<Pollable> endpoints) {
        captures.forEach(capture -> endpoints.add(capture.endpoint()));
    }

    /** One of the captured outputs has ended. */
    void outputClosed() {
        tellExit();
    }

    private boolean isOutputClosed() {
        for (OutputCapture capture : captures) {
            if (!capture.isClosed()) {
                return false;
            }
        }
        return true;
    }

    private void tellExit() {
        if (!exitSeen || exitTold || !pipe.callbacks().isCloseTold() || !isOutputClosed()) {
            return;
        }
        exitTold = true;
        if (killTimer != null) {
            killTimer.cancel();
        }
        listed.remove();
        WorkerExit exit = exit();
        WorkerEvent.exited(program, pid, exit);
        if (exitHandler != null) {
            context.call(this, () -> exitHandler.onExit(this, exit));
        }
    }

    private WorkerExit exit() {
        PipeStats stats = pipe.stats();
        return new WorkerExit(
                status.code(),
                status.signal(),
                stats.unsentFrames(),
                stats.unsentBytes(),
                pipe.callbacks().closeCause() instanceof TruncatedFrameException);
    }

    @Override
    public String toString() {
        return "Worker[" + program + ", pid=" + pid + (exited ? ", exited" : "") + ", " + pipe + "]";
    }

    private final class Exit implements Pollable {

        @Override
        public void onEvents(int events) {
            look();
        }

        /** The loop ends its workers itself, after their pipes. */
        @Override
        public void onLoopClose(Throwable cause) {}
    }
}
