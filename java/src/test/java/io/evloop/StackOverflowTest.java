package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.LoopThread;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Row 27: a caller that has no stack left, and lives on, harms nobody else. */
class StackOverflowTest {

    private static final int ROUNDS = 40;
    private static final int STACK_LENGTH = 192 * 1024;
    private static final long HOUR_NANOS = 3_600_000_000_000L;
    private static final Runnable NOTHING = () -> {};

    /** Makes the call from every depth of the stack, to its end. */
    private static void dive(Runnable call) {
        call.run();
        dive(call);
    }

    /** Each time with a little more stack, so that it ends elsewhere. */
    private static void run(int round, Runnable task) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(null, task, "a small stack", STACK_LENGTH + 16L * round);
        thread.setUncaughtExceptionHandler((of, error) -> failure.set(error));
        thread.start();
        thread.join();
        assertNull(failure.get());
    }

    /** What is to be done with a loop of its own, on its thread, which has a small stack. */
    @FunctionalInterface
    private interface Round {
        void play(EventLoop loop) throws IOException;
    }

    private static void playRounds(Round body) throws InterruptedException {
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

    private static void diveToTheEnd(Runnable call) {
        try {
            dive(call);
        } catch (StackOverflowError e) {
            return; // as it is meant to
        }
    }

    // row 27
    @Test
    void inExecuteTheLoopWakesForTheNextOne() throws Exception {
        try (LoopThread thread = LoopThread.start("loop")) {
            for (int round = 0; round < ROUNDS; round++) {
                run(round, () -> diveToTheEnd(() -> thread.loop().execute(NOTHING)));
                thread.call(() -> null);
            }
        }
    }

    // row 27
    @Test
    void inScheduleTheOtherTimersRun() throws Exception {
        playRounds(loop -> {
            loop.execute(() -> {
                long[] delay = {HOUR_NANOS};
                diveToTheEnd(() -> loop.schedule(delay[0]--, NOTHING));
                loop.schedule(1, loop::stop);
            });
            loop.run();
        });
    }

    /** Makes the call with hardly any stack, and as long as it fails with ever more, until it succeeds. */
    private static void atTheEnd(Runnable call) {
        try {
            atTheEnd(call);
        } catch (StackOverflowError e) {
            call.run();
        }
    }

    // row 27, row 31
    @Test
    void inCancelTheOtherTimersRunAndNoCancelledOne() throws Exception {
        playRounds(loop -> {
            Set<Integer> ran = new HashSet<>();
            Set<Integer> left = new HashSet<>();
            loop.execute(() -> cancelAtTheEnd(loop, ran, left));
            Await.turns(loop, "the timers", () -> ran.containsAll(left) && !left.isEmpty());
            Await.idle(loop);
            assertEquals(left, ran);
        });
    }

    private static void cancelAtTheEnd(EventLoop loop, Set<Integer> ran, Set<Integer> left) {
        List<Timer> timers = new ArrayList<>();
        for (int number = 0; number < 100; number++) {
            int own = number;
            timers.add(loop.schedule(number * 10_000L, () -> assertTrue(ran.add(own), "again")));
            left.add(number);
        }
        for (int number = 3; number < 100; number += 3) {
            Timer timer = timers.get(number);
            atTheEnd(timer::cancel);
            left.remove(number);
        }
    }

    // row 27
    @Test
    void inACloseThePipeIsClosed() throws Exception {
        playRounds(loop -> {
            try (PeeredPipe peered = PeeredPipe.adopt(loop, PipeOptions.DEFAULT)) {
                Pipe pipe = peered.pipe();
                AtomicReference<String> told = new AtomicReference<>();
                pipe.onClose((of, cause) -> told.set("closed"));
                loop.execute(() -> atTheEnd(pipe::close));
                Await.turns(loop, "the close", () -> told.get() != null);
            }
        });
    }
}
