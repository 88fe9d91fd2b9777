package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker of a pool that takes too long for a request. */
class RequestTimeoutTest {

    private static final int SIGKILL = 9;
    private static final long LIMIT = 1000;
    private static final Duration SHORT = Duration.ofMillis(100);

    /** More than a shell takes to start, as a rule. */
    private static final Duration LONG = Duration.ofSeconds(1);

    /** The clock may wrap. */
    private static final long START = Long.MAX_VALUE - LIMIT / 2;

    private final RequestTimeout timeout = new RequestTimeout(LIMIT);
    private final List<String> heard = new ArrayList<>();
    private final Set<Long> pids = new HashSet<>();

    @Test
    void thereIsTimeUntilTheLimit() {
        timeout.begin(START);
        assertEquals(LIMIT, timeout.look(START, false));
        assertEquals(1, timeout.look(START + LIMIT - 1, false));
    }

    @Test
    void anAnswerGivesTheNextRequestTheWholeTime() {
        timeout.begin(START);
        timeout.begin(START + LIMIT - 1);
        assertEquals(LIMIT - 1, timeout.look(START + LIMIT, false));
    }

    @Test
    void beyondItIsOverOnceTheLoopHasReadWhatThereWas() {
        timeout.begin(START);
        assertEquals(0, timeout.look(START + LIMIT, false));
        assertEquals(0, timeout.look(START + 2 * LIMIT, true));
        assertEquals(RequestTimeout.OVER, timeout.look(START + 2 * LIMIT, false));
    }

    @Test
    void whatWasReadMeanwhileGivesTheNextRequestItsTurnToBeSuspected() {
        timeout.begin(START);
        assertEquals(0, timeout.look(START + LIMIT, false));
        timeout.begin(START + LIMIT);
        assertEquals(LIMIT, timeout.look(START + LIMIT, false));
        assertEquals(0, timeout.look(START + 2 * LIMIT, false));
    }

    private Supervisor.Builder pool(WorkerBuilder command, int workers) {
        return Supervisor.builder(command, workers)
                .backoff(Duration.ofMillis(1), Duration.ofMillis(50))
                .maxRestartsPerMinute(10_000)
                .onAnswer((supervisor, id, channelId, payload) -> heard.add("answer " + id))
                .onUnanswered((supervisor, id, worker) -> heard.add("none " + id))
                .onExit((worker, exit) -> {
                    heard.add("signal " + exit.signal());
                    pids.add(worker.pid());
                });
    }

    private static ByteBuffer payload() {
        return ByteBuffer.wrap(new byte[] {1});
    }

    private static WorkerBuilder hanging() {
        return Worker.command("sh", "-c", "trap '' TERM; exec sleep 1000");
    }

    private static void turnFor(EventLoop loop, Duration time) {
        long until = System.nanoTime() + time.toNanos();
        Await.turns(loop, "time to pass", () -> System.nanoTime() - until >= 0);
    }

    @Test
    void requestsThatComeOnGiveAWorkerThatHangsNoMoreTime() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(hanging(), 1).requestTimeout(SHORT).start(loop);
            Await.turns(loop, "the exit", () -> {
                pool.request(1, 0, payload());
                return !pids.isEmpty();
            });
        }
    }

    @Test
    void aWorkerThatHangsIsKilledAndStartedAgain() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(hanging(), 1).requestTimeout(SHORT).start(loop);
            for (long id = 1; id <= 3; id++) {
                assertEquals(WriteResult.OK, pool.request(id, 0, payload()));
            }
            Await.turns(loop, "the exit", () -> !pids.isEmpty());
            assertEquals(List.of("none 1", "none 2", "none 3", "signal " + SIGKILL), heard);
            Await.turns(loop, "another worker", () -> pool.running() == 1);
            pool.request(4, 0, payload());
            Await.turns(loop, "its exit", () -> pids.size() == 2);
            assertEquals(List.of("none 4", "signal " + SIGKILL), heard.subList(4, 6));
        }
    }

    @Test
    void aWorkerWithoutARequestMayTakeItsTime() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(hanging(), 2).requestTimeout(SHORT).start(loop);
            pool.request(1, 0, payload());
            Await.turns(loop, "the exit of the other", () -> !pids.isEmpty());
            turnFor(loop, SHORT.multipliedBy(2));
            assertEquals(List.of("none 1", "signal " + SIGKILL), heard);
        }
    }

    /** Answers its first request, names it done, and hangs. */
    private static WorkerBuilder answeringOnce(Path done) {
        String script =
                "head -c 7 <&3 >/dev/null; printf '\\000\\000\\000\\000\\000\\001x' >&3; : > $0; exec sleep 1000";
        return Worker.command("sh", "-c", script, done.toString());
    }

    private static void awaitAnswerAndLimit(Path done) {
        long until = System.nanoTime() + SHORT.toNanos();
        Await.until("the answer, and the limit", () -> Files.exists(done) && System.nanoTime() - until >= 0);
    }

    /** What stands in the socket by the time of the look is an answer in time. */
    @Test
    void aLoopThatIsLateItselfReadsTheAnswerFirst(@TempDir Path directory) throws Exception {
        Path done = directory.resolve("done");
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(answeringOnce(done), 1).requestTimeout(SHORT).start(loop);
            pool.request(1, 0, payload());
            loop.poll(0);
            awaitAnswerAndLimit(done);
            Await.turns(loop, "the answer", () -> !heard.isEmpty());
            turnFor(loop, SHORT.multipliedBy(3)); // nothing is asked of it any more
            assertEquals(List.of("answer 1"), heard);
            assertEquals(1, pool.running());
        }
    }

    @Test
    void theTimeOfARequestToAnIdleWorkerBeginsWithIt(@TempDir Path directory) throws Exception {
        Path done = directory.resolve("done");
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(answeringOnce(done), 1).requestTimeout(LONG).start(loop);
            pool.request(1, 0, payload());
            loop.poll(0);
            Await.until("the answer", () -> Files.exists(done)); // however long the shell takes to start
            Await.turns(loop, "the answer", () -> heard.contains("answer 1"));
            turnFor(loop, LONG.dividedBy(2));
            long asked = System.nanoTime();
            pool.request(2, 0, payload());
            Await.turns(loop, "the exit", () -> !pids.isEmpty());
            assertTrue(System.nanoTime() - asked >= LONG.toNanos(), "its whole time");
        }
    }

    @Test
    void theTimeOfARequestBeginsWithTheAnswerToTheOneInFrontOfIt(@TempDir Path directory) throws Exception {
        Path done = directory.resolve("done");
        long[] answeredAt = {0};
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(answeringOnce(done), 1)
                    .onAnswer((supervisor, id, channelId, payload) -> answeredAt[0] = System.nanoTime())
                    .requestTimeout(SHORT)
                    .start(loop);
            pool.request(1, 0, payload());
            pool.request(2, 0, payload());
            loop.poll(0);
            awaitAnswerAndLimit(done);
            Await.turns(loop, "the exit", () -> !pids.isEmpty());
            assertTrue(answeredAt[0] != 0, "an answer");
            assertTrue(System.nanoTime() - answeredAt[0] >= SHORT.toNanos(), "its whole time");
            assertEquals(List.of("none 2", "signal " + SIGKILL), heard);
        }
    }

    @Test
    void aTimeoutBelowZeroIsRefused() {
        Supervisor.Builder builder = Supervisor.builder(hanging(), 1);
        assertThrows(IllegalArgumentException.class, () -> builder.requestTimeout(Duration.ofNanos(-1)));
    }
}
