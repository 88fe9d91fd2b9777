package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.DirectMemory;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import io.evloop.testing.RawPipe;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a loop must be able to do without any direct memory left: to learn of an exit, to tell an error. */
class DirectMemoryShortageTest {

    private static void assertSucceeds(Class<?> main) throws Exception {
        List<String> command = new ArrayList<>(Programs.inJava(main));
        command.add(1, DirectMemory.LIMIT_OPTION);
        JavaProcess.Result result = JavaProcess.run(command);
        assertEquals(0, result.exitCode(), result::output);
    }

    // row 52
    @Test
    void aWorkerIsReaped() throws Exception {
        assertSucceeds(Reaping.class);
    }

    static final class Reaping {

        private Reaping() {}

        public static void main(String[] arguments) throws IOException {
            Journal journal = new Journal();
            try (EventLoop loop = EventLoop.open()) {
                Worker worker = journal.of(Programs.actor("sleep")).start(loop);
                ByteBuffer all = DirectMemory.takeAllBut(0);
                try {
                    worker.kill();
                    assertEquals(9, journal.awaitExit(loop).signal());
                } finally {
                    Reference.reachabilityFence(all);
                }
            }
        }
    }

    // row 52
    @Test
    void aFailedWriteIsTold() throws Exception {
        assertSucceeds(Writing.class);
    }

    static final class Writing {

        private Writing() {}

        public static void main(String[] arguments) throws IOException {
            List<Throwable> causes = new ArrayList<>();
            RawPipe ends = RawPipe.open();
            try (EventLoop loop = EventLoop.open()) {
                Pipe pipe = Pipe.adopt(loop, ends.releaseWriteEnd(), 0).onClose((closed, cause) -> causes.add(cause));
                pipe.writeFrame(1, new byte[] {1}, 0, 1);
                ends.close();
                ByteBuffer all = DirectMemory.takeAllBut(0);
                try {
                    Await.turns(loop, "the close", () -> !causes.isEmpty());
                    assertEquals("EPIPE", ((NativeIoException) causes.get(0)).errnoName());
                } finally {
                    Reference.reachabilityFence(all);
                }
            }
        }
    }
}
