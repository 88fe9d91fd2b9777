package io.evloop.testing;

/** Code on a thread of its own. {@link #close} waits for its end and hands on what it threw. */
public final class Background implements AutoCloseable {

    /** What the thread does. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    private static final long DEADLINE_MILLIS = 30_000;

    private final Thread thread;
    private volatile Throwable failure;

    private Background(String name, Body body) {
        thread = new Thread(() -> runAndKeepFailure(body), name);
    }

    public static Background run(String name, Body body) {
        Background background = new Background(name, body);
        background.thread.start();
        return background;
    }

    /** Runs it on another thread and waits; hands on what it threw. */
    public static void await(String name, Body body) throws Exception {
        run(name, body).close();
    }

    private void runAndKeepFailure(Body body) {
        try {
            body.run();
        } catch (Throwable e) {
            failure = e;
        }
    }

    public Thread thread() {
        return thread;
    }

    @Override
    public void close() throws Exception {
        thread.join(DEADLINE_MILLIS);
        if (thread.isAlive()) {
            AssertionError stuck = new AssertionError("still running: " + thread);
            stuck.setStackTrace(thread.getStackTrace());
            throw stuck;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof Exception exception) {
            throw exception;
        }
    }
}
