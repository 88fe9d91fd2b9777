package io.evloop.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Several threads that begin at the same moment. {@link #close} waits for their end and hands on what one threw. */
public final class Together implements AutoCloseable {

    private static final long DEADLINE_MILLIS = 30_000;

    /** What each thread does. */
    @FunctionalInterface
    public interface Body {
        /** {@code index} from 0 to below the number of threads. */
        void run(int index) throws Exception;
    }

    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch begin = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Together(int count, Body body) {
        for (int index = 0; index < count; index++) {
            int number = index;
            Thread thread = new Thread(() -> runAndKeepFailure(body, number), "together-" + index);
            threads.add(thread);
            thread.start();
        }
    }

    /** Starts them; they run when this returns. */
    public static Together start(int count, Body body) {
        Together together = new Together(count, body);
        together.begin.countDown();
        return together;
    }

    private void runAndKeepFailure(Body body, int index) {
        try {
            begin.await();
            body.run(index);
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    @Override
    public void close() throws Exception {
        long deadline = System.currentTimeMillis() + DEADLINE_MILLIS;
        for (Thread thread : threads) {
            thread.join(Math.max(1, deadline - System.currentTimeMillis()));
            if (thread.isAlive()) {
                AssertionError stuck = new AssertionError("still running: " + thread);
                stuck.setStackTrace(thread.getStackTrace());
                throw stuck;
            }
        }
        Throwable thrown = failure.get();
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof Exception exception) {
            throw exception;
        }
    }
}
