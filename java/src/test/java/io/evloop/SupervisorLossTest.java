package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Programs;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a pool loses with one of its workers, and what goes on without it. */
class SupervisorLossTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final int SMALL_BUFFER = 4096;
    private static final ByteBuffer ABOVE_HIGH_WATER = ByteBuffer.allocate(2 * 1024 * 1024);

    /** Reads the channel of the first frame, and prints it. */
    private static final String CHANNEL = "head -c 2 <&3 | od -An -tu1 | awk '{ print 256 * $1 + $2 }'";

    @TempDir
    private Path directory;

    private final List<Long> unanswered = new ArrayList<>();
    private int drains;
    private int exits;

    /** None of whose workers is started again. */
    private Supervisor.Builder pool(WorkerBuilder command, int workers) {
        return Supervisor.builder(command.socketBuffer(SMALL_BUFFER), workers)
                .backoff(HOUR, HOUR)
                .grace(Duration.ofMillis(1))
                .onDrain(supervisor -> drains++)
                .onUnanswered((supervisor, id, worker) -> unanswered.add(id))
                .onExit((worker, exit) -> exits++);
    }

    @Test
    void theDrainOfAWorkerThatDiesComesIfThereIsAnother() throws Exception {
        Path end = directory.resolve("end");
        WorkerBuilder dying = Worker.command(
                "sh",
                "-c",
                "[ $(" + CHANNEL + ") = 1 ] || while [ ! -e \"$0\" ]; do sleep 0.02; done; kill -9 $$",
                end.toString());
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(dying, 2).start(loop);
            assertEquals(WriteResult.OK, pool.request(1, 0, ABOVE_HIGH_WATER.duplicate()), "the other one has room");
            assertEquals(WriteResult.ABOVE_HIGH_WATER, pool.request(2, 1, ABOVE_HIGH_WATER.duplicate()));
            Await.turns(loop, "the drain", () -> drains > 0);
            assertEquals(List.of(2L), unanswered);
            assertEquals(1, pool.running());
            assertEquals(WriteResult.ABOVE_HIGH_WATER, pool.request(3, 0, ByteBuffer.allocate(1)));
            Files.createFile(end);
            Await.turns(loop, "the death of the last", () -> exits == 2);
            assertEquals(WriteResult.FULL, pool.request(4, 0, ByteBuffer.allocate(1)));
            Await.idle(loop);
            assertEquals(1, drains, "there is room with nobody");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWorkerThatReadsNothingKeepsNobodyFromTheOthers(Supervisor.Balance balance) throws Exception {
        WorkerBuilder stuckOrEcho = Worker.command(
                "sh",
                "-c",
                "[ $(" + CHANNEL + ") = 0 ] && exec sleep 1000; { printf '\\000\\001'; exec cat <&3; } >&3");
        int requests = 20;
        List<Long> answered = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(stuckOrEcho, 2)
                    .balance(balance)
                    .onAnswer((supervisor, id, channelId, payload) -> answered.add(id))
                    .start(loop);
            boolean maySend = pool.request(0, 0, ABOVE_HIGH_WATER.duplicate()) == WriteResult.OK;
            for (long id = 1; id <= requests; id++) {
                if (!maySend) {
                    int before = drains;
                    Await.turns(loop, "the drain in front of request " + id, () -> drains > before);
                }
                WriteResult result = pool.request(id, 1, ABOVE_HIGH_WATER.duplicate());
                assertTrue(result.isAccepted());
                maySend = result == WriteResult.OK;
            }
            Await.turns(loop, "the answers", () -> answered.size() == requests);
            assertEquals(1, pool.unanswered());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWorkerWhosePipeIsClosedIsNoRoom(Supervisor.Balance balance) throws Exception {
        Path first = directory.resolve("first");
        Path closed = first.resolve("closed");
        WorkerBuilder closingOrStuck = Worker.command(
                "sh",
                "-c",
                "mkdir \"$0\" 2>/dev/null && exec 3>&- && touch \"$1\"; exec sleep 1000",
                first.toString(),
                closed.toString());
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(closingOrStuck, 2).balance(balance).start(loop);
            Await.until("the close of a worker's end", () -> Files.exists(closed));
            WriteResult result;
            long id = 0;
            do {
                result = pool.request(id++, 0, ByteBuffer.allocate(64 * 1024));
            } while (result == WriteResult.OK);
            assertEquals(WriteResult.ABOVE_HIGH_WATER, result);
        }
    }

    @Test
    void aWorkerThatHalfClosesIsOfNoUseWhetherItReadsOrNot() throws Exception {
        Programs.assumePython();
        String halfClosing = """
                import os, socket, time
                pipe = socket.socket(fileno=int(os.environ['EVLOOP_FD']))
                pipe.shutdown(socket.SHUT_WR)
                time.sleep(1000)
                """;
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool =
                    pool(Worker.command("python3", "-c", halfClosing), 1).start(loop);
            assertTrue(pool.request(1, 0, ABOVE_HIGH_WATER.duplicate()).isAccepted());
            Await.turns(loop, "the exit", () -> exits == 1);
            assertEquals(List.of(1L), unanswered);
        }
    }
}
