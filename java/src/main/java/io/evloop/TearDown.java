package io.evloop;

import io.evloop.error.EventLoopClosedException;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The last act of a loop: tasks, what is being connected, connections, workers, each with its callbacks. Loop thread only. */
final class TearDown {

    /** How long a killed worker may take to be gone; only a process stuck in the kernel takes longer. */
    private static final long KILL_NANOS = 10_000_000_000L;

    private final LoopContext context;
    private final Turn turn;
    private final TaskQueue tasks;

    TearDown(LoopContext context, Turn turn) {
        this.context = context;
        this.turn = turn;
        this.tasks = context.tasks;
    }

    void run() {
        tasks.close();
        while (turn.runTasks() > 0) {
            turn.finishCloses();
        }
        EventLoopClosedException cause = new EventLoopClosedException("the event loop was closed");
        for (ConnectAttempt attempt : context.connects.snapshot()) {
            attempt.onLoopClose(cause);
        }
        // what workers print is read to their end: one whose output is gone dies of SIGPIPE, whatever it is about to do
        Set<Pollable> captured = new HashSet<>();
        forEachWorker(worker -> worker.addCapturedTo(captured));
        List<Pollable> others = context.registry.snapshot();
        others.removeAll(captured);
        close(others, cause);
        endWorkers();
        close(captured, cause);
        context.timers.clear();
        context.pool.trim();
    }

    private void close(Collection<Pollable> pollables, EventLoopClosedException cause) {
        for (Pollable pollable : pollables) {
            try {
                pollable.onLoopClose(cause);
            } catch (Throwable e) { // such as for want of memory: the others are to end, too
                context.reportError(pollable, e);
            }
        }
        while (turn.finishCloses() > 0) {
            continue; // a handler may have closed something more
        }
    }

    private void endWorkers() {
        forEachWorker(Worker::terminate);
        awaitWorkers(Durations.nanos(context.options.workerGrace(), "workerGrace"));
        forEachWorker(Worker::kill);
        awaitWorkers(KILL_NANOS);
        forEachWorker(Worker::abandon);
    }

    private void forEachWorker(Consumer<Worker> action) {
        context.workers.snapshot().forEach(action);
    }

    private void awaitWorkers(long timeoutNanos) {
        long deadline = System.nanoTime() + timeoutNanos;
        try {
            while (!context.workers.isEmpty()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                turn.awaitExits(Math.min(left, Worker.MAX_LOOK_NANOS));
                forEachWorker(Worker::lookIfTraced);
            }
        } catch (IOException e) {
            context.reportError(context.loop, e);
        }
    }
}
