package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A loop whose thread is hit by signals without end: system calls are interrupted wherever they wait. */
class SignalStormTest {

    private static final int FRAMES = 2_000;
    private static final int PAYLOAD = 4_000;

    private Process storm;

    /** SIGPIPE has a handler in the JVM that does nothing; {@code kill(2)} of a thread's id prefers that thread. */
    @BeforeEach
    void begin() throws IOException {
        String thread = Files.readSymbolicLink(Path.of("/proc/thread-self"))
                .getFileName()
                .toString();
        storm = new ProcessBuilder("sh", "-c", "while kill -PIPE " + thread + "; do :; done")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @AfterEach
    void end() throws Exception {
        storm.destroyForcibly();
        assertTrue(storm.waitFor(30, TimeUnit.SECONDS));
    }

    // row 23
    @Test
    void timersAreNotEarlyAndTheWaitGoesOnUnderAStorm() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            long delay = 300_000_000;
            long begin = System.nanoTime();
            long[] fired = {0};
            loop.schedule(delay, () -> {
                fired[0] = System.nanoTime();
                loop.stop();
            });
            loop.run();
            assertTrue(fired[0] - begin >= delay, "after " + (fired[0] - begin));
            assertTrue(loop.stats().waits() > 2, "the storm interrupted nothing: " + loop.stats());
            assertTrue(storm.isAlive());
        }
    }

    /** The best of many: at any of them the processor may be somebody else's. */
    // row 23
    @Test
    void aTimerIsLessThanAMillisecondLateUnderAStorm() throws Exception {
        long[] late = {Long.MAX_VALUE};
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            for (int count = 0; count < 50; count++) {
                long deadline = System.nanoTime() + 5_000_000;
                loop.schedule(5_000_000, () -> {
                    late[0] = Math.min(late[0], System.nanoTime() - deadline);
                    loop.stop();
                });
                loop.run();
            }
        }
        assertTrue(storm.isAlive());
        assertTrue(late[0] >= 0 && late[0] < 1_000_000, "late by " + late[0]);
    }

    // row 23
    @Test
    void framesComeAndGoIntactUnderAStorm() throws Exception {
        byte[] payload = Frames.pattern(23, PAYLOAD);
        int[] received = {0};
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            pipe.onFrame((from, channelId, view) -> {
                assertEquals(received[0]++, channelId);
                assertEquals(view, ByteBuffer.wrap(payload));
            });
            int[] sent = {0};
            pipe.onDrain(from -> send(pipe, payload, sent));
            try (Background peer = Background.run("echo", () -> {
                for (int index = 0; index < FRAMES; index++) {
                    peered.peer().write(peered.peer().read(6 + PAYLOAD));
                }
            })) {
                send(pipe, payload, sent);
                Await.turns(test.loop(), "the echoes", () -> received[0] == FRAMES);
            }
            assertTrue(storm.isAlive());
        }
    }

    private static void send(Pipe pipe, byte[] payload, int[] sent) {
        while (sent[0] < FRAMES) {
            WriteResult result = pipe.writeFrame(sent[0], payload, 0, payload.length);
            sent[0] += result.isAccepted() ? 1 : 0;
            if (result != WriteResult.OK) {
                return;
            }
        }
    }
}
