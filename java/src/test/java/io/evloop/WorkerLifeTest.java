package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.InvalidFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import io.evloop.testing.Quiet;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lives that are not of the ordinary kind: pipes that outlive a worker, workers that outlive their pipe, pauses. */
class WorkerLifeTest {

    private static final int SIGKILL = 9;
    private static final long SLOW_NANOS = 100_000;
    private static final long A_WHILE_NANOS = 20_000_000;

    private final Journal journal = new Journal();

    // row 45
    @Test
    void aGrandchildThatKeepsThePipeOpenDelaysNothing() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            journal.of(Programs.actor("grandchild", "frames", "10", "exit", "6"))
                    .start(loop);
            assertEquals(new WorkerExit(6, 0, 0, 0, false), journal.awaitExit(loop));
            assertEquals(10, journal.frames().size());
            assertNull(journal.closeCause());
        }
    }

    /** What it writes after the worker's end is nobody's; since it writes faster than we read, there is no end of it. */
    @Test
    void aGrandchildThatFloodsThePipeDelaysNothing() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            journal.of(Programs.actor("text", "first", "flood", "3", "exit", "6"))
                    .onFrame((pipe, channelId, payload) -> {
                        journal.frame(pipe, channelId, payload);
                        LockSupport.parkNanos(SLOW_NANOS);
                    })
                    .start(loop);
            assertEquals(new WorkerExit(6, 0, 0, 0, false), journal.awaitExit(loop));
            assertEquals("0:first", journal.frames().get(0));
        }
    }

    @Test
    void aGrandchildThatFloodsACapturedOutputDelaysNothing() throws Exception {
        long[] count = {0};
        try (EventLoop loop = EventLoop.open()) {
            journal.of(Programs.actor("print", "1", "9", "flood", "1", "exit", "6"))
                    .stdout(Stdio.bytes((worker, bytes) -> {
                        count[0] += bytes.remaining();
                        LockSupport.parkNanos(SLOW_NANOS);
                    }))
                    .start(loop);
            assertEquals(6, journal.awaitExit(loop).code());
            assertTrue(count[0] >= 9);
        }
    }

    @Test
    void aGrandchildThatKeepsThePipeOfAKilledWorkerDelaysNothing() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("grandchild", "text", "ready", "sleep"))
                    .start(loop);
            Await.turns(loop, "the worker", () -> !journal.frames().isEmpty());
            worker.kill();
            assertEquals(SIGKILL, journal.awaitExit(loop).signal());
        }
    }

    @Test
    void aWorkerThatClosesItsPipeLivesOn() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker =
                    journal.of(Programs.actor("text", "bye", "close", "sleep")).start(loop);
            Await.turns(loop, "the close", journal::isClosed);
            Quiet.assertQuiet(loop, A_WHILE_NANOS);
            assertEquals(List.of("0:bye"), journal.frames());
            assertNull(journal.closeCause());
            assertTrue(worker.isAlive());
            assertTrue(worker.pipe().isClosed());
            assertFalse(journal.hasExited());
            worker.kill();
            assertEquals(SIGKILL, journal.awaitExit(loop).signal());
        }
    }

    @Test
    void aWorkerWhosePipeIsClosedLivesUntilItReadsTheEnd() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("wait", "exit", "7")).start(loop);
            worker.pipe().close();
            assertEquals(7, journal.awaitExit(loop).code());
        }
    }

    @Test
    void pausedReadingDelaysCloseAndExitWhileIsAliveTellsTheTruth() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker =
                    journal.of(Programs.actor("frames", "5", "exit", "2")).start(loop);
            worker.pipe().pauseReading();
            Await.turns(loop, "the end of the process", () -> !worker.isAlive());
            Await.idle(loop);
            assertEquals(
                    0, loop.poll(A_WHILE_NANOS), "the loop is idle: neither descriptor is reported again and again");
            assertEquals(List.of(), journal.frames());
            assertFalse(journal.isClosed());
            assertFalse(journal.hasExited());
            worker.pipe().resumeReading();
            assertEquals(new WorkerExit(2, 0, 0, 0, false), journal.awaitExit(loop));
            assertEquals(5, journal.frames().size());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"frames 5 exit 2", "frames 5 grandchild exit 2"})
    void aPauseInTheMiddleHoldsTheOtherFramesBackTogetherWithTheEnd(String acts) throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            WorkerBuilder builder = journal.of(Programs.actor(acts.split(" "))).onFrame((pipe, channelId, payload) -> {
                journal.frame(pipe, channelId, payload);
                pipe.pauseReading();
            });
            Worker worker = builder.start(loop);
            for (int expected = 1; expected <= 5; expected++) {
                int count = expected;
                Await.turns(loop, "a frame", () -> journal.frames().size() == count);
                Await.until("the end of the process", () -> !worker.isAlive());
                Await.idle(loop);
                Quiet.assertQuiet(loop, A_WHILE_NANOS);
                assertEquals(expected, journal.frames().size());
                assertFalse(journal.isClosed());
                worker.pipe().resumeReading();
            }
            assertEquals(2, journal.awaitExit(loop).code());
        }
    }

    /** Nobody is left to flush to but a process that has the other end, too, and writes without ever reading. */
    @Test
    void aFlushThatBeginsAfterTheExitIsNotWaitedFor() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            WorkerBuilder builder = journal.of(Programs.actor("text", "first", "flood", "3", "exit", "3"))
                    .onFrame((pipe, channelId, payload) -> {
                        assertTrue(pipe.writeFrame(1, ByteBuffer.allocate(40 << 20))
                                .isAccepted());
                        pipe.closeAfterFlush();
                    });
            Worker worker = builder.start(loop);
            worker.pipe().pauseReading();
            Await.turns(loop, "the end of the process", () -> !worker.isAlive());
            Await.idle(loop);
            worker.pipe().resumeReading();
            assertEquals(3, journal.awaitExit(loop).code());
            assertNull(journal.closeCause());
            assertEquals(1, worker.pipe().stats().unsentFrames());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"frames 3 exit 0", "frames 3 grandchild exit 0"})
    void framesThatAPullingHandlerLeavesAreKeptUntilItTakesThem(String acts) throws Exception {
        List<String> taken = new ArrayList<>();
        boolean[] willing = {false};
        try (EventLoop loop = EventLoop.open()) {
            WorkerBuilder builder = Programs.actor(acts.split(" "))
                    .onClose(journal::close)
                    .onExit(journal::exit)
                    .onReadable(pipe -> {
                        if (willing[0]) {
                            taken.add(Frames.text(pipe.readFrame().payload()).trim());
                        }
                    });
            Worker worker = builder.start(loop);
            Await.turns(loop, "the end of the process", () -> !worker.isAlive());
            Await.idle(loop);
            Quiet.assertQuiet(loop, A_WHILE_NANOS);
            assertFalse(journal.isClosed());
            assertFalse(journal.hasExited());
            willing[0] = true;
            worker.pipe().pauseReading();
            worker.pipe().resumeReading();
            journal.awaitExit(loop);
            assertEquals(List.of("0", "1", "2"), taken);
            assertNull(journal.closeCause());
        }
    }

    @Test
    void aWorkerThatNobodyListensToIsReapedAllTheSame() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = Programs.actor("frames", "3", "exit", "0").start(loop);
            Await.turns(loop, "the end of the process", () -> !worker.isAlive());
            Await.turns(loop, "the close", worker.pipe()::isClosed);
        }
    }

    @Test
    void halfClosedByTheWorkerThePipeStaysWritable(@TempDir Path directory) throws Exception {
        Path counted = directory.resolve("counted");
        List<String> ends = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("text", "last", "half-close", "count"))
                    .stdout(Stdio.to(counted))
                    .onEnd(pipe -> ends.add("end after " + journal.frames()))
                    .start(loop);
            Await.turns(loop, "the end", () -> !ends.isEmpty());
            assertEquals(List.of("end after [0:last]"), ends);
            assertFalse(journal.isClosed());
            worker.pipe().writeFrame(1, new byte[100], 0, 100);
            worker.pipe().closeAfterFlush();
            assertEquals(0, journal.awaitExit(loop).code());
            assertEquals("106", Files.readString(counted).strip());
        }
    }

    @Test
    void aFrameBeyondTheLimitEndsThePipeAndNotTheWorker() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            PipeOptions limits = PipeOptions.builder().maxFrameLength(63).build();
            Worker worker = journal.of(Programs.actor("text", "fits", "header", "64", "6", "sleep"))
                    .limits(limits)
                    .start(loop);
            Await.turns(loop, "the close", journal::isClosed);
            InvalidFrameException cause = assertInstanceOf(InvalidFrameException.class, journal.closeCause());
            assertEquals(7, cause.channelId());
            assertEquals(64, cause.declaredLength());
            assertTrue(worker.isAlive());
            worker.kill();
            assertEquals(new WorkerExit(-1, SIGKILL, 0, 0, false), journal.awaitExit(loop));
        }
    }

    @Test
    void eachChannelHasItsHandler() throws Exception {
        List<String> sevens = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            journal.of(Programs.actor("text", "a", "frames", "2", "text", "b"))
                    .onFrame(
                            7,
                            (pipe, channelId, payload) ->
                                    sevens.add(Frames.text(payload).trim()))
                    .start(loop);
            journal.awaitExit(loop);
            assertEquals(List.of("0:a", "0:b"), journal.frames());
            assertEquals(List.of("0", "1"), sevens);
        }
    }

    @Test
    void roomAgainIsTold() throws Exception {
        List<Boolean> drains = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("wait"))
                    .onDrain(pipe -> drains.add(true))
                    .start(loop);
            byte[] payload = new byte[8 * 1024 * 1024];
            assertEquals(WriteResult.ABOVE_HIGH_WATER, worker.pipe().writeFrame(1, payload, 0, payload.length));
            Await.turns(loop, "the drain", () -> !drains.isEmpty());
            assertEquals(1, drains.size());
            worker.pipe().closeAfterFlush();
            assertEquals(0, journal.awaitExit(loop).unsentBytes());
        }
    }

    @Test
    void aWorkerIsReplacedInOnExit() throws Exception {
        List<Integer> codes = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            ExitHandler restart = (worker, exit) -> {
                codes.add(exit.code());
                if (codes.size() == 1) {
                    start(journal.of(Programs.actor("text", "second", "exit", "2")), loop);
                }
            };
            Programs.actor("exit", "1").onExit(restart).start(loop);
            journal.awaitExit(loop);
            assertEquals(List.of(1), codes);
            assertEquals(List.of("0:second"), journal.frames());
        }
    }

    private static void start(WorkerBuilder builder, EventLoop loop) {
        try {
            builder.start(loop);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    // row 27
    @Test
    void whatTheHandlersOfTheEndThrowIsHeardOnceAndNothingIsMissed() throws Exception {
        RuntimeException inClose = new RuntimeException("in onClose");
        Error inExit = new Error("in onExit");
        try (TestLoop test = TestLoop.open()) {
            List<Throwable> heard = new ArrayList<>();
            Programs.actor("exit", "1")
                    .onClose((pipe, cause) -> {
                        throw inClose;
                    })
                    .onExit((worker, exit) -> {
                        throw inExit;
                    })
                    .start(test.loop());
            Await.turns(test.loop(), "both errors", () -> {
                test.takeErrors().forEach(one -> heard.add(one.error()));
                return heard.size() == 2;
            });
            Await.idle(test.loop());
            assertTrue(heard.containsAll(List.of(inClose, inExit)), heard::toString);
        }
    }

    // row 27
    @Test
    void whatAFrameHandlerThrowsEndsThePipeAndTheWorkerLeavesByItself() throws Exception {
        RuntimeException failure = new RuntimeException("in onFrame");
        try (TestLoop test = TestLoop.open()) {
            WorkerBuilder builder = journal.of(Programs.actor("frames", "1", "wait", "exit", "8"))
                    .onFrame((pipe, channelId, payload) -> {
                        throw failure;
                    });
            Worker worker = builder.start(test.loop());
            assertEquals(8, journal.awaitExit(test.loop()).code());
            assertSame(failure, journal.closeCause());
            TestLoop.Heard heard = test.takeError();
            assertSame(failure, heard.error());
            assertSame(worker.pipe(), heard.source());
        }
    }
}
