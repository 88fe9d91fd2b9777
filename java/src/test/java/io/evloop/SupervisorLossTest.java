package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Programs;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a pool loses with one of its workers, and what goes on without it. */
class SupervisorLossTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final int SMALL_BUFFER = 4096;
    private static final ByteBuffer ABOVE_HIGH_WATER = ByteBuffer.allocate(2 * 1024 * 1024);

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
        WorkerBuilder dying = Worker.command("sh", "-c", "head -c 1 <&3 >/dev/null; kill -9 $$");
        try (EventLoop loop = EventLoop.open()) {
            Supervisor pool = pool(dying, 2).start(loop);
            assertEquals(WriteResult.ABOVE_HIGH_WATER, pool.request(1, 0, ABOVE_HIGH_WATER.duplicate()));
            Await.turns(loop, "the drain", () -> drains > 0);
            assertEquals(List.of(1L), unanswered);
            assertEquals(1, pool.running());
            assertEquals(WriteResult.OK, pool.request(2, 0, ByteBuffer.allocate(1)));
            Await.turns(loop, "the death of the last", () -> exits == 2);
            assertEquals(WriteResult.FULL, pool.request(3, 0, ByteBuffer.allocate(1)));
            Await.idle(loop);
            assertEquals(1, drains, "there is room with nobody");
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
