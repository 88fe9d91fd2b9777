package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Native;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Java worker's end of its pipe. */
class PipeInheritedTest {

    private static final String LIMITED = "limited";

    /** Reports on its pipe, from inside. */
    static final class Reporting {

        private static final int MAX_FRAME_LENGTH = 1000;

        private Reporting() {}

        public static void main(String[] arguments) throws IOException {
            try (EventLoop loop = EventLoop.open()) {
                PipeOptions limits =
                        PipeOptions.builder().maxFrameLength(MAX_FRAME_LENGTH).build();
                boolean refused = false;
                try {
                    BlockingPipe.inherited(0);
                } catch (IllegalArgumentException e) {
                    refused = true; // and the descriptor is still there
                }
                Pipe pipe = arguments.length > 0 ? Pipe.inherited(loop, limits) : Pipe.inherited(loop);
                int fd = pipe.connection().fd();
                send(pipe, "fd=" + fd);
                send(pipe, "close-on-exec=" + Native.descriptorFlags(fd));
                send(pipe, "longest=" + pipe.maxFrameLength());
                send(pipe, "refused=" + refused);
                try {
                    Pipe.inherited(loop);
                } catch (IllegalStateException e) {
                    send(pipe, "again=" + e.getMessage());
                }
                pipe.onClose((closed, cause) -> loop.stop()).closeAfterFlush();
                loop.run();
            }
        }

        private static void send(Pipe pipe, String text) {
            byte[] payload = text.getBytes(StandardCharsets.UTF_8);
            pipe.writeFrame(0, payload, 0, payload.length);
        }
    }

    private static Journal report(int pipeFd, String... arguments) throws Exception {
        Journal journal = new Journal();
        List<String> command = Programs.inJava(Reporting.class, arguments);
        try (EventLoop loop = EventLoop.open()) {
            journal.of(Programs.worker(command.toArray(new String[0])).pipeFd(pipeFd))
                    .start(loop);
            assertEquals(0, journal.awaitExit(loop).code());
        }
        return journal;
    }

    @Test
    void theInheritedEndIsCloseOnExecAndTakenOnce() throws Exception {
        Journal journal = report(3);
        assertEquals("3", journal.textAfter("fd="));
        assertEquals("1", journal.textAfter("close-on-exec="));
        assertEquals(Integer.toString(64 << 20), journal.textAfter("longest="));
        assertTrue(journal.textAfter("again=").contains("EVLOOP_FD"));
        assertEquals("true", journal.textAfter("refused="));
    }

    @Test
    void theLimitsOfTheInheritedEndAreSettable() throws Exception {
        Journal journal = report(100, LIMITED);
        assertEquals("100", journal.textAfter("fd="));
        assertEquals("1000", journal.textAfter("longest="));
    }

    @Test
    void aProcessThatIsNoWorkerHasNone() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            IOException refused = assertThrows(IOException.class, () -> Pipe.inherited(loop));
            assertTrue(refused.getMessage().contains("EVLOOP_FD is not set"), refused.getMessage());
        }
    }

    /** The standard input of a process that is started here is a pipe, not a socket. */
    @ParameterizedTest
    @CsvSource({
        "three, is no descriptor: three",
        "'', is no descriptor:",
        "99999999999, is no descriptor: 99999999999",
        "-1, is no descriptor: -1",
        "+0, is no descriptor: +0",
        "4000, =4000: EBADF",
        "0, names no socket: 0"
    })
    void anEnvironmentThatNamesNoSocketIsRefused(String value, String reason) throws Exception {
        JavaProcess.Result worker = JavaProcess.of(Reporting.class)
                .prefix("env", "EVLOOP_FD=" + value)
                .run();
        assertEquals(1, worker.exitCode());
        assertTrue(
                worker.output().contains("EVLOOP_FD" + (reason.startsWith("=") ? "" : " ") + reason), worker::output);
    }

    @Test
    void aSocketThatIsNoStreamIsRefused() throws Exception {
        Programs.assumePython();
        String script = """
                import os, socket, sys
                end, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
                os.set_inheritable(end.fileno(), True)
                os.environ['EVLOOP_FD'] = str(end.fileno())
                os.execvp(sys.argv[1], sys.argv[1:])
                """;
        JavaProcess.Result worker =
                JavaProcess.of(Reporting.class).prefix("python3", "-c", script).run();
        assertEquals(1, worker.exitCode());
        assertTrue(worker.output().contains("names a socket that is no stream"), worker::output);
    }
}
