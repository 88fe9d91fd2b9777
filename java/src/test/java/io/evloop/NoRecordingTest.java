package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Programs;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Without a recording Flight Recorder is not started, which would take a tenth of a second of each process. */
class NoRecordingTest {

    private static final String RECORDER = " jdk.jfr.internal.";

    @Test
    void whatARecordingWouldSeeStartsNoRecorder() throws Exception {
        assertEquals(List.of(), recorderClasses());
    }

    /** Otherwise the other test would show nothing. */
    @Test
    void aRecordingStartsOne() throws Exception {
        assertTrue(recorderClasses("-XX:StartFlightRecording:duration=1s").size() > 10);
    }

    private static List<String> recorderClasses(String... options) throws Exception {
        List<String> command = Programs.inJava(Eventful.class);
        command.addAll(1, List.of(options));
        return JavaProcess.runLoggingClasses(command).stream()
                .filter(line -> line.contains(RECORDER))
                .toList();
    }

    /** One event of each kind, but for a slow handler, which would have to take its time. */
    static final class Eventful {

        private Eventful() {}

        public static void main(String[] arguments) throws Exception {
            List<Object> told = new ArrayList<>();
            PipeOptions options = PipeOptions.builder().highWater(0).lowWater(0).build();
            try (EventLoop loop = EventLoop.open();
                    PeeredPipe peered = PeeredPipe.adopt(loop, options)) {
                Pipe pipe = peered.pipe();
                pipe.onFrame((from, channelId, payload) -> {}).onClose((from, cause) -> told.add(cause));
                assertEquals(WriteResult.ABOVE_HIGH_WATER, pipe.writeFrame(1, new byte[1], 0, 1));
                peered.peer().write(Frames.header(1, 0));
                Await.turns(loop, "the end of the pipe", () -> told.size() == 1);
                Programs.actor().onExit((worker, exit) -> told.add(exit)).start(loop);
                Await.turns(loop, "the exit", () -> told.size() == 2);
                loop.execute(() -> told.add("a task"));
                loop.poll(0);
                assertEquals(3, told.size());
            }
        }
    }
}
