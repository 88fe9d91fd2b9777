package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many frames in one read, and more than one pipe that has them. */
@ExactCalls("the reads and waits that a burst takes, and what each brings")
class PipeBurstTest {

    private static final int BURST = 1000;
    private static final int SOME_HUNDREDS = 1000;

    // row 2
    @Test
    void delivers1000FramesOfOneBurstWithNoFurtherByte() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed()) {
            peered.peer().write(burst(BURST));
            Await.idle(test.loop());
            assertEquals(numbers(BURST), peered.heard());
        }
    }

    // row 2
    @Test
    void pulls1000FramesOfOneBurstOneAtACallWithNoFurtherByte() throws Exception {
        List<String> got = new ArrayList<>();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            peered.pipe().onReadable(pipe -> got.add(PeeredPipe.describe(pipe.readFrame())));
            peered.peer().write(burst(BURST));
            Await.idle(test.loop());
            assertEquals(numbers(BURST), got);
        }
    }

    @Test
    void asksTheKernelOnlyAfterHundredsOfFrames() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe a = PeeredPipe.adopt(test.loop()).pushed();
                PeeredPipe b = PeeredPipe.adopt(test.loop()).pushed()) {
            a.peer().write(burst(BURST));
            b.peer().write(burst(BURST));
            Await.idle(test.loop());
            assertEquals(2 * BURST, a.heard().size() + b.heard().size());
            long waits = test.loop().stats().waits();
            assertTrue(waits < 2 * BURST / 100, waits + " waits");
            assertTrue(a.pipe().stats().reads() < BURST / 100, a.pipe().stats()::toString);
        }
    }

    // row 2
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void twoBurstsTakeTurns(int framesPerTurn) throws Exception {
        StringBuilder order = new StringBuilder();
        EventLoopOptions.Builder options = EventLoopOptions.builder().framesPerTurn(framesPerTurn);
        try (TestLoop test = TestLoop.open(options);
                PeeredPipe a = PeeredPipe.adopt(test.loop());
                PeeredPipe b = PeeredPipe.adopt(test.loop())) {
            a.pipe().onFrame((pipe, channelId, payload) -> order.append('a'));
            b.pipe().onFrame((pipe, channelId, payload) -> order.append('b'));
            a.peer().write(burst(BURST));
            b.peer().write(burst(BURST));
            Await.idle(test.loop());
        }
        String one = "a".repeat(framesPerTurn);
        String other = "b".repeat(framesPerTurn);
        String rounds = (order.charAt(0) == 'a' ? one + other : other + one).repeat(BURST / framesPerTurn);
        assertEquals(2 * BURST, order.length());
        assertEquals(rounds, order.substring(0, rounds.length()));
    }

    @Test
    void aPipeThatBecomesReadyIsServedWithinSomeHundredsOfFramesOfAFlooder() throws Exception {
        int[] framesBefore = {0, -1};
        try (TestLoop test = TestLoop.open();
                PeeredPipe flooder = PeeredPipe.adopt(test.loop());
                PeeredPipe quiet = PeeredPipe.adopt(test.loop())) {
            flooder.pipe().onFrame((pipe, channelId, payload) -> {
                if (framesBefore[0]++ == 0) {
                    write(quiet, Frames.frame(1, "hello"));
                }
            });
            quiet.pipe().onFrame((pipe, channelId, payload) -> framesBefore[1] = framesBefore[0]);
            flooder.peer().write(burst(10 * BURST));
            Await.idle(test.loop());
            assertEquals(10 * BURST, framesBefore[0]);
            assertTrue(framesBefore[1] > 0 && framesBefore[1] < SOME_HUNDREDS, "after " + framesBefore[1] + " frames");
        }
    }

    @Test
    void aTaskIsRunWithinSomeHundredsOfFramesOfAFlooder() throws Exception {
        int[] framesBefore = {0, -1};
        try (TestLoop test = TestLoop.open();
                PeeredPipe flooder = PeeredPipe.adopt(test.loop())) {
            flooder.pipe().onFrame((pipe, channelId, payload) -> {
                if (framesBefore[0]++ == 0) {
                    test.loop().execute(() -> framesBefore[1] = framesBefore[0]);
                }
            });
            flooder.peer().write(burst(10 * BURST));
            Await.idle(test.loop());
            assertTrue(framesBefore[1] > 0 && framesBefore[1] < SOME_HUNDREDS, "after " + framesBefore[1] + " frames");
        }
    }

    @Test
    void framesAreNotStarvedByTasksThatSubmitThemselves() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed()) {
            EventLoop loop = test.loop();
            boolean[] over = new boolean[1];
            loop.execute(new Runnable() {
                @Override
                public void run() {
                    if (!over[0]) {
                        loop.execute(this);
                    }
                }
            });
            peered.peer().write(burst(BURST));
            Await.turns(loop, "the burst", () -> peered.heard().size() == BURST);
            over[0] = true;
            Await.idle(loop);
        }
    }

    private static void write(PeeredPipe peered, byte[] bytes) {
        try {
            peered.peer().write(bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Frames that carry their own numbers. */
    private static byte[] burst(int count) {
        byte[][] frames = new byte[count][];
        for (int number = 0; number < count; number++) {
            frames[number] = Frames.frame(7, Integer.toString(number));
        }
        return Frames.concat(frames);
    }

    private static List<String> numbers(int count) {
        List<String> frames = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            frames.add("7:" + number);
        }
        return frames;
    }
}
