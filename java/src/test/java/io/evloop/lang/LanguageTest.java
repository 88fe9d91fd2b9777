package io.evloop.lang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Stdio;
import io.evloop.Worker;
import io.evloop.WorkerExit;
import io.evloop.WriteResult;
import io.evloop.error.TruncatedFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real supervisor and a worker by each of the worker's sides that evloop has. */
class LanguageTest {

    private static final int ECHO = 1;
    private static final int MIB = 1024 * 1024;
    private static final int O_CLOEXEC = 02000000;
    private static final int[] LENGTHS = {
        1, 2, 5, 6, 7, 63, 64, 1000, 4096, 65_529, 65_530, 65_531, 65_536, 100_000, 262_138, 262_144, MIB - 1, MIB
    };

    /** What is owed by the worker, in order, and what it has sent beyond that. */
    private static final class Ledger {

        private final Queue<byte[]> owed = new ArrayDeque<>();
        private String faults = "";
        private String last = "";
        private Throwable closeCause;
        private WorkerExit exit;

        Worker start(EventLoop loop, Language language) throws Exception {
            return language.worker()
                    .stderr(Stdio.INHERIT)
                    .onFrame(ECHO, this::onEcho)
                    .onFrame((pipe, channelId, payload) -> last = channelId + ":" + Frames.text(payload))
                    .onClose((pipe, cause) -> closeCause = cause)
                    .onExit((worker, status) -> exit = status)
                    .start(loop);
        }

        void request(Pipe pipe, byte[] payload) {
            owed.add(payload);
            WriteResult result = pipe.writeFrame(ECHO, payload, 0, payload.length);
            assertNotEquals(WriteResult.FULL, result);
            assertNotEquals(WriteResult.CLOSED, result);
        }

        private void onEcho(Pipe pipe, int channelId, ByteBuffer payload) {
            if (owed.isEmpty()) {
                faults += "a frame that nobody asked for; ";
            } else if (!Arrays.equals(owed.remove(), Frames.bytes(payload))) {
                faults += "another frame than the one sent; ";
            }
        }

        boolean isSettled() {
            return owed.isEmpty() || !faults.isEmpty() || exit != null;
        }

        /** Half-closes, and holds the worker to a clean end after its last answer. */
        void finish(EventLoop loop, Worker worker) {
            worker.pipe().shutdownOutput();
            Await.turns(loop, "the exit", () -> exit != null);
            assertEquals("", faults);
            assertEquals(0, owed.size());
            assertEquals("4:end", last);
            assertNull(closeCause);
            assertEquals(new WorkerExit(0, 0, 0, 0, false), exit);
        }
    }

    @ParameterizedTest
    @EnumSource
    void framesOfAllLengthsComeBack(Language language) throws Exception {
        Ledger ledger = new Ledger();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = ledger.start(loop, language);
            for (int index = 0; index < LENGTHS.length; index++) {
                ledger.request(worker.pipe(), Frames.pattern(index, LENGTHS[index]));
            }
            Await.turns(loop, "the answers", ledger::isSettled);
            ledger.finish(loop, worker);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyAnswerComesBeforeTheNextRequest(Language language) throws Exception {
        Ledger ledger = new Ledger();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = ledger.start(loop, language);
            for (int index = 0; index < 200; index++) {
                ledger.request(worker.pipe(), Frames.pattern(index, 1 + index * 31 % 5000));
                Await.turns(loop, "the answer", ledger::isSettled);
            }
            ledger.finish(loop, worker);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFrameOf64MebibytesComesBack(Language language) throws Exception {
        Ledger ledger = new Ledger();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = ledger.start(loop, language);
            ledger.request(worker.pipe(), Frames.pattern(1, 64 * MIB));
            Await.turns(loop, "the answer", ledger::isSettled);
            ledger.finish(loop, worker);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHalfClosedWorkerAnswersWhatItWasAskedAndLeaves(Language language) throws Exception {
        Ledger ledger = new Ledger();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = ledger.start(loop, language);
            for (int index = 0; index < 10_000; index++) {
                ledger.request(worker.pipe(), Frames.pattern(index, 64));
            }
            ledger.finish(loop, worker);
        }
    }

    // row 45
    @ParameterizedTest
    @EnumSource
    void aWorkerThatDiesInsideAFrameHasTornIt(Language language) throws Exception {
        Ledger ledger = new Ledger();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = ledger.start(loop, language);
            ledger.request(worker.pipe(), Frames.pattern(1, 100));
            Await.turns(loop, "the answer", ledger::isSettled);
            worker.pipe().writeFrame(LanguageWorker.DIE, ByteBuffer.allocate(1));
            Await.turns(loop, "the exit", () -> ledger.exit != null);
            TruncatedFrameException torn = assertInstanceOf(TruncatedFrameException.class, ledger.closeCause);
            assertEquals(6 + LanguageWorker.TORN_LENGTH, torn.wantedBytes());
            assertEquals(LanguageWorker.TORN_SENT, torn.gotBytes());
            assertEquals(new WorkerExit(LanguageWorker.DIED, 0, 0, 0, true), ledger.exit);
            assertEquals("", ledger.faults);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aGrandchildInheritsNothing(Language language) throws Exception {
        Ledger ledger = new Ledger();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = ledger.start(loop, language);
            worker.pipe().writeFrame(LanguageWorker.INHERITED, ByteBuffer.allocate(1));
            Await.turns(loop, "what a grandchild inherits", () -> !ledger.last.isEmpty() || ledger.exit != null);
            assertTrue(ledger.last.startsWith("2:EVLOOP_FD=unset\n"), ledger.last);
            assertTrue(ledger.last.contains("0 -> "), ledger.last);
            assertFalse(ledger.last.contains(" 3 -> socket:"), ledger.last);
            assertEquals(O_CLOEXEC, flags(worker.pid(), 3) & O_CLOEXEC);
            ledger.finish(loop, worker);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"JAVA_LOOP", "JAVA_BLOCKING"})
    void aJvmThatCannotForgetTheVariableTakesItOnce(Language language) throws Exception {
        Ledger ledger = new Ledger();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = ledger.start(loop, language);
            worker.pipe().writeFrame(LanguageWorker.OPEN_AGAIN, ByteBuffer.allocate(1));
            Await.turns(loop, "what became of it", () -> !ledger.last.isEmpty() || ledger.exit != null);
            assertEquals("5:refused", ledger.last);
            ledger.finish(loop, worker);
        }
    }

    private static int flags(long pid, int fd) throws Exception {
        Path file = Path.of("/proc", Long.toString(pid), "fdinfo", Integer.toString(fd));
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("flags:")) {
                return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
            }
        }
        throw new AssertionError("no flags in " + file);
    }
}
