package io.evloop.testing;

import io.evloop.EventLoop;
import io.evloop.EventLoopOptions;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A loop that runs on a thread of its own until this is closed. */
public final class LoopThread implements AutoCloseable {

    private static final long DEADLINE_SECONDS = 30;

    private final TestLoop test;
    private final Background background;

    private LoopThread(String name, EventLoopOptions.Builder options) throws IOException {
        test = TestLoop.open(options);
        background = Background.run(name, test.loop()::run);
    }

    /** Opened, and run by its thread from the return of this on. */
    public static LoopThread start(String name) throws Exception {
        return start(name, EventLoopOptions.builder());
    }

    public static LoopThread start(String name, EventLoopOptions.Builder options) throws Exception {
        LoopThread started = new LoopThread(name, options);
        started.call(() -> null);
        return started;
    }

    public EventLoop loop() {
        return test.loop();
    }

    public TestLoop test() {
        return test;
    }

    public Thread thread() {
        return background.thread();
    }

    /** Runs a task on the loop's thread; hands on its result, or what it threw as the cause of an exception. */
    public <T> T call(Callable<T> task) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop().execute(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        try {
            test.close();
        } finally {
            background.close();
        }
    }
}
