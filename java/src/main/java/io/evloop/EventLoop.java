package io.evloop;

import io.evloop.epoll.Epoll;
import io.evloop.error.EventLoopClosedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One thread, many file descriptors. The loop belongs to the thread that opened it until a thread first calls {@link #run}
 * or {@link #poll}; from then on to that one. Everything but {@link #execute}, {@link #stop} and {@link #close} is for its
 * thread alone; anything else called from another throws {@link IllegalStateException} naming both threads, unless it says
 * otherwise; views of counters and plain questions, such as whether something is closed, do not look. On a closed loop, too,
 * and within {@link #close}, what needs an open one throws that.
 *
 * <p>Callbacks come from the loop's turn alone. What they throw ends the connection they were for, or the watch, and is
 * told to {@link EventLoopOptions#errorHandler}; the loop goes on.
 *
 * <p>A loop that is dropped without a close is a fault: the garbage collector closes the descriptors, no handler hears of it,
 * and a warning is logged; with {@code -Devloop.trackOpen=true} it tells where the loop was opened.
 */
public final class EventLoop implements AutoCloseable {

    private enum Phase {
        IDLE,
        RUNNING,
        CLOSING,
        CLOSED
    }

    private final Epoll epoll;
    private final TaskQueue tasks;
    private final LoopContext context;
    private final Turn turn;
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.IDLE);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Thread owner = Thread.currentThread();
    private volatile boolean bound;

    /** The group's thread, which runs nothing else. */
    private volatile Thread driver;

    /** Nobody watches over it yet: see {@link #open}. */
    EventLoop(EventLoopOptions options, Epoll epoll) {
        this.epoll = epoll;
        this.tasks = new TaskQueue(epoll);
        this.context = new LoopContext(this, options, epoll, tasks);
        this.turn = new Turn(context, epoll);
    }

    /** Opens a loop with the default options. */
    public static EventLoop open() throws IOException {
        return open(EventLoopOptions.builder().build());
    }

    /**
     * @throws io.evloop.error.NativeIoException EMFILE, ENFILE, ENOMEM: a loop takes two descriptors
     */
    public static EventLoop open(EventLoopOptions options) throws IOException {
        Rehearsal.hold();
        Epoll epoll = Epoll.open(options.maxEvents());
        boolean success = false;
        try {
            EventLoop loop = new EventLoop(options, epoll);
            loop.context.registry.owned().watch(loop, null); // the epoll's guard gives the warning
            success = true;
            return loop;
        } finally {
            if (!success) {
                epoll.close();
            }
        }
    }

    // running ----------------------------------------------------------------------------------------------------

    /**
     * Runs until {@link #stop} or {@link #close}; the calling thread becomes the loop's thread. May be called again after a
     * stop. An interrupt does not end it. A virtual thread keeps its carrier all the while.
     *
     * @throws IllegalStateException if the loop is closed, belongs to another thread, or is running already
     */
    public void run() {
        enter();
        tasks.beginRun();
        try {
            while (!tasks.isStopRequested() && !tasks.isCloseRequested()) {
                turn.take(-1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            tasks.stopped();
            leave();
        }
    }

    /**
     * Takes one turn; the calling thread becomes the loop's thread. Fits an agent's {@code doWork()} with a timeout of 0.
     *
     * @param timeoutNanos the longest wait, nanoseconds; 0 does not wait; below 0 waits without limit
     * @return the number of things done: timers, tasks, events, frames, closes; 0 = idle
     * @throws IllegalStateException as {@link #run}
     */
    public int poll(long timeoutNanos) {
        enter();
        try {
            return turn.take(timeoutNanos);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            tasks.polled();
            leave();
        }
    }

    /** For a group: whatever stops come. An error ends it, too; the error handler hears it. */
    void runUntilClosed() {
        try {
            while (!isClosed()) {
                run();
            }
        } catch (Throwable e) {
            if (!isClosed()) {
                context.reportError(this, e);
            }
        } finally {
            close();
        }
    }

    private void enter() {
        Thread current = Thread.currentThread();
        if (bound && owner != current && !isClosed()) {
            throw wrongThread(current); // before the phase is touched, which is the owner's
        }
        if (!phase.compareAndSet(Phase.IDLE, Phase.RUNNING)) {
            throw new IllegalStateException(
                    isClosed() ? "the event loop is closed" : "the event loop is being run by " + owner.getName());
        }
        if (!bound) {
            owner = current;
            bound = true;
        } else if (owner != current) {
            leave(); // somebody may have asked for the close meanwhile, and wait for it
            throw wrongThread(current);
        }
    }

    private void leave() {
        phase.set(Phase.IDLE);
        if (tasks.isCloseRequested() && phase.compareAndSet(Phase.IDLE, Phase.CLOSING)) {
            tearDown();
        }
    }

    /**
     * Makes {@link #run} return after its turn; if none is under way, the next one at once. A {@link #poll} under way, or else
     * the next one, waits no longer. What is queued stays. Any thread.
     */
    public void stop() {
        tasks.requestStop();
    }

    /**
     * Runs a task on the loop's thread in the coming turn, of which each runs up to 1,024; in the same one if a task calls this.
     * In the order of submission of each thread. Tasks left when {@code run} returns stay for the next run; {@link #close} runs
     * them. Any thread.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop is closed: the task will not run
     */
    public void execute(Runnable task) {
        tasks.add(Objects.requireNonNull(task, "task"));
    }

    /**
     * Runs a task once, never early; up to 1,024 a turn. {@link #close} drops those that have not run. Loop thread only.
     *
     * @param delayNanos nanoseconds from now; 0 or less = the coming turn
     */
    public Timer schedule(long delayNanos, Runnable task) {
        checkThread();
        openContext();
        Objects.requireNonNull(task, "task");
        // half of the clock's range: deadlines stay comparable
        long delay = Math.min(Math.max(0, delayNanos), Long.MAX_VALUE >> 1);
        return context.timers.add(this, System.nanoTime() + delay, task);
    }

    // descriptors ------------------------------------------------------------------------------------------------

    /**
     * Makes a descriptor non-blocking and registers it: a socket, a pipe's end, a terminal. Loop thread only. Its open file
     * description may be shared with another process, which then sees {@code O_NONBLOCK}, too. A standard descriptor, 0 to 2,
     * is {@code /dev/null} from the close on, so that no other gets the number.
     *
     * @param fd owned by the connection once this returns; still the caller's if it throws
     * @param tag any number that helps the caller to know the connection
     * @throws io.evloop.error.NativeIoException EBADF; EPERM if it cannot be polled, such as a regular file; EPROTOTYPE: a
     *     socket that is no stream
     */
    public Connection adopt(int fd, int tag, ConnectionHandler handler) throws IOException {
        checkThread();
        Objects.requireNonNull(handler, "handler");
        Connection connection = Connection.inspect(openContext(), fd, tag);
        connection.handler(handler);
        connection.endpoint().register();
        return connection;
    }

    /**
     * Reports the raw readiness of a descriptor that stays the caller's. Loop thread only.
     *
     * @param interest bits of {@link Epoll#IN} and the others
     * @throws io.evloop.error.NativeIoException EEXIST: this loop has it already; EBADF; EPERM: it cannot be polled
     */
    public Watch watch(int fd, int interest, WatchHandler handler) throws IOException {
        checkThread();
        Watch watch = new Watch(openContext(), fd, Objects.requireNonNull(handler, "handler"));
        watch.open(interest);
        return watch;
    }

    // sockets ----------------------------------------------------------------------------------------------------

    /** {@link #listen(Address, ListenOptions, AcceptHandler)} with {@link ListenOptions#DEFAULT}. */
    public Listener listen(Address address, AcceptHandler handler) throws IOException {
        return listen(address, ListenOptions.DEFAULT, handler);
    }

    /**
     * Accepts connections at an address. Loop thread only. A socket file is made with mode 0600: for the own user, and root.
     *
     * @throws io.evloop.error.NativeIoException EADDRINUSE, also for a socket file that was left behind, which is not
     *     removed; ENOENT, ENOTDIR: the directory is missing; EACCES; EADDRNOTAVAIL
     * @throws IllegalArgumentException if users are to be told apart, and it is no Unix socket
     */
    public Listener listen(Address address, ListenOptions options, AcceptHandler handler) throws IOException {
        checkThread();
        LoopContext open = openContext();
        Objects.requireNonNull(handler, "handler");
        return Listener.open(open, ListenSocket.open(address, options), options, handler);
    }

    /**
     * Accepts connections at a socket that a service manager listens on and hands over: see {@code sd_listen_fds(3)}. Each can
     * be taken once per process. Its backlog and its file are the manager's. Loop thread only.
     *
     * @param index 0 for the first, descriptor 3
     * @throws IOException if {@code LISTEN_PID} and {@code LISTEN_FDS} do not name it, or it is no listening socket
     */
    public Listener listenInherited(int index, ListenOptions options, AcceptHandler handler) throws IOException {
        checkThread();
        LoopContext open = openContext();
        Objects.requireNonNull(handler, "handler");
        return Listener.open(open, ListenSocket.inherited(index), options, handler);
    }

    /**
     * Connects without blocking; the handler hears of it in a later turn, never from inside this call. Loop thread only.
     *
     * @param timeout how long it may take; {@link Duration#ZERO} = as long as the kernel tries, and without
     *     limit at a Unix socket whose backlog is full
     * @throws IllegalArgumentException if it is negative
     */
    public ConnectAttempt connect(Address address, Duration timeout, ConnectHandler handler) {
        checkThread();
        LoopContext open = openContext();
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(handler, "handler");
        return ConnectAttempt.start(open, address, timeout, handler);
    }

    /** A live view of the counters. */
    public LoopStats stats() {
        return context.stats;
    }

    // closing ----------------------------------------------------------------------------------------------------

    /**
     * Ends everything before it returns: runs the tasks left, closes every connection with
     * {@link EventLoopClosedException}, ends the workers, calls every {@code onClose} and {@code onExit}. From another
     * thread it asks a running loop and waits; in a callback it takes effect at the end of the turn, and {@code run}
     * returns. Idempotent. Any thread.
     *
     * <p>Two loops whose callbacks close each other wait for ever. A loop that no thread runs at the moment is ended on the
     * calling thread, to which it belongs from then on: whoever drives it by {@link #poll} from another thread must see to it
     * that it is not inside a method of the loop, or of what is registered with it, meanwhile.
     */
    @Override
    public void close() {
        tasks.requestClose();
        if (!isDrivenByAnother() && phase.compareAndSet(Phase.IDLE, Phase.CLOSING)) {
            tearDown();
        } else if (!bound || !isLoopThread()) { // not bound yet: another thread is just about to be the owner
            awaitClosed();
        }
    }

    /** The same without waiting, for a loop whose thread runs it or is about to. */
    void requestClose() {
        tasks.requestClose();
    }

    private void awaitClosed() {
        boolean interrupted = false;
        while (closed.getCount() > 0) {
            try {
                closed.await();
            } catch (InterruptedException e) {
                interrupted = true; // the caller relies on the loop being closed; it is told below
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void tearDown() {
        owner = Thread.currentThread();
        bound = true;
        try {
            new TearDown(context, turn).run();
        } finally {
            context.registry.owned().close();
            try {
                epoll.close();
            } catch (IOException e) {
                context.reportError(this, e);
            }
            phase.set(Phase.CLOSED);
            closed.countDown();
        }
    }

    /** Whether the loop is closed or closing; after a {@link #close} in a callback, from the end of the turn on. Any thread. */
    public boolean isClosed() {
        Phase current = phase.get();
        return current == Phase.CLOSING || current == Phase.CLOSED;
    }

    // for the package --------------------------------------------------------------------------------------------

    /** The shared parts. Any thread. */
    LoopContext openContext() {
        if (isClosed()) {
            throw new IllegalStateException("the event loop is closed");
        }
        return context;
    }

    /** The same, also of a loop that is closed. Any thread. */
    LoopContext context() {
        return context;
    }

    /** Whose it is from now on. Before anybody has run it. */
    void bindTo(Thread thread) {
        owner = thread;
        driver = thread;
        bound = true;
    }

    /** Whether there is a thread that is to run it until it is closed, and this is another. */
    private boolean isDrivenByAnother() {
        Thread thread = driver;
        return thread != null && thread != Thread.currentThread() && thread.isAlive();
    }

    boolean isLoopThread() {
        return Thread.currentThread() == owner;
    }

    void checkThread() {
        Thread current = Thread.currentThread();
        if (current != owner) {
            throw wrongThread(current);
        }
    }

    private IllegalStateException wrongThread(Thread current) {
        return new IllegalStateException("called on thread \"" + current.getName()
                + "\", but the event loop belongs to \"" + owner.getName() + "\"");
    }

    @Override
    public String toString() {
        return "EventLoop[thread=" + owner.getName() + ", " + phase.get() + ", descriptors=" + context.registry.size()
                + ", queued=" + context.queuedBytes() + "]";
    }
}
