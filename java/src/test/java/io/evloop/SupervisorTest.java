package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.Programs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A pool of workers, and what becomes of each request. */
class SupervisorTest {

    /** Echoes; a payload that begins with "die" is the end of it, without an answer. */
    private static final String ECHO = """
            import os, socket, struct
            pipe = socket.socket(fileno=int(os.environ['EVLOOP_FD'])).makefile('rwb')
            header = struct.Struct('>HI')
            while len(head := pipe.read(6)) == 6:
                channel, length = header.unpack(head)
                payload = pipe.read(length)
                if payload.startswith(b'die'): os.kill(os.getpid(), 9)
                pipe.write(head + payload); pipe.flush()
            """;

    private final Map<Long, String> answers = new HashMap<>();
    private final List<Long> unanswered = new ArrayList<>();
    private final Set<Long> pids = new HashSet<>();
    private int exits;

    @BeforeAll
    static void needsPython() {
        Programs.assumePython();
    }

    private Supervisor.Builder pool(int workers) {
        return Supervisor.builder(Worker.command("python3", "-c", ECHO), workers)
                .backoff(Duration.ofMillis(1), Duration.ofMillis(50))
                .maxRestartsPerMinute(10_000)
                .onAnswer((supervisor, id, channelId, payload) -> {
                    String text = channelId + ":" + Frames.text(payload);
                    assertEquals(null, answers.put(id, text), "answered twice");
                })
                .onUnanswered((supervisor, id, worker) -> unanswered.add(id))
                .onExit((worker, exit) -> {
                    exits++;
                    pids.add(worker.pid());
                });
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    @Test
    void everyRequestGetsItsOwnAnswer() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(3).start(loop);
            for (long id = 0; id < 1000; id++) {
                assertEquals(WriteResult.OK, pool.request(id, (int) id, text("payload " + id)));
            }
            Await.turns(loop, "the answers", () -> answers.size() == 1000);
            for (long id = 0; id < 1000; id++) {
                assertEquals(id + ":payload " + id, answers.get(id));
            }
            assertEquals(0, pool.unanswered());
        }
        assertEquals(List.of(), unanswered);
        assertEquals(3, exits);
    }

    @Test
    void theHandlersOfItsCommandTakeNoAnswers() throws Exception {
        WorkerBuilder command = Worker.command("python3", "-c", ECHO)
                .onFrame((pipe, channelId, payload) -> answers.put(-1L, "taken"))
                .onFrame(7, (pipe, channelId, payload) -> answers.put(-7L, "taken"));
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = Supervisor.builder(command, 1)
                    .onAnswer((supervisor, id, channelId, payload) -> answers.put(id, Frames.text(payload)))
                    .start(loop);
            pool.request(1, 7, text("one"));
            pool.request(2, 8, text("two"));
            Await.turns(loop, "the answers", () -> answers.size() == 2);
        }
        assertEquals(Map.of(1L, "one", 2L, "two"), answers);
    }

    @Test
    void roundRobinGivesEachWorkerItsShare() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Map<Long, Integer> byPid = new HashMap<>();
            Supervisor pool = pool(3).balance(Supervisor.Balance.ROUND_ROBIN)
                    .onUnanswered((supervisor, id, worker) -> byPid.merge(worker.pid(), 1, Integer::sum))
                    .start(loop);
            for (long id = 0; id < 30; id++) {
                assertEquals(WriteResult.OK, pool.request(id, 0, text("die")));
            }
            Await.turns(loop, "the deaths", () -> exits >= 3);
            assertEquals(List.of(10, 10, 10), List.copyOf(byPid.values()));
        }
    }

    @Test
    void theOneWithTheFewestUnansweredIsChosen() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            WorkerBuilder mute = Worker.command("sleep", "600");
            Supervisor pool = Supervisor.builder(mute, 4)
                    .onUnanswered((s, id, w) -> unanswered.add(id))
                    .start(loop);
            for (long id = 0; id < 8; id++) {
                assertEquals(WriteResult.OK, pool.request(id, 0, text("x")));
            }
            assertEquals(8, pool.unanswered());
            pool.close();
            Await.turns(loop, "all to be reported", () -> unanswered.size() == 8);
        }
    }

    @Test
    void whatOneHasNoRoomForGoesToAnotherAndWhatNoneHasRoomForIsFull() throws Exception {
        PipeOptions limits = PipeOptions.builder()
                .maxFrameLength(60_000)
                .lowWater(1000)
                .highWater(64_000)
                .maxQueuedBytes(64_000)
                .build();
        Map<Long, List<Long>> byPid = new HashMap<>();
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = Supervisor.builder(
                            Worker.command("sleep", "600").limits(limits).socketBuffer(1), 2)
                    .balance(Supervisor.Balance.ROUND_ROBIN)
                    .onUnanswered((s, id, worker) -> byPid.computeIfAbsent(worker.pid(), pid -> new ArrayList<>())
                            .add(id))
                    .start(loop);
            ByteBuffer large = ByteBuffer.allocate(60_000);
            assertEquals(
                    WriteResult.OK, pool.request(1, 0, large.clear())); // the first has no room for another large one
            assertEquals(WriteResult.OK, pool.request(2, 0, text("x")));
            assertTrue(pool.request(3, 0, large.clear()).isAccepted()); // the first's turn
            assertEquals(WriteResult.FULL, pool.request(4, 0, large.clear()));
            assertEquals(60_000, large.remaining());
            pool.close();
            Await.turns(
                    loop,
                    "all to be reported",
                    () -> byPid.values().stream().mapToInt(List::size).sum() == 3);
        }
        assertEquals(Set.of(List.of(1L), List.of(2L, 3L)), Set.copyOf(byPid.values()));
    }

    @Test
    void withoutHandlersItGoesOnAllTheSame() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = Supervisor.builder(Worker.command("python3", "-c", ECHO), 1)
                    .backoff(Duration.ofMillis(1), Duration.ofMillis(50))
                    .start(loop);
            assertEquals(WriteResult.OK, pool.request(1, 0, text("live")));
            Await.turns(loop, "the answer", () -> pool.unanswered() == 0);
            assertEquals(WriteResult.OK, pool.request(2, 0, text("die")));
            Await.turns(loop, "the death", () -> pool.running() == 0 && pool.unanswered() == 0);
            assertEquals(WriteResult.FULL, pool.request(3, 0, text("nobody")));
            Await.turns(loop, "another worker", () -> pool.running() == 1);
            assertEquals(WriteResult.OK, pool.request(4, 0, text("live")));
            Await.turns(loop, "its answer", () -> pool.unanswered() == 0);
        }
    }

    @Test
    void whatAHandlerThrowsIsReportedAndTheRestIsTold() throws Exception {
        List<String> errors = new ArrayList<>();
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> errors.add(error.getMessage()))
                .build();
        try (EventLoop loop = EventLoop.open(options)) {
            Supervisor pool = pool(1).onUnanswered((supervisor, id, worker) -> {
                        throw new IllegalStateException("unanswered " + id);
                    })
                    .onExit((worker, exit) -> {
                        throw new IllegalStateException("exit");
                    })
                    .start(loop);
            pool.request(1, 0, text("die"));
            pool.request(2, 0, text("too late"));
            Await.turns(loop, "all to be told", () -> errors.size() == 3);
            assertEquals(List.of("unanswered 1", "unanswered 2", "exit"), errors);
            Await.turns(loop, "another worker", () -> pool.running() == 1);
        }
    }

    @Test
    void aWorkerThatDiesIsReplacedAndItsRequestsAreReported() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(1).start(loop);
            pool.request(1, 0, text("a"));
            pool.request(2, 0, text("die"));
            pool.request(3, 0, text("b"));
            Await.turns(loop, "the death", () -> exits == 1);
            assertEquals(Map.of(1L, "0:a"), answers);
            assertEquals(List.of(2L, 3L), unanswered);
            Await.turns(loop, "the next one", () -> pool.running() == 1);
            pool.request(4, 9, text("c"));
            Await.turns(loop, "its answer", () -> "9:c".equals(answers.get(4L)));
        }
    }

    @Test
    void withoutARunningWorkerARequestIsFullAndTheDrainFollows() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            boolean[] drained = {false};
            Supervisor pool = pool(1).onDrain(supervisor -> drained[0] = true).start(loop);
            pool.request(1, 0, text("die"));
            Await.turns(loop, "the death", () -> exits == 1);
            assertEquals(WriteResult.FULL, pool.request(2, 0, text("a")));
            Await.turns(loop, "the drain", () -> drained[0]);
            assertEquals(WriteResult.OK, pool.request(2, 0, text("a")));
            Await.turns(loop, "the answer", () -> answers.size() == 1);
        }
    }

    @Test
    void underLoadWithRandomDeathsEachRequestIsAnsweredOrReportedExactlyOnce() throws Exception {
        int count = 1000;
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(4).start(loop);
            long id = 0;
            while (id < count) {
                String text = id % 97 == 50 ? "die " + id : "live " + id;
                WriteResult result = pool.request(id, 1, text(text));
                if (result == WriteResult.OK) {
                    id++;
                }
                if (result != WriteResult.OK || id % 8 == 0) {
                    loop.poll(1_000_000);
                }
            }
            Await.turns(loop, "every request to be settled", () -> answers.size() + unanswered.size() == count);
            Await.idle(loop);
            assertEquals(0, pool.unanswered());
        }
        Set<Long> settled = new HashSet<>(unanswered);
        assertEquals(unanswered.size(), settled.size(), "reported twice");
        for (long id : answers.keySet()) {
            assertTrue(settled.add(id), "answered and reported: " + id);
        }
        assertEquals(count, settled.size());
        assertTrue(exits > 4, "workers died");
        answers.forEach((id, answer) -> assertEquals("1:live " + id, answer));
    }

    @Test
    void aClosedSupervisorStartsNothingAndTakesNothing() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(2).start(loop);
            pool.close();
            pool.close();
            assertEquals(WriteResult.CLOSED, pool.request(1, 0, text("a")));
            Await.turns(loop, "the exits", () -> exits == 2);
            Await.idle(loop);
            assertEquals(0, pool.running());
            assertEquals(2, pids.size());
        }
    }

    @Test
    void whatWasAcceptedIsAnsweredBeforeItCloses() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(2).start(loop);
            for (long id = 0; id < 100; id++) {
                assertTrue(pool.request(id, 0, ByteBuffer.allocate(10_000)).isAccepted());
            }
            pool.closeAfterAnswers();
            pool.closeAfterAnswers();
            assertEquals(WriteResult.CLOSED, pool.request(100, 0, text("a")));
            assertEquals(2, pool.running());
            Await.turns(loop, "the exits", () -> exits == 2);
            Await.idle(loop);
            assertEquals(2, pids.size());
        }
        assertEquals(100, answers.size());
        assertEquals(List.of(), unanswered);
    }

    @Test
    void whatAWorkerTakesWithItIsReportedBeforeItCloses() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(2).balance(Supervisor.Balance.ROUND_ROBIN).start(loop);
            assertEquals(WriteResult.OK, pool.request(1, 0, text("die")));
            assertEquals(WriteResult.OK, pool.request(2, 0, text("die")));
            assertEquals(WriteResult.OK, pool.request(3, 0, text("never")));
            pool.closeAfterAnswers();
            Await.turns(loop, "the exits", () -> exits == 2);
            Await.idle(loop);
            assertEquals(2, pids.size(), "none is started again");
        }
        assertEquals(Set.of(1L, 2L, 3L), Set.copyOf(unanswered));
    }

    @Test
    void withoutRequestsItClosesAtOnceAndNoneIsStartedAgain() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(2).start(loop);
            pool.request(1, 0, text("die"));
            Await.turns(loop, "the death", () -> exits == 1); // a restart is under way
            Background.await("another thread", pool::closeAfterAnswers);
            Await.turns(loop, "the others to leave", () -> pool.running() == 0 && exits == pids.size());
            Await.idle(loop);
            assertEquals(0, pool.running());
            assertEquals(WriteResult.CLOSED, pool.request(2, 0, text("a")));
        }
    }

    @Test
    void aHandlerOfAnAnswerMayEndIt() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(1).onAnswer((supervisor, id, channelId, payload) -> {
                        supervisor.closeAfterAnswers();
                        answers.put(id, Frames.text(payload));
                    })
                    .start(loop);
            for (long id = 0; id < 10; id++) {
                pool.request(id, 0, text("x"));
            }
            Await.turns(loop, "the exit", () -> exits == 1);
        }
        assertEquals(10, answers.size());
    }

    @Test
    void aSupervisorOfAClosedLoopTakesNothing() throws Exception {
        EventLoop loop = EventLoop.open();
        Supervisor pool = pool(1).start(loop);
        loop.close();
        assertEquals(WriteResult.CLOSED, pool.request(1, 0, text("a")));
    }

    @Test
    void aCommandThatIsNotThereIsAnExceptionFromStart() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor.Builder builder = Supervisor.builder(Worker.command("/no/such/program"), 2);
            assertThrows(IOException.class, () -> builder.start(loop));
        }
    }

    @Test
    void aProgramErrorIsOneAlsoWhileNoWorkerRuns() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(1).backoff(Duration.ofSeconds(9), Duration.ofSeconds(9))
                    .start(loop);
            pool.request(1, 1, text("die"));
            Await.turns(loop, "the exit", () -> exits == 1);
            assertEquals(WriteResult.FULL, pool.request(2, 1, text("a")));
            assertThrows(IllegalArgumentException.class, () -> pool.request(2, 70_000, text("a")));
            assertThrows(IllegalArgumentException.class, () -> pool.request(2, 1, text("")));
        }
    }

    @Test
    void whatBecomesOfTheBuilderDoesNotMatterAnyMore() throws Exception {
        WorkerBuilder command = Worker.command(
                        "sh", "-c", "printf '\\0\\1\\0\\0\\0\\1%s' $ROLE >&$EVLOOP_FD; sleep 0.1")
                .env("ROLE", "a");
        List<String> roles = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            Supervisor.builder(command, 1)
                    .backoff(Duration.ofMillis(1), Duration.ofMillis(1))
                    .onUnsolicited((pipe, channelId, payload) -> roles.add(Frames.text(payload)))
                    .start(loop);
            command.env("ROLE", "b");
            Await.turns(loop, "two lives", () -> roles.size() >= 2);
        }
        assertEquals(Set.of("a"), Set.copyOf(roles));
    }
}
