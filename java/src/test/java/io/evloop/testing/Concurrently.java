package io.evloop.testing;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Work on a thread of its own, such as the other end of a blocking stream. */
public final class Concurrently<T> {

    private static final long DEADLINE_SECONDS = 60;

    private final FutureTask<T> task;
    private final Thread thread;

    private Concurrently(Callable<T> work) {
        task = new FutureTask<>(work);
        thread = new Thread(task, "concurrently");
        thread.setDaemon(true);
        thread.start();
    }

    public static <T> Concurrently<T> call(Callable<T> work) {
        return new Concurrently<>(work);
    }

    public static Concurrently<Void> run(Work work) {
        return new Concurrently<>(() -> {
            work.run();
            return null;
        });
    }

    /** Waits, with a deadline, for the result or for what it threw. */
    public T join() throws Exception {
        try {
            T result = task.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            thread.join();
            return result;
        } catch (ExecutionException e) {
            throw new AssertionError("on the other thread", e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("the other thread is still at work", e);
        }
    }

    public boolean isDone() {
        return task.isDone();
    }

    /** What a thread does. */
    @FunctionalInterface
    public interface Work {
        void run() throws Exception;
    }
}
