package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames that arrive in pieces, in both modes. */
class PipeCutTest {

    private static final int RANDOM_RUNS = 40;
    private static final int MAX_PIECE = 60_000; // what the socket's buffer takes without waiting

    /** How the frames are taken. */
    enum Mode {
        PUSH,
        PULL;

        PeeredPipe adopt(EventLoop loop) throws IOException {
            PeeredPipe adopted = PeeredPipe.adopt(loop);
            return this == PUSH ? adopted.pushed() : adopted.pulled();
        }
    }

    // row 1
    @ParameterizedTest
    @EnumSource
    void deliversFramesCutAtEveryByte(Mode mode) throws Exception {
        byte[] large = Frames.pattern(1, 300);
        byte[] stream = Frames.concat(
                Frames.frame(1, "a"), Frames.frame(65535, large), Frames.frame(0, "b"), Frames.frame(7, "c"));
        List<String> frames = List.of("1:a", PeeredPipe.describe(65535, large), "0:b", "7:c");
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = mode.adopt(test.loop())) {
            for (int cut = 0; cut <= stream.length; cut++) {
                peered.peer().write(Arrays.copyOf(stream, cut));
                Await.idle(test.loop());
                peered.peer().write(Arrays.copyOfRange(stream, cut, stream.length));
                Await.idle(test.loop());
                assertEquals(frames, peered.takeHeard(), "cut before byte " + cut);
            }
        }
    }

    // row 1
    @ParameterizedTest
    @EnumSource
    void deliversFramesThatComeByteByByte(Mode mode) throws Exception {
        byte[] stream = Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "bcd"), Frames.frame(3, "e"));
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = mode.adopt(test.loop())) {
            for (byte one : stream) {
                peered.peer().write(one);
                Await.idle(test.loop());
            }
            assertEquals(List.of("1:a", "2:bcd", "3:e"), peered.heard());
        }
    }

    // row 1
    @ParameterizedTest
    @EnumSource
    void deliversFramesCutAtRandomBytes(Mode mode) throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = mode.adopt(test.loop())) {
            for (int seed = 0; seed < RANDOM_RUNS; seed++) {
                sendCutAtRandom(test.loop(), peered, new Random(seed), "seed " + seed);
            }
        }
    }

    private static void sendCutAtRandom(EventLoop loop, PeeredPipe peered, Random random, String run)
            throws IOException {
        List<String> expected = new ArrayList<>();
        byte[][] frames = new byte[1 + random.nextInt(12)][];
        for (int index = 0; index < frames.length; index++) {
            int channelId = random.nextInt(65536);
            byte[] payload = new byte[lengthOfAnyMagnitude(random, 19)];
            random.nextBytes(payload);
            frames[index] = Frames.frame(channelId, payload);
            expected.add(PeeredPipe.describe(channelId, payload));
        }
        byte[] stream = Frames.concat(frames);
        for (int from = 0; from < stream.length; ) {
            int to = Math.min(stream.length, from + Math.min(MAX_PIECE, lengthOfAnyMagnitude(random, 17)));
            peered.peer().write(Arrays.copyOfRange(stream, from, to));
            from = to;
            Await.idle(loop);
        }
        assertEquals(expected, peered.takeHeard(), run);
    }

    /** 1 to 2^{@code maxBits}, each number of bits as often as any other. */
    private static int lengthOfAnyMagnitude(Random random, int maxBits) {
        return 1 + random.nextInt(1 << random.nextInt(maxBits + 1));
    }
}
