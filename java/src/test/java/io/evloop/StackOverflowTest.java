package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.LoopThread;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row 27: a caller that has no stack left, and lives on, harms nobody else. */
class StackOverflowTest {

    private static final int ROUNDS = 40;
    private static final int STACK_LENGTH = 192 * 1024;
    private static final long HOUR_NANOS = 3_600_000_000_000L;
    private static final Runnable NOTHING = () -> {};

    @TempDir
    private Path directory;

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

    // row 27
    @Test
    void inTheCancelOfAWatchTheOthersAreServed() throws Exception {
        playRounds(loop -> {
            try (PeeredPipe watched = PeeredPipe.adopt(loop)) {
                Watch watch = loop.watch(watched.peer().fd(), Epoll.OUT, (of, readyEvents) -> {});
                IoCall cancel = watch::cancel; // linked here, where there is stack for that
                atTheEnd(() -> unchecked(cancel));
                try (PeeredPipe one = PeeredPipe.adopt(loop).pushed();
                        PeeredPipe another = PeeredPipe.adopt(loop).pushed()) {
                    one.peer().write(Frames.frame(1, "one"));
                    another.peer().write(Frames.frame(1, "another"));
                    Await.idle(loop);
                    assertEquals(List.of("1:one"), one.heard());
                    assertEquals(List.of("1:another"), another.heard());
                }
            }
        });
    }

    // row 27
    @Test
    void inACommitTheLoopGoesOn() throws Exception {
        playRounds(loop -> {
            try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
                Pipe pipe = peered.pipe();
                List<String> after = new ArrayList<>();
                loop.execute(() -> {
                    pipe.claim(1, 8);
                    atTheEnd(() -> commitOrFindItEnded(pipe));
                });
                loop.execute(() -> after.add("the next task"));
                Await.idle(loop);
                assertEquals(List.of("the next task"), after);
                assertEquals(0, loop.context().queuedBytes());
                assertTrue(pipe.writeFrame(1, new byte[1], 0, 1).isAccepted());
            }
        });
    }

    private static void commitOrFindItEnded(Pipe pipe) {
        try {
            pipe.commit();
        } catch (IllegalStateException e) {
            assertEquals("no claim is open", e.getMessage()); // the attempt before has ended it
        }
    }

    // row 27
    @Test
    void inTheCloseOfAListenerItIsClosed() throws Exception {
        playRounds(loop -> {
            Path file = directory.resolve("socket");
            for (Address address : List.of(Address.tcp(0), Address.unix(file))) {
                Listener listener = loop.listen(address, (of, socket) -> {});
                atTheEnd(listener::close);
                assertTrue(listener.isClosed());
                assertEquals(0, loop.context().registry.size());
                assertFalse(Files.exists(file), "its file is left behind");
            }
        });
    }

    // row 27
    @Test
    void inARequestNoAnswerIsTakenForThatToAnother() throws Exception {
        WorkerBuilder cat = Worker.command("sh", "-c", "exec cat <&3 >&3")
                .limits(PipeOptions.builder().highWater(0).lowWater(0).build());
        playRounds(loop -> {
            List<String> wrong = new ArrayList<>();
            Supervisor supervisor = Supervisor.builder(cat, 1)
                    .backoff(Duration.ofMillis(1), Duration.ofMillis(1))
                    .maxRestartsPerMinute(60_000)
                    .onAnswer((of, requestId, channelId, payload) -> {
                        long answered = payload.getLong();
                        if (answered != requestId) {
                            wrong.add("the answer to " + answered + " as that to " + requestId);
                        }
                    })
                    .onUnsolicited((pipe, channelId, payload) -> wrong.add(payload.getLong() + " as nobody's"))
                    .start(loop);
            long[] number = {0};
            BooleanSupplier request = () -> {
                ByteBuffer payload = ByteBuffer.allocate(Long.BYTES).putLong(0, ++number[0]);
                return supervisor.request(number[0], 0, payload).isAccepted();
            };
            for (int count = 0; count < 3; count++) {
                Await.turns(loop, "a worker", request);
                loop.execute(() -> atTheEnd(request::getAsBoolean));
                Await.turns(loop, "the answers", () -> number[0] > 1 && supervisor.unanswered() == 0);
                Await.idle(loop);
            }
            supervisor.close();
            assertEquals(List.of(), wrong);
        });
    }

    @FunctionalInterface
    private interface IoCall {
        void run() throws IOException;
    }

    private static void unchecked(IoCall call) {
        try {
            call.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
