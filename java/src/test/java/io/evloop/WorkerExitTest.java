package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.TruncatedFrameException;
import io.evloop.frame.FrameLayout;
import io.evloop.testing.Await;
import io.evloop.testing.Journal;
import io.evloop.testing.Proc;
import io.evloop.testing.Programs;
import io.evloop.testing.Resources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a worker ended, and what came before: frames, one onClose, one onExit. */
class WorkerExitTest {

    private static final int SIGKILL = 9;
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final int FRAME_LENGTH = 64 * 1024;
    private static final int FRAMES = 512;

    private final Journal journal = new Journal();

    private WorkerExit run(String... acts) throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            journal.of(Programs.actor(acts)).start(loop);
            return journal.awaitExit(loop);
        }
    }

    /** What {@code frames COUNT} of an actor sends. */
    private static List<String> numbered(int count) {
        return IntStream.range(0, count).mapToObj(number -> "7:" + number).toList();
    }

    // row 45
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 127, 255})
    void theCodeIsTold(int code) throws Exception {
        WorkerExit exit = run("exit", Integer.toString(code));
        assertEquals(new WorkerExit(code, 0, 0, 0, false), exit);
        assertEquals(code == 0, exit.isSuccess());
        assertNull(journal.closeCause());
    }

    // row 45
    @ParameterizedTest
    @ValueSource(ints = {1, SIGKILL, 13, 15})
    void theSignalIsTold(int signal) throws Exception {
        WorkerExit exit = run("raise", Integer.toString(signal));
        assertEquals(new WorkerExit(-1, signal, 0, 0, false), exit);
        assertFalse(exit.isSuccess());
        assertNull(journal.closeCause());
    }

    // row 45
    @Test
    void everyFrameComesBeforeTheExit() throws Exception {
        assertEquals(3, run("frames", "5000", "exit", "3").code());
        assertEquals(numbered(5000), journal.frames());
        assertNull(journal.closeCause());
    }

    // row 45
    @Test
    void everyFrameComesBeforeADeathBySigkill() throws Exception {
        assertEquals(SIGKILL, run("frames", "500", "raise", "9").signal());
        assertEquals(numbered(500), journal.frames());
    }

    // row 45
    @Test
    void exitInTheMiddleOfAHeaderTearsTheFrame() throws Exception {
        assertEquals(new WorkerExit(0, 0, 0, 0, true), run("frames", "2", "header", "100", "4", "exit", "0"));
        assertTorn(2, FrameLayout.HEADER_LENGTH, 4);
    }

    // row 45
    @Test
    void exitInTheMiddleOfAPayloadTearsTheFrame() throws Exception {
        WorkerExit exit = run("frames", "3", "header", "1000", "6", "print", "3", "400", "exit", "0");
        assertEquals(new WorkerExit(0, 0, 0, 0, true), exit);
        assertTorn(3, FrameLayout.HEADER_LENGTH + 1000, FrameLayout.HEADER_LENGTH + 400);
    }

    // row 45
    @Test
    void sigkillInTheMiddleOfAFrameTearsIt() throws Exception {
        WorkerExit exit = run("frames", "1", "header", "70000", "6", "print", "3", "69999", "raise", "9");
        assertEquals(new WorkerExit(-1, SIGKILL, 0, 0, true), exit);
        assertTorn(1, FrameLayout.HEADER_LENGTH + 70_000, FrameLayout.HEADER_LENGTH + 69_999);
    }

    /** The pipe does not end when the worker does. */
    // row 45
    @Test
    void aFrameThatAGrandchildCouldStillCompleteIsTorn() throws Exception {
        assertTrue(run("frames", "1", "header", "100", "5", "grandchild", "exit", "0")
                .tornFrame());
        assertTorn(1, FrameLayout.HEADER_LENGTH, 5);
    }

    private void assertTorn(int frames, long wantedBytes, long gotBytes) {
        assertEquals(numbered(frames), journal.frames());
        TruncatedFrameException cause = assertInstanceOf(TruncatedFrameException.class, journal.closeCause());
        assertEquals(wantedBytes, cause.wantedBytes());
        assertEquals(gotBytes, cause.gotBytes());
    }

    // row 45
    @Test
    void aWorkerThatDiesBeforeItsFirstRead() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("exit", "4")).start(loop);
            Await.until("the end of the process", () -> Proc.hasEnded(worker.pid()));
            worker.pipe().writeFrame(1, new byte[] {1}, 0, 1);
            assertEquals(4, journal.awaitExit(loop).code());
            assertEquals(WriteResult.CLOSED, worker.pipe().writeFrame(1, new byte[] {1}, 0, 1));
        }
    }

    /** It has read nothing, so that the kernel answers our read with ECONNRESET: only after its last bytes. */
    // rows 18 and 45
    @Test
    void framesOfAWorkerThatDiesWithUnreadInputComeFirst() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("raise", "19", "frames", "100", "exit", "5"))
                    .start(loop);
            Await.until("the stop", () -> Proc.isStopped(worker.pid()));
            worker.pipe().writeFrame(1, new byte[] {1}, 0, 1);
            Await.idle(loop);
            worker.signal(SIGCONT);
            assertEquals(5, journal.awaitExit(loop).code());
            assertEquals(numbered(100), journal.frames());
        }
    }

    // row 45
    @Test
    void aThousandWorkersThatLeaveAtOnce() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            WorkerBuilder builder = Programs.worker("/bin/true");
            Resources before = Resources.now();
            Queue<Journal> journals = new ArrayDeque<>();
            for (int count = 0; count < 1000; count++) {
                Journal one = new Journal();
                one.of(builder).start(loop);
                journals.add(one);
                if (journals.size() == 10) {
                    while (!journals.isEmpty()) {
                        assertEquals(
                                new WorkerExit(0, 0, 0, 0, false),
                                journals.remove().awaitExit(loop));
                    }
                }
            }
            assertEquals("", Resources.now().surplusOver(before));
        }
    }

    @Test
    void aWorkerKnownToBeGoneStillTellsSoInTheLoopsTurnAlone() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker =
                    journal.of(Programs.actor("frames", "3", "exit", "6")).start(loop);
            Await.until("the exit", () -> !worker.isAlive());
            assertFalse(journal.isClosed());
            assertFalse(journal.hasExited());
            assertEquals(6, journal.awaitExit(loop).code());
            assertEquals(numbered(3), journal.frames());
        }
    }

    /** What did not fit into the socket is unsent: with what the worker counts it makes the whole. */
    @Test
    void unsentBytesAreThoseThatTheWorkerDidNotGet(@TempDir Path directory) throws Exception {
        Path counted = directory.resolve("counted");
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("raise", "19", "count"))
                    .stdout(Stdio.to(counted))
                    .start(loop);
            Await.until("the stop", () -> Proc.isStopped(worker.pid()));
            writeFrames(worker);
            Await.idle(loop);
            worker.pipe().close();
            Await.turns(loop, "the close", journal::isClosed);
            worker.signal(SIGCONT);
            WorkerExit exit = journal.awaitExit(loop);
            long received = Long.parseLong(Files.readString(counted).strip());
            long frame = FrameLayout.HEADER_LENGTH + FRAME_LENGTH;
            assertEquals(0, exit.code());
            assertTrue(exit.unsentBytes() > 0);
            assertEquals(FRAMES * frame, received + exit.unsentBytes());
            assertEquals(FRAMES - received / frame, exit.unsentFrames());
        }
    }

    @Test
    void unsentFramesOfAKilledWorkerAreCounted() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("text", "ready", "sleep")).start(loop);
            Await.turns(loop, "the worker", () -> !journal.frames().isEmpty());
            writeFrames(worker);
            Await.idle(loop);
            worker.kill();
            WorkerExit exit = journal.awaitExit(loop);
            long frame = FrameLayout.HEADER_LENGTH + FRAME_LENGTH;
            assertEquals(SIGKILL, exit.signal());
            assertTrue(exit.unsentFrames() > 0);
            assertTrue(exit.unsentBytes() > (exit.unsentFrames() - 1) * frame, exit::toString);
            assertTrue(exit.unsentBytes() <= exit.unsentFrames() * frame, exit::toString);
        }
    }

    private static void writeFrames(Worker worker) {
        byte[] payload = new byte[FRAME_LENGTH];
        for (int count = 0; count < FRAMES; count++) {
            WriteResult result = worker.pipe().writeFrame(1, payload, 0, FRAME_LENGTH);
            assertTrue(result.isAccepted(), result.name());
        }
    }

    // row 45
    @Test
    void stoppingIsNotAnExit() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("echo")).start(loop);
            worker.signal(SIGSTOP);
            Await.until("the stop", () -> Proc.isStopped(worker.pid()));
            worker.pipe().writeFrame(2, new byte[] {'a'}, 0, 1);
            Await.idle(loop);
            assertTrue(worker.isAlive());
            assertEquals(List.of(), journal.frames());
            worker.signal(SIGCONT);
            Await.turns(loop, "the echo", () -> !journal.frames().isEmpty());
            assertEquals(List.of("2:a"), journal.frames());
            worker.pipe().closeAfterFlush();
            assertEquals(0, journal.awaitExit(loop).code());
        }
    }
}
