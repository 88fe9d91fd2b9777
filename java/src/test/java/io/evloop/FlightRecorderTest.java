package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a flight recording sees. */
class FlightRecorderTest {

    private static final long SLOW_NANOS = 20_000_000;
    private static final List<String> NAMES = List.of(
            "io.evloop.Handler",
            "io.evloop.HighWater",
            "io.evloop.InvalidFrame",
            "io.evloop.WorkerStart",
            "io.evloop.WorkerExit");

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        open(PipeOptions.DEFAULT);
    }

    private void open(PipeOptions options) throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop, options);
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    /** What is recorded. */
    @FunctionalInterface
    private interface Scene {
        void play() throws Exception;
    }

    private static List<RecordedEvent> record(Duration threshold, Scene scene) throws Exception {
        Path file = Files.createTempFile("evloop-test-", ".jfr");
        try (Recording recording = new Recording()) {
            NAMES.forEach(recording::enable);
            recording.enable(NAMES.get(0)).withThreshold(threshold);
            recording.start();
            scene.play();
            recording.stop();
            recording.dump(file);
            return RecordingFile.readAllEvents(file).stream()
                    .filter(event -> NAMES.contains(event.getEventType().getName()))
                    .toList();
        } finally {
            Files.delete(file);
        }
    }

    /** The sources of the slow handlers that were recorded. */
    private static List<String> slowHandlers(Scene scene) throws Exception {
        List<String> sources = new ArrayList<>();
        for (RecordedEvent event : record(Duration.ofNanos(SLOW_NANOS / 2), scene)) {
            if (!event.getEventType().getName().equals("io.evloop.Handler")) {
                continue; // a scene may have others, too
            }
            assertTrue(event.getDuration().toNanos() >= SLOW_NANOS / 2, event.toString());
            sources.add(event.getString("source"));
        }
        return sources;
    }

    private static void slow() {
        long begin = System.nanoTime();
        Await.until("a while", () -> System.nanoTime() - begin > SLOW_NANOS);
    }

    private static void assertOne(String beginning, List<String> sources) {
        List<String> matching =
                sources.stream().filter(source -> source.startsWith(beginning)).toList();
        assertEquals(1, matching.size(), beginning + " in " + sources);
    }

    @Test
    void aSlowFrameHandler() throws Exception {
        pipe.onFrame((from, channelId, payload) -> slow());
        assertOne("Pipe[tag=0, fd=" + pipe.connection().fd(), slowHandlers(() -> {
            peered.peer().write(Frames.frame(1, "x"));
            Await.turns(loop, "the frame", () -> loop.stats().frames() == 1);
        }));
    }

    @Test
    void aSlowPullHandler() throws Exception {
        pipe.onReadable(from -> {
            from.readFrame();
            slow();
        });
        assertOne("Pipe[tag=0", slowHandlers(() -> {
            peered.peer().write(Frames.frame(1, "x"));
            Await.turns(loop, "the frame", () -> loop.stats().frames() == 1);
        }));
    }

    @Test
    void slowDrainEndAndCloseHandlers() throws Exception {
        List<String> told = new ArrayList<>();
        close();
        open(PipeOptions.builder().highWater(0).lowWater(0).build());
        pipe.onFrame((from, channelId, payload) -> {});
        pipe.onDrain(from -> tell(told, "drain"));
        pipe.onEnd(from -> tell(told, "end"));
        pipe.onClose((from, cause) -> tell(told, "close"));
        List<String> sources = slowHandlers(() -> {
            pipe.writeFrame(1, new byte[1], 0, 1);
            Await.turns(loop, "the drain", () -> told.contains("drain"));
            peered.peer().shutdownOutput();
            Await.turns(loop, "the end", () -> told.contains("end"));
            pipe.close();
            Await.turns(loop, "the close", () -> told.contains("close"));
        });
        assertEquals(List.of("drain", "end", "close"), told);
        assertEquals(3, sources.size(), sources.toString());
        sources.forEach(source -> assertTrue(source.startsWith("Pipe[tag=0"), source));
    }

    private static void tell(List<String> told, String what) {
        slow();
        told.add(what);
    }

    @Test
    void aSlowDrainHandlerOfASender() throws Exception {
        List<String> told = new ArrayList<>();
        Sender sender = pipe.sender(1).onDrain(from -> tell(told, "drain"));
        assertOne("Sender[", slowHandlers(() -> {
            while (sender.writeFrame(1, new byte[500], 0, 500) != WriteResult.FULL) {
                continue;
            }
            Await.turns(loop, "the drain", () -> !told.isEmpty());
        }));
    }

    @Test
    void slowTasksTimersAndWatchesAndBytes() throws Exception {
        RawSocket[] watched = RawSocket.pair();
        RawSocket[] adopted = RawSocket.pair();
        try (RawSocket near = watched[0];
                RawSocket far = watched[1];
                RawSocket peer = adopted[1]) {
            List<String> told = new ArrayList<>();
            Watch watch = loop.watch(near.fd(), Epoll.IN | Epoll.ONESHOT, (from, events) -> tell(told, "watch"));
            loop.adopt(adopted[0].release(), 5, connection -> {
                connection.consume(1);
                tell(told, "bytes");
            });
            List<String> sources = slowHandlers(() -> {
                far.write("x");
                peer.write("x");
                loop.execute(new Slow("a task", told));
                loop.schedule(0, new Slow("a timer", told));
                Await.turns(loop, "all of them", () -> told.size() == 4);
            });
            assertOne("a task", sources);
            assertOne("Timer[done, task=a timer", sources);
            assertOne("Watch[fd=" + near.fd(), sources);
            assertOne("Connection[tag=5", sources);
            watch.cancel();
        }
    }

    /** A task that takes long and tells its name. */
    private record Slow(String name, List<String> told) implements Runnable {
        @Override
        public void run() {
            tell(told, name);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @Test
    void aSlowHandlerThatThrows() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            slow();
            throw new IllegalStateException("from a handler");
        });
        assertOne("Pipe[tag=0", slowHandlers(() -> {
            peered.peer().write(Frames.frame(1, "x"));
            peered.awaitClose();
        }));
        test.takeError();
    }

    @Test
    void aSlowTaskThatCouldNotTellItsNameEndedTheLoop() throws Exception {
        boolean[] ran = {false};
        Runnable task = new Runnable() {
            @Override
            public void run() {
                slow();
                ran[0] = true;
            }

            @Override
            public String toString() {
                throw new IllegalStateException("no name");
            }
        };
        List<String> sources = slowHandlers(() -> {
            loop.execute(task);
            Await.turns(loop, "the task", () -> ran[0]);
        });
        assertEquals(List.of(task.getClass().getName()), sources);
    }

    @Test
    void noHandlerBelowTheThreshold() throws Exception {
        pipe.onFrame((from, channelId, payload) -> slow());
        assertEquals(List.of(), record(Duration.ofMinutes(10), () -> {
            peered.peer().write(Frames.frame(1, "x"));
            Await.turns(loop, "the frame", () -> loop.stats().frames() == 1);
        }));
    }

    @Test
    void nothingIsMeasuredWhileNoRecordingRuns() throws Exception {
        boolean[] traced = {true};
        loop.execute(() -> traced[0] = loop.openContext().tracesHandlers);
        loop.poll(0);
        assertEquals(false, traced[0]);
        record(Duration.ofMinutes(10), () -> {
            loop.execute(() -> traced[0] = loop.openContext().tracesHandlers);
            loop.poll(0);
        });
        assertEquals(true, traced[0]);
    }

    @Test
    void aPipeAboveHighWaterOnceForEachCrossing() throws Exception {
        close();
        open(PipeOptions.builder().highWater(100).lowWater(0).build());
        List<RecordedEvent> events = record(Duration.ofMinutes(10), () -> {
            for (int crossing = 0; crossing < 2; crossing++) {
                for (int frame = 0; frame < 4; frame++) {
                    pipe.writeFrame(1, new byte[44], 0, 44);
                }
                Await.idle(loop);
            }
        });
        assertEquals(2, events.size());
        for (RecordedEvent event : events) {
            assertEquals("io.evloop.HighWater", event.getEventType().getName());
            assertEquals(150, event.getLong("queuedBytes"));
            assertTrue(event.getString("pipe")
                    .startsWith("Pipe[tag=0, fd=" + pipe.connection().fd()));
        }
        assertEquals(2, pipe.stats().stalls());
    }

    @Test
    void anInvalidFrame() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {});
        List<RecordedEvent> events = record(Duration.ofMinutes(10), () -> {
            peered.peer().write(Frames.header(65535, 0xFFFFFFFFL));
            peered.awaitClose();
        });
        assertEquals(1, events.size());
        RecordedEvent event = events.get(0);
        assertEquals("io.evloop.InvalidFrame", event.getEventType().getName());
        assertEquals(65535, event.getInt("channelId"));
        assertEquals(0xFFFFFFFFL, event.getLong("declaredLength"));
        assertTrue(event.getString("pipe").startsWith("Pipe[tag=0"));
    }

    @Test
    void anInvalidFrameThatIsPulled() throws Exception {
        List<RecordedEvent> events = record(Duration.ofMinutes(10), () -> {
            boolean[] pulled = {false};
            pipe.onReadable(from -> pulled[0] = !from.readFrame().isValid());
            peered.peer().write(Frames.header(7, 0));
            Await.turns(loop, "the frame", () -> pulled[0]);
        });
        assertEquals(1, events.size());
        assertEquals("io.evloop.InvalidFrame", events.get(0).getEventType().getName());
        assertEquals(7, events.get(0).getInt("channelId"));
    }

    @Test
    void aSlowExitHandler() throws Exception {
        boolean[] told = {false};
        assertOne("Worker[", slowHandlers(() -> {
            Worker.command("true")
                    .onExit((worker, exit) -> {
                        slow();
                        told[0] = true;
                    })
                    .start(loop);
            Await.turns(loop, "the exit", () -> told[0]);
        }));
    }

    @Test
    void theStartAndTheExitOfAWorker() throws Exception {
        long[] pid = {0};
        List<RecordedEvent> events = record(Duration.ofMinutes(10), () -> {
            boolean[] exited = {false};
            pid[0] = startWorker(exited).pid();
            Await.turns(loop, "the exit", () -> exited[0]);
        });
        assertEquals(
                List.of("io.evloop.WorkerStart", "io.evloop.WorkerExit"),
                events.stream().map(event -> event.getEventType().getName()).toList());
        for (RecordedEvent event : events) {
            assertEquals(pid[0], event.getLong("pid"));
            assertEquals("sh", event.getString("program"));
        }
        assertEquals(7, events.get(1).getInt("code"));
        assertEquals(0, events.get(1).getInt("signal"));
    }

    private Worker startWorker(boolean[] exited) throws IOException {
        return Worker.command("sh", "-c", "exit 7")
                .onExit((worker, exit) -> exited[0] = true)
                .start(loop);
    }
}
