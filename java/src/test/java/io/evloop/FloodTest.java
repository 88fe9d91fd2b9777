package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Two sides that flood each other, one of them a plain blocking program, which does one thing at a time. */
class FloodTest {

    private static final int PAYLOAD = 8_000;
    private static final int FRAME = 6 + PAYLOAD;
    private static final int FRAMES = 2_000;

    /** Writes frames as long as the pipe takes them, and from then on at each drain. */
    private static void flood(Pipe pipe, int[] written) {
        while (written[0] < FRAMES) {
            WriteResult result = pipe.writeFrame(written[0], new byte[PAYLOAD], 0, PAYLOAD);
            written[0] += result.isAccepted() ? 1 : 0;
            if (result != WriteResult.OK) {
                return;
            }
        }
    }

    private static void readFrames(PeeredPipe peered, int count) throws IOException {
        for (int index = 0; index < count; index++) {
            assertEquals(FRAME, peered.peer().read(FRAME).length);
        }
    }

    private static void writeFrames(PeeredPipe peered, int count) throws IOException {
        byte[] frame = Frames.frame(1, new byte[PAYLOAD]);
        for (int index = 0; index < count; index++) {
            peered.peer().write(frame);
        }
    }

    private static void assertNoDeadlock(Blocking program) throws Exception {
        int[] read = {0};
        int[] written = {0};
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            pipe.onFrame((from, channelId, payload) -> {
                assertEquals(PAYLOAD, payload.remaining());
                read[0]++;
            });
            pipe.onDrain(from -> flood(from, written));
            try (Background peer = Background.run("blocking program", () -> program.run(peered))) {
                flood(pipe, written);
                Await.turns(
                        test.loop(),
                        "all frames, both ways",
                        () -> read[0] == FRAMES
                                && written[0] == FRAMES
                                && pipe.stats().queuedBytes() == 0);
            }
            assertTrue(pipe.stats().blockedWrites() > 0, "it was a flood");
        }
    }

    /** What the peer does. */
    @FunctionalInterface
    private interface Blocking {
        void run(PeeredPipe peered) throws IOException;
    }

    @Test
    void anEchoThatReadsAndWritesInTurnNeverDeadlocks() throws Exception {
        assertNoDeadlock(peered -> {
            for (int index = 0; index < FRAMES; index++) {
                peered.peer().write(peered.peer().read(FRAME));
            }
        });
    }

    @Test
    void aPeerThatWritesEverythingBeforeItReadsNeverDeadlocks() throws Exception {
        assertNoDeadlock(peered -> {
            writeFrames(peered, FRAMES);
            readFrames(peered, FRAMES);
        });
    }

    @Test
    void aPeerThatWritesAndReadsInLargeStepsNeverDeadlocks() throws Exception {
        assertNoDeadlock(peered -> {
            for (int step = 0; step < 4; step++) {
                writeFrames(peered, FRAMES / 4);
                readFrames(peered, FRAMES / 4);
            }
        });
    }
}
