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

        private Writing() {}

        public static void main(String[] arguments) throws IOException {
            int[] received = {0};
            try (EventLoop loop = EventLoop.open()) {
                Pipe[] pair = Pipe.pair(loop, loop);
                pair[1].onFrame((pipe, channelId, payload) -> assertEquals(received[0]++, payload.getInt()));
                write(pair[0], 0, 1);
                Await.turns(loop, "the frame before the shortage", () -> received[0] == 1);
                long turns = loop.stats().turns();
                long writes = pair[0].stats().writes();
                Faults.map(Path.of(arguments[0])).arm("send", 1, FAILURES, Integer.parseInt(arguments[1]));
                write(pair[0], 1, FRAMES);
                Await.turns(loop, "the frames that had to wait", () -> received[0] == FRAMES);
                assertEquals(FAILURES + 1, pair[0].stats().writes() - writes, "each failure was tried again once");
                long took = loop.stats().turns() - turns;
                assertTrue(took < 10 * FAILURES, took + " turns: it was spinning");
                assertEquals(0, pair[0].stats().queuedBytes());
            }
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
