package io.evloop;

import io.evloop.frame.FrameLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * A pool of workers of one command: keeps so many of them running, spreads requests over them and tells of each request what
 * became of it, exactly once: an answer, or that its worker left without one.
 *
 * <p>A worker answers each frame by one frame, in the order in which they came, whatever the channel. One that leaves is
 * started again, after a pause that doubles with each death in quick succession, and within a bound on restarts per minute.
 * All methods but {@link #close} and {@link #closeAfterAnswers} belong to the loop's thread.
 */
public final class Supervisor implements AutoCloseable {

    /** Which worker gets a request: of those that are below their high water mark, if there are any. */
    public enum Balance {
        /** One after the other. */
        ROUND_ROBIN,
        /** The one with the fewest requests that are not answered; of several the next in turn. */
        LEAST_QUEUED
    }

    private final EventLoop loop;
    private final Builder settings;
    private final WorkerBuilder command;
    private final RestartPolicy restarts;
    private final SupervisedPool pool;
    private boolean drainOwed;

    /** No request is taken any more. */
    private boolean finishing;

    private boolean closed;

    private Supervisor(EventLoop loop, Builder settings) {
        this.loop = loop;
        this.settings = settings;
        this.command = settings.command.copy(); // what becomes of the caller's does not matter any more
        this.restarts =
                new RestartPolicy(settings.firstBackoffNanos, settings.maxBackoffNanos, settings.maxRestartsPerMinute);
        this.pool = new SupervisedPool(this, command, settings.workers, settings.balance);
    }

    /**
     * @param command whose {@code onFrame}, those of single channels included, {@code onReadable}, {@code onDrain}, {@code
     *     onEnd}, {@code onClose} and {@code onExit} the supervisor sets
     * @param workers 1 or more
     */
    public static Builder builder(WorkerBuilder command, int workers) {
        return new Builder(command, workers);
    }

    private void startAll() throws IOException {
        boolean success = false;
        try {
            pool.start();
            success = true;
        } finally {
            if (!success) {
                closeAll();
            }
        }
    }

    /**
     * Sends a request to one of the workers; never blocks. {@code payload} is copied; its position advances past the copied
     * bytes if and only if it was accepted. A worker that reads and never answers may owe any number of answers: a
     * {@code requestTimeout} ends it.
     *
     * @param requestId any number by which {@code onAnswer} or {@code onUnanswered} will name it
     * @param channelId 0 to 65535
     * @param payload 1 byte or more, within the limits of the pipe
     * @return {@link WriteResult#OK}; {@link WriteResult#ABOVE_HIGH_WATER}: accepted, and every worker that runs is above its
     *     high water mark; {@link WriteResult#FULL}: not accepted, no worker has room or none runs at present; after either,
     *     {@code onDrain} will follow; {@link WriteResult#CLOSED}: not accepted, the supervisor or its loop is closed, or about
     *     to be
     * @throws IllegalArgumentException if the channel or the length is out of range
     */
    public WriteResult request(long requestId, int channelId, ByteBuffer payload) {
        loop.checkThread();
        FrameLayout.checkFrame(channelId, payload.remaining(), command.limits().maxFrameLength());
        if (isFinishing()) {
            return WriteResult.CLOSED;
        }
        WriteResult result = pool.request(requestId, channelId, payload);
        if (result != WriteResult.OK) {
            drainOwed = true;
        }
        return result == WriteResult.CLOSED ? WriteResult.FULL : result; // its worker will be replaced
    }

    /** Requests that were accepted and neither answered nor reported. */
    public int unanswered() {
        loop.checkThread();
        return pool.unanswered();
    }

    /** Workers that run at this moment. */
    public int running() {
        loop.checkThread();
        return pool.running();
    }

    /** The loop of all its workers. Any thread. */
    public EventLoop loop() {
        return loop;
    }

    /**
     * Takes no more requests and starts no worker again; once every request is answered or reported, at once if there is none,
     * it is closed as {@link #close} does it. Idempotent. Any thread, as {@link #close}.
     */
    public void closeAfterAnswers() {
        onLoop(this::finish);
    }

    /**
     * Asks the workers to leave, as {@link Worker#terminate(Duration)} does, with SIGTERM at once, and starts none again. What they
     * answer before they leave still comes; the rest is reported as unanswered. Idempotent. Any thread: from another than the
     * loop's it is a task for it.
     */
    @Override
    public void close() {
        onLoop(this::closeAll);
    }

    private void onLoop(Runnable call) {
        if (loop.isLoopThread()) {
            call.run();
            return;
        }
        try {
            loop.execute(call);
        } catch (RejectedExecutionException e) {
            return; // the loop is closed, and its workers with it
        }
    }

    private void finish() {
        finishing = true;
        closeIfFinished();
    }

    private void closeIfFinished() {
        if (finishing && pool.unanswered() == 0) {
            closeAll();
        }
    }

    private void closeAll() {
        if (closed) {
            return;
        }
        closed = true;
        pool.close();
    }

    // for the members --------------------------------------------------------------------------------------------

    boolean isClosed() {
        return closed || loop.isClosed();
    }

    boolean isFinishing() {
        return finishing || isClosed();
    }

    Duration grace() {
        return settings.grace;
    }

    /** 0: without limit. */
    long requestTimeoutNanos() {
        return settings.requestTimeoutNanos;
    }

    RestartPolicy restarts() {
        return restarts;
    }

    void answered(long requestId, int channelId, ByteBuffer payload) {
        try {
            if (settings.answerHandler != null) {
                settings.answerHandler.onAnswer(this, requestId, channelId, payload);
            }
        } finally {
            closeIfFinished();
        }
    }

    void unsolicited(Pipe pipe, int channelId, ByteBuffer payload) {
        if (settings.unsolicitedHandler != null) {
            settings.unsolicitedHandler.onFrame(pipe, channelId, payload);
        }
    }

    void unanswered(long requestId, Worker worker) {
        if (settings.unansweredHandler != null) {
            tell(() -> settings.unansweredHandler.onUnanswered(this, requestId, worker));
        }
        closeIfFinished();
    }

    void exited(Worker worker, WorkerExit exit) {
        if (settings.exitHandler != null) {
            tell(() -> settings.exitHandler.onExit(worker, exit));
        }
    }

    /** A worker has room again, or a new one runs. */
    void drained() {
        if (drainOwed && !isFinishing()) {
            drainOwed = false;
            if (settings.drainHandler != null) {
                tell(() -> settings.drainHandler.accept(this));
            }
        }
    }

    /** What a handler throws must not keep the rest from being told. */
    private void tell(Runnable call) {
        try {
            call.run();
        } catch (Throwable e) {
            report(e);
        }
    }

    void report(Throwable error) {
        loop.context().reportError(this, error);
    }

    @Override
    public String toString() {
        return "Supervisor[" + command.program() + ", " + pool + (closed ? ", closed" : finishing ? ", finishing" : "")
                + "]";
    }

    /** Builds a {@link Supervisor}. */
    public static final class Builder {

        private final WorkerBuilder command;
        private final int workers;
        private Balance balance = Balance.LEAST_QUEUED;
        private long firstBackoffNanos = Duration.ofMillis(100).toNanos();
        private long maxBackoffNanos = Duration.ofSeconds(10).toNanos();
        private int maxRestartsPerMinute = 60;
        private long requestTimeoutNanos;
        private Duration grace = Duration.ofSeconds(2);
        private AnswerHandler answerHandler;
        private UnansweredHandler unansweredHandler;
        private FrameHandler unsolicitedHandler;
        private ExitHandler exitHandler;
        private Consumer<Supervisor> drainHandler;

        private Builder(WorkerBuilder command, int workers) {
            if (workers < 1) {
                throw new IllegalArgumentException("workers must be 1 or more, not " + workers);
            }
            this.command = Objects.requireNonNull(command, "command");
            this.workers = workers;
        }

        /** Which worker gets a request. Default {@link Balance#LEAST_QUEUED}. */
        public Builder balance(Balance balance) {
            this.balance = Objects.requireNonNull(balance, "balance");
            return this;
        }

        /**
         * How long to wait before a worker is started again: {@code first}, then twice as long with each death, up to
         * {@code max}. A worker that lived for {@code max} has its deaths forgotten. Default 100 ms and 10 s.
         */
        public Builder backoff(Duration first, Duration max) {
            firstBackoffNanos = Durations.nanos(first, "first");
            maxBackoffNanos = Durations.nanos(max, "max");
            if (firstBackoffNanos < 1 || firstBackoffNanos > maxBackoffNanos) {
                throw new IllegalArgumentException("not 0 < first " + first + " <= max " + max);
            }
            return this;
        }

        /** Restarts in any minute, of all workers together, 1 or more; beyond, a restart waits. Default 60. */
        public Builder maxRestartsPerMinute(int restarts) {
            if (restarts < 1) {
                throw new IllegalArgumentException("maxRestartsPerMinute must be 1 or more, not " + restarts);
            }
            maxRestartsPerMinute = restarts;
            return this;
        }

        /**
         * How long a worker may take for one request, from when it was accepted or, if there were others in front of it, from
         * the answer to those; the first one of a worker waits for its start, too, for which this must leave time: a worker that
         * is killed while it starts has to start again. An answer counts once it is read to its last byte. A worker that takes
         * longer gets SIGKILL and is started again. Its requests are unanswered, the one that it took too long for first.
         * Default 0: without limit.
         */
        public Builder requestTimeout(Duration timeout) {
            requestTimeoutNanos = Durations.nanos(timeout, "requestTimeout");
            return this;
        }

        /** How long {@link Supervisor#close} waits from SIGTERM, which it sends at once, to SIGKILL. Default 2 s. */
        public Builder grace(Duration grace) {
            Durations.nanos(grace, "grace");
            this.grace = grace;
            return this;
        }

        /** Takes the answers. What it throws ends the worker. */
        public Builder onAnswer(AnswerHandler handler) {
            answerHandler = handler;
            return this;
        }

        /** Hears of requests whose worker left before it had answered. */
        public Builder onUnanswered(UnansweredHandler handler) {
            unansweredHandler = handler;
            return this;
        }

        /**
         * Takes frames that answer nothing, because no request is under way; without it they are dropped. While one is, a frame
         * that a worker sends of its own accord is taken for its answer, and shifts all later ones: workers that report things by
         * themselves need pipes of their own ({@link WorkerBuilder#start}), and a protocol that names what is answered.
         */
        public Builder onUnsolicited(FrameHandler handler) {
            unsolicitedHandler = handler;
            return this;
        }

        /** Hears of each worker that has left, after {@code onUnanswered}. */
        public Builder onExit(ExitHandler handler) {
            exitHandler = handler;
            return this;
        }

        /** Called when there is room again after a request was ABOVE_HIGH_WATER or FULL. */
        public Builder onDrain(Consumer<Supervisor> handler) {
            drainHandler = handler;
            return this;
        }

        /**
         * Starts the workers. Loop thread only. Not to be used again.
         *
         * @throws IOException if one cannot be started; those that run already are asked to leave
         */
        public Supervisor start(EventLoop loop) throws IOException {
            loop.checkThread();
            Supervisor supervisor = new Supervisor(loop, this);
            supervisor.startAll();
            return supervisor;
        }
    }
}
