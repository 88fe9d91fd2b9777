package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import io.evloop.testing.RawPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Signals;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A JVM in which SIGPIPE has its default action, to end the process, writes to peers that are gone. */
class SigpipeTest {

    private static final int SIGPIPE = 13;
    private static final int KILLED_BY_SIGPIPE = 128 + SIGPIPE;

    // row 17
    @Test
    void aLostReaderIsEpipeOfItsPipeAndTheJvmLives() throws Exception {
        JavaProcess.Result result = JavaProcess.run(Programs.inJava(Writing.class));
        assertEquals(0, result.exitCode(), result::output);
    }

    /** Otherwise the other test would show nothing. */
    // row 17
    @Test
    void theDefaultActionEndsAJvmThatWritesByOtherMeans() throws Exception {
        JavaProcess.Result result = JavaProcess.run(Programs.inJava(Writing.class, "unprotected"));
        assertEquals(KILLED_BY_SIGPIPE, result.exitCode(), result::output);
    }

    static final class Writing {

        private Writing() {}

        public static void main(String[] arguments) throws IOException {
            try (Signals defaults = Signals.byDefault("PIPE")) {
                assertFalse(Signals.isIn("SigCgt", SIGPIPE) || Signals.isIn("SigIgn", SIGPIPE));
                if (arguments.length > 0) {
                    writeUnprotected();
                    return;
                }
                try (EventLoop loop = EventLoop.open()) {
                    RawSocket[] pair = RawSocket.pair();
                    assertEquals("EPIPE", errnoOfAWrite(loop, pair[0].release(), pair[1]));
                    RawPipe pipe = RawPipe.open();
                    assertEquals("EPIPE", errnoOfAWrite(loop, pipe.releaseWriteEnd(), pipe));
                    assertEquals(3, exitCodeOfAWorkerThatIsGone(loop));
                }
            }
        }

        private static void writeUnprotected() throws IOException {
            try (RawPipe pipe = RawPipe.open();
                    FileOutputStream out = new FileOutputStream("/proc/self/fd/" + pipe.writeEnd())) {
                pipe.closeReadEnd();
                out.write(1);
            }
        }

        /** Nobody reads the pipe, so that the write alone finds out that the peer is gone. */
        private static String errnoOfAWrite(EventLoop loop, int fd, AutoCloseable peer) throws IOException {
            List<Throwable> causes = new ArrayList<>();
            Pipe pipe = Pipe.adopt(loop, fd, 0).onClose((closed, cause) -> causes.add(cause));
            try {
                peer.close();
            } catch (Exception e) {
                throw new IOException(e);
            }
            pipe.writeFrame(1, new byte[] {1}, 0, 1);
            Await.turns(loop, "the close", () -> !causes.isEmpty());
            return ((NativeIoException) causes.get(0)).errnoName();
        }

        private static int exitCodeOfAWorkerThatIsGone(EventLoop loop) throws IOException {
            Journal journal = new Journal();
            Worker worker = journal.of(Programs.actor("exit", "3")).start(loop);
            Await.until("the exit", () -> !worker.isAlive());
            worker.pipe().writeFrame(1, new byte[] {1}, 0, 1);
            return journal.awaitExit(loop).code();
        }
    }
}
