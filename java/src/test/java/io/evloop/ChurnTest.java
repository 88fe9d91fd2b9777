package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.DirectMemory;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/**
 * Pipes, loops and workers that come and go for long, in a JVM of its own, whose resident memory is nobody else's: 100,000
 * pipes, 2,000 loops and 1,000 workers, of these 10,000 with {@code -Devloop.soak}.
 */
class ChurnTest {

    private static final int PIPES = 100_000;
    private static final int LOOPS = 2_000;
    private static final int WORKERS = Boolean.getBoolean("evloop.soak") ? 10_000 : 1_000;

    private static final long DEADLINE_SECONDS = 300;

    // row 34
    @Test
    void pipesLeaveNothing() throws Exception {
        assertFlat("pipes", PIPES);
    }

    // row 34
    @Test
    void loopsLeaveNothing() throws Exception {
        assertFlat("loops", LOOPS);
    }

    // rows 34 and 45
    @Test
    void workersLeaveNothing() throws Exception {
        assertFlat("workers", WORKERS);
    }

    private static void assertFlat(String kind, int count) throws Exception {
        JavaProcess.Result result = JavaProcess.of(Program.class)
                .deadline(DEADLINE_SECONDS)
                .options("-Xms48m", "-Xmx48m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC")
                .run(kind, Integer.toString(count));
        assertEquals(0, result.exitCode(), result.output());
    }

    static final class Program {

        private static final long MEBIBYTE = 1 << 20;
        private static final long RESIDENT_GROWTH = 8 * MEBIBYTE; // of the JVM itself: code that it compiles meanwhile

        /** What a closed loop leaves to the garbage collector is bounded by the heap's size, and the C allocator may keep it. */
        private static final long COLLECTED = 48 * MEBIBYTE;

        private static final int AT_ONCE = 10;

        private Program() {}

        public static void main(String[] arguments) throws IOException {
            int count = Integer.parseInt(arguments[1]);
            churn(arguments[0], count / 5);
            System.gc();
            Resources before = Resources.now();
            long resident = residentBytes();
            long direct = DirectMemory.usedBytes();
            churn(arguments[0], count);
            System.gc();
            assertEquals("", Resources.now().surplusOver(before));
            Await.until("direct memory, as before", () -> DirectMemory.usedBytes() <= direct + MEBIBYTE);
            long growth = residentBytes() - resident;
            long allowed = RESIDENT_GROWTH + (arguments[0].equals("loops") ? COLLECTED : 0);
            assertTrue(growth < allowed, "resident memory has grown by " + growth);
        }

        private static long residentBytes() throws IOException {
            String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(text -> text.startsWith("VmRSS:"))
                    .findAny()
                    .orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }

        private static void churn(String kind, int count) throws IOException {
            switch (kind) {
                case "pipes" -> churnPipes(count);
                case "loops" -> churnLoops(count);
                default -> churnWorkers(count);
            }
        }

        private static void churnPipes(int count) throws IOException {
            int[] heard = {0, 0};
            byte[] payload = new byte[100];
            try (EventLoop loop = EventLoop.open()) {
                for (int index = 0; index < count; index += 2) { // a pair is two pipes
                    Pipe[] pair = Pipe.pair(loop, loop);
                    pair[1].onFrame((pipe, channelId, view) -> {
                                heard[0]++;
                                pipe.close();
                            })
                            .onClose((pipe, cause) -> heard[1]++);
                    pair[0].onFrame((pipe, channelId, view) -> {}).onClose((pipe, cause) -> heard[1]++);
                    pair[0].writeFrame(1, payload, 0, payload.length);
                    int closed = index + 2;
                    Await.turns(loop, "both closes", () -> heard[1] == closed);
                }
            }
            assertEquals(count, 2 * heard[0]);
        }

        private static void churnLoops(int count) throws IOException {
            for (int index = 0; index < count; index++) {
                try (EventLoop loop = EventLoop.open()) {
                    Pipe[] pair = Pipe.pair(loop, loop);
                    pair[0].writeFrame(1, new byte[100], 0, 100);
                    loop.schedule(1_000_000_000_000L, () -> {});
                    Await.idle(loop);
                }
            }
        }

        private static void churnWorkers(int count) throws IOException {
            Queue<Worker> alive = new ArrayDeque<>();
            int[] exits = {0};
            try (EventLoop loop = EventLoop.open()) {
                WorkerBuilder builder = Worker.command("/bin/true").onExit((worker, exit) -> {
                    exits[0] += exit.code() == 0 ? 1 : 0;
                    alive.remove(worker);
                });
                for (int index = 0; index < count; index++) {
                    alive.add(builder.start(loop));
                    Await.turns(loop, "exits", () -> alive.size() < AT_ONCE);
                }
                Await.turns(loop, "the last exits", alive::isEmpty);
            }
            assertEquals(count, exits[0]);
        }
    }
}
