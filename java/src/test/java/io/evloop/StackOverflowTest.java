package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.LoopThread;
import io.evloop.testing.NoConnectHandler;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.SmallStack;
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
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row 27: a caller that has no stack left, and lives on, harms nobody else. */
class StackOverflowTest {

    private static final long HOUR_NANOS = 3_600_000_000_000L;
    private static final Runnable NOTHING = () -> {};

    @TempDir
    private Path directory;

    // row 27
    @Test
    void inExecuteTheLoopWakesForTheNextOne() throws Exception {
        try (LoopThread thread = LoopThread.start("loop")) {
            for (int round = 0; round < SmallStack.ROUNDS; round++) {
                SmallStack.run(
                        round, () -> SmallStack.everywhere(() -> thread.loop().execute(NOTHING)));
                thread.call(() -> null);
            }
        }
    }

    // row 27
    @Test
    void inScheduleTheOtherTimersRun() throws Exception {
        SmallStack.playRounds(loop -> {
            loop.execute(() -> {
                long[] delay = {HOUR_NANOS};
                SmallStack.everywhere(() -> loop.schedule(delay[0]--, NOTHING));
                loop.schedule(1, loop::stop);
            });
            loop.run();
        });
    }

    // row 27, row 31
    @Test
    void inCancelTheOtherTimersRunAndNoCancelledOne() throws Exception {
        SmallStack.playRounds(loop -> {
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
            SmallStack.atTheEnd(timer::cancel);
            left.remove(number);
        }
    }

    // row 27
    @Test
    void inACloseThePipeIsClosed() throws Exception {
        SmallStack.playRounds(loop -> {
            try (PeeredPipe peered = PeeredPipe.adopt(loop, PipeOptions.DEFAULT)) {
                Pipe pipe = peered.pipe();
                AtomicReference<String> told = new AtomicReference<>();
                pipe.onClose((of, cause) -> told.set("closed"));
                loop.execute(() -> SmallStack.atTheEnd(pipe::close));
                Await.turns(loop, "the close", () -> told.get() != null);
            }
        });
    }

    // row 27
    @Test
    void inAnEndOfTheOutputThePeerHearsIt() throws Exception {
        for (Consumer<Pipe> end : List.<Consumer<Pipe>>of(Pipe::shutdownOutput, Pipe::closeAfterFlush)) {
            SmallStack.playRounds(loop -> {
                Pipe[] pair = Pipe.pair(loop, loop);
                List<String> heard = new ArrayList<>();
                pair[1].onFrame((pipe, channelId, payload) -> heard.add("frame"))
                        .onEnd(pipe -> heard.add("end"));
                loop.execute(() -> {
                    pair[0].writeFrame(1, new byte[1], 0, 1);
                    SmallStack.atTheEnd(() -> end.accept(pair[0]));
                });
                Await.turns(loop, "the end", () -> heard.size() == 2);
                assertEquals(List.of("frame", "end"), heard);
            });
        }
    }

    // row 27
    @Test
    void inTheCancelOfAWatchTheOthersAreServed() throws Exception {
        SmallStack.playRounds(loop -> {
            try (PeeredPipe watched = PeeredPipe.adopt(loop)) {
                Watch watch = loop.watch(watched.peer().fd(), Epoll.OUT, (of, readyEvents) -> {});
                IoCall cancel = watch::cancel; // linked here, where there is stack for that
                SmallStack.atTheEnd(() -> unchecked(cancel));
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
        SmallStack.playRounds(loop -> {
            try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
                Pipe pipe = peered.pipe();
                List<String> after = new ArrayList<>();
                loop.execute(() -> {
                    pipe.claim(1, 8);
                    SmallStack.atTheEnd(() -> commitOrFindItEnded(pipe));
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
        SmallStack.playRounds(loop -> {
            Path file = directory.resolve("socket");
            for (Address address : List.of(Address.tcp(0), Address.unix(file))) {
                Listener listener = loop.listen(address, (of, socket) -> {});
                SmallStack.atTheEnd(listener::close);
                assertTrue(listener.isClosed());
                assertEquals(0, loop.context().registry.size());
                assertFalse(Files.exists(file), "its file is left behind");
            }
        });
    }

    // row 27
    @Test
    void inTheCloseOfASocketOrTheCancelOfAnAttemptItIsClosed() throws Exception {
        SmallStack.playRounds(loop -> {
            Path file = directory.resolve("socket");
            for (Address address : List.of(Address.tcp(0), Address.unix(file))) {
                List<SocketHandle> accepted = new ArrayList<>();
                Listener listener = loop.listen(address, (of, socket) -> {
                    accepted.add(socket);
                    SmallStack.atTheEnd(socket::close);
                });
                ConnectAttempt cancelled =
                        loop.connect(listener.localAddress(), Duration.ZERO, NoConnectHandler.INSTANCE);
                SmallStack.atTheEnd(cancelled::cancel);
                assertFalse(cancelled.isPending());
                loop.connect(listener.localAddress(), Duration.ZERO, NoConnectHandler.INSTANCE);
                Await.turns(loop, "the one that is not cancelled", () -> accepted.size() >= 1);
                Await.idle(loop);
                listener.close();
                assertEquals(0, loop.context().registry.size());
            }
        });
    }

    // row 27
    @Test
    void inARequestNoAnswerIsTakenForThatToAnother() throws Exception {
        WorkerBuilder cat = Worker.command("sh", "-c", "exec cat <&3 >&3")
                .limits(PipeOptions.builder().highWater(0).lowWater(0).build());
        SmallStack.playRounds(loop -> {
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
                loop.execute(() -> SmallStack.atTheEnd(request::getAsBoolean));
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
