package io.evloop.testing;

import io.evloop.EventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicReference;

/** Calls that are made with hardly any stack left: so that it ends in each of the methods below, in one round or another. */
public final class SmallStack {

    public static final int ROUNDS = 40;

    private static final int LENGTH = 192 * 1024;

    private SmallStack() {}

    /** What is to be done with a loop of its own, on its thread, which has a small stack. */
    @FunctionalInterface
    public interface Round {
        void play(EventLoop loop) throws IOException;
    }

    public static void playRounds(Round body) throws InterruptedException {
        for (int round = 0; round < ROUNDS; round++) {
            run(round, () -> {
                try (TestLoop test = TestLoop.open()) {
                    body.play(test.loop());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** Runs a task on a thread of its own, whose stack ends elsewhere in what it calls than that of the round before. */
    public static void run(int round, Runnable task) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(null, () -> shifted(round, task), "a small stack", LENGTH);
        thread.setUncaughtExceptionHandler((of, error) -> failure.set(error));
        thread.start();
        thread.join();
        if (failure.get() != null) {
            throw new AssertionError("in round " + round, failure.get());
        }
    }

    /** Below frames of another size than those of the dives: the length of a stack is one of whole pages. */
    private static void shifted(int frames, Runnable task) {
        if (frames == 0) {
            task.run();
        } else {
            shifted(frames - 1, task);
        }
    }

    /** Makes the call from every depth of the stack, to its end. */
    public static void everywhere(Runnable call) {
        try {
            dive(call);
        } catch (StackOverflowError e) {
            return; // as it is meant to
        }
    }

    private static void dive(Runnable call) {
        call.run();
        dive(call);
    }

    /** Makes the call with hardly any stack, and as long as it fails with ever more, until it succeeds. */
    public static void atTheEnd(Runnable call) {
        try {
            atTheEnd(call);
        } catch (StackOverflowError e) {
            call.run();
        }
    }
}
