package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Errno;
import io.evloop.testing.Await;
import io.evloop.testing.Faults;
import io.evloop.testing.JavaProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A kernel that has no memory for what is written, for a while: in a JVM of its own, whose {@code send(2)} fails. */
class KernelMemoryTest {

    private static final long DEADLINE_SECONDS = 60;
    private static final int FAILURES = 5;

    // row 19
    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOBUFS, Errno.ENOMEM})
    void whatTheKernelHadNoMemoryForIsWrittenLaterWithoutSpinning(int errno) throws Exception {
        JavaProcess.Result result = Faults.run(DEADLINE_SECONDS, Writing.class, Integer.toString(errno));
        assertEquals(0, result.exitCode(), result::output);
    }

    static final class Writing {

        private static final int FRAMES = 100;
        private static final long RETRY_NANOS = 5_000_000;

        private Writing() {}

        public static void main(String[] arguments) throws IOException {
            int[] received = {0};
            try (EventLoop loop = EventLoop.open()) {
                Pipe[] pair = Pipe.pair(loop, loop);
                pair[1].onFrame((pipe, channelId, payload) -> assertEquals(received[0]++, payload.getInt()));
                write(pair[0], 0, 1);
                Await.turns(loop, "the frame before the shortage", () -> received[0] == 1);
                Faults faults = Faults.map(Path.of(arguments[0]));
                int errno = Integer.parseInt(arguments[1]);
                faults.arm("send", 1, Integer.MAX_VALUE, errno);
                writeOneEachTurn(loop, pair[0], 1, FRAMES / 2);
                long turns = loop.stats().turns();
                long writes = pair[0].stats().writes();
                faults.arm("send", 1, FAILURES, errno);
                write(pair[0], FRAMES / 2, FRAMES);
                Await.turns(loop, "the frames that had to wait", () -> received[0] == FRAMES);
                assertEquals(FAILURES + 1, pair[0].stats().writes() - writes, "each failure was tried again once");
                long took = loop.stats().turns() - turns;
                assertTrue(took < 10 * FAILURES, took + " turns: it was spinning");
                assertEquals(0, pair[0].stats().queuedBytes());
            }
        }

        /** Who writes on while the kernel is short of memory does not make the loop ask it more often. */
        private static void writeOneEachTurn(EventLoop loop, Pipe pipe, int from, int to) {
            long start = System.nanoTime();
            long writes = pipe.stats().writes();
            for (int number = from; number < to; number++) {
                write(pipe, number, number + 1);
                loop.poll(0);
            }
            long tried = pipe.stats().writes() - writes;
            long elapsed = System.nanoTime() - start;
            assertTrue(tried <= 1 + elapsed / RETRY_NANOS, tried + " times in " + elapsed + " ns");
        }

        private static void write(Pipe pipe, int from, int to) {
            ByteBuffer payload = ByteBuffer.allocate(Integer.BYTES);
            for (int number = from; number < to; number++) {
                assertEquals(
                        WriteResult.OK,
                        pipe.writeFrame(1, payload.clear().putInt(number).flip()));
            }
        }
    }
}
