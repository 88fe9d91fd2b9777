package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Schedule;
import java.io.IOException;
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
    private static final int FEW_TURNS = 100;
    private static final Duration SHORT = Duration.ofMillis(100);

    /** More than a shell takes to start, as a rule. */
    private static final Duration LONG = Duration.ofSeconds(1);

    private final List<String> heard = new ArrayList<>();
    private final Set<Long> pids = new HashSet<>();

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

    /** Answers so many requests, naming each that is done, and hangs. */
    private static WorkerBuilder answering(int count, Path done) {
        String script = "n=0; while [ $n -lt $1 ]; do n=$((n + 1)); head -c 7 <&3 >/dev/null; "
                + "printf '\\000\\000\\000\\000\\000\\001x' >&3; : > $0$n; done; exec sleep 1000";
        return Worker.command("sh", "-c", script, done.toString(), Integer.toString(count));
    }

    /** The loop is busy elsewhere until the answer stands in the socket and the limit is over. */
    private static void beLate(EventLoop loop, Path done, int number) throws IOException {
        assumeTrue(Schedule.ofThisProcess() == null, "one write sends the request, one read takes the answer");
        loop.poll(0);
        long until = System.nanoTime() + SHORT.toNanos();
        Await.until(
                "the answer, and the limit",
                () -> Files.exists(Path.of(done.toString() + number)) && System.nanoTime() - until >= 0);
    }

    /** What stands in the socket by the time of the look is an answer in time, each time. */
    @Test
    void aLoopThatIsLateItselfReadsTheAnswerFirst(@TempDir Path directory) throws Exception {
        Path done = directory.resolve("done");
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(answering(2, done), 1).requestTimeout(SHORT).start(loop);
            for (int number = 1; number <= 2; number++) {
                String answer = "answer " + number;
                pool.request(number, 0, payload());
                beLate(loop, done, number);
                Await.turns(loop, answer, () -> heard.contains(answer));
            }
            turnFor(loop, SHORT.multipliedBy(3)); // nothing is asked of it any more
            assertEquals(List.of("answer 1", "answer 2"), heard);
            assertEquals(1, pool.running());
        }
    }

    @Test
    void theTimeOfARequestToAnIdleWorkerBeginsWithIt(@TempDir Path directory) throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(answering(1, directory.resolve("done")), 1)
                    .requestTimeout(LONG)
                    .start(loop);
            pool.request(1, 0, payload());
            beLate(loop, directory.resolve("done"), 1); // however long the shell takes to start
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
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(answering(1, done), 1).requestTimeout(SHORT).start(loop);
            pool.request(1, 0, payload());
            pool.request(2, 0, payload());
            beLate(loop, done, 1);
            long unread = System.nanoTime();
            Await.turns(loop, "the exit", () -> !pids.isEmpty());
            assertTrue(System.nanoTime() - unread >= SHORT.toNanos(), "its whole time");
            assertEquals(List.of("answer 1", "none 2", "signal " + SIGKILL), heard);
        }
    }

    /** The user may pause it, having got its pipe with a frame that answers nothing. */
    @Test
    void aWorkerThatIsNotReadIsNotToBlame(@TempDir Path directory) throws Exception {
        Pipe[] paused = {null};
        String script = "printf '\\000\\000\\000\\000\\000\\001x' >&3; head -c 7 <&3 >/dev/null; "
                + "printf '\\000\\000\\000\\000\\000\\001x' >&3; exec sleep 1000";
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(Worker.command("sh", "-c", script), 1)
                    .onUnsolicited((pipe, channelId, payload) -> {
                        paused[0] = pipe;
                        pipe.pauseReading();
                    })
                    .requestTimeout(SHORT)
                    .start(loop);
            Await.turns(loop, "the frame", () -> paused[0] != null);
            pool.request(1, 0, payload());
            long turns = loop.stats().turns();
            turnFor(loop, SHORT.multipliedBy(5));
            assertEquals(List.of(), heard);
            assertTrue(loop.stats().turns() - turns < FEW_TURNS, "nor looked at all the time");
            paused[0].resumeReading();
            Await.turns(loop, "the answer", () -> heard.equals(List.of("answer 1")));
        }
    }

    @Test
    void aTimeoutBelowZeroIsRefused() {
        Supervisor.Builder builder = Supervisor.builder(hanging(), 1);
        assertThrows(IllegalArgumentException.class, () -> builder.requestTimeout(Duration.ofNanos(-1)));
    }
}
