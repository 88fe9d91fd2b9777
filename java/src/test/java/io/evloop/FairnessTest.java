package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets its turn when, and that nobody waits for ever. */
@ExactCalls("the turns and rounds in which frames come that are there at once")
class FairnessTest {

    /** "Some hundreds" of frames are delivered before the kernel is asked again. */
    private static final int SOME_HUNDREDS = 999;

    private final List<PeeredPipe> pipes = new ArrayList<>();
    private final List<String> order = new ArrayList<>();
    private TestLoop test;
    private EventLoop loop;

    private void open(EventLoopOptions.Builder options, int count) throws Exception {
        test = TestLoop.open(options);
        loop = test.loop();
        for (int index = 0; index < count; index++) {
            char name = (char) ('A' + index);
            PeeredPipe peered = PeeredPipe.adopt(loop);
            peered.pipe().onFrame((from, channelId, payload) -> order.add(name + "" + channelId));
            pipes.add(peered);
        }
        Await.idle(loop);
    }

    @AfterEach
    void close() throws Exception {
        for (PeeredPipe peered : pipes) {
            peered.close();
        }
        test.close();
    }

    private static void write(PeeredPipe peered, byte[] bytes) {
        try {
            peered.peer().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeToAll(byte[] bytes) {
        pipes.forEach(peered -> write(peered, bytes));
    }

    private long heardOf(char name) {
        return order.stream().filter(heard -> heard.charAt(0) == name).count();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void goesRoundTheReadyPipesWithFramesPerTurnEach(int framesPerTurn) throws Exception {
        open(EventLoopOptions.builder().framesPerTurn(framesPerTurn), 3);
        writeToAll(Frames.burst(6, 10));
        Await.idle(loop);
        List<String> expected = new ArrayList<>();
        for (int first = 0; first < 6; first += framesPerTurn) {
            for (char name = 'A'; name <= 'C'; name++) {
                for (int frame = first; frame < first + framesPerTurn; frame++) {
                    expected.add(name + "" + frame);
                }
            }
        }
        assertEquals(expected, order);
    }

    @Test
    void deliversABurstWithoutASystemCallForEachFrame() throws Exception {
        open(EventLoopOptions.builder(), 1);
        write(pipes.get(0), Frames.burst(5_000, 10));
        long waits = loop.stats().waits();
        Await.idle(loop);
        assertEquals(5_000, order.size());
        assertTrue(loop.stats().waits() - waits < 100, "waits: " + (loop.stats().waits() - waits));
    }

    @Test
    void asksTheKernelAgainAfterABoundedNumberOfFrames() throws Exception {
        open(EventLoopOptions.builder(), 1);
        write(pipes.get(0), Frames.burst(5_000, 10));
        int before;
        do {
            before = order.size();
            loop.poll(0);
            assertTrue(order.size() - before <= SOME_HUNDREDS, order.size() - before + " frames in one turn");
        } while (order.size() > before);
        assertTrue(loop.stats().maxFramesPerTurn() <= SOME_HUNDREDS);
        assertTrue(loop.stats().maxFramesPerTurn() >= 100);
    }

    @Test
    void asksTheKernelAgainAfterABoundedNumberOfFramesFoundBySpinning() throws Exception {
        open(EventLoopOptions.builder().spin(Duration.ofMinutes(1)), 1);
        write(pipes.get(0), Frames.burst(1, 10));
        Await.turns(loop, "the first one", () -> order.size() == 1); // so that spinning looks there
        write(pipes.get(0), Frames.burst(5_000, 10));
        long waits = loop.stats().waits();
        loop.poll(-1);
        assertEquals(waits, loop.stats().waits(), "found by spinning");
        assertTrue(order.size() >= 100 && order.size() <= SOME_HUNDREDS, order.size() + " frames in one turn");
        assertEquals(order.size() - 1, loop.stats().maxFramesPerTurn());
        Await.turns(loop, "the others", () -> order.size() == 5_001);
        assertTrue(loop.stats().maxFramesPerTurn() <= SOME_HUNDREDS, loop.stats()::toString);
    }

    @Test
    void asksTheKernelLessOftenWhereManyAreReady() throws Exception {
        open(EventLoopOptions.builder().framesPerTurn(1), 50);
        writeToAll(Frames.burst(200, 10));
        Await.idle(loop);
        assertEquals(10_000, order.size());
        assertTrue(loop.stats().maxFramesPerTurn() > SOME_HUNDREDS, "some frames of each: " + loop.stats());
        assertTrue(loop.stats().maxFramesPerTurn() < 50 * 160, "but not all of them: " + loop.stats());
    }

    @Test
    void readsAPipeWhenItsTurnComesAndNotBefore() throws Exception {
        open(EventLoopOptions.builder().bytesPerTurn(1), 3); // a turn for each frame
        writeToAll(Frames.burst(1, 10));
        for (int turn = 1; turn <= 3; turn++) {
            loop.poll(0);
            assertEquals(turn, order.size());
            assertEquals(turn, reads(), "reads after " + order);
            assertEquals(3 - turn, loop.openContext().ready.size(), "who waits stands there once");
        }
    }

    private long reads() {
        return pipes.stream().mapToLong(peered -> peered.pipe().stats().reads()).sum();
    }

    @Test
    void aPipeThatIsClosedBeforeItsTurnIsNotRead() throws Exception {
        open(EventLoopOptions.builder(), 2);
        for (int index = 0; index < 2; index++) {
            Pipe other = pipes.get(1 - index).pipe();
            pipes.get(index).pipe().onFrame((from, channelId, payload) -> other.close());
        }
        Await.idle(loop);
        writeToAll(Frames.burst(1, 10));
        loop.poll(0);
        assertEquals(1, reads());
        Await.turns(loop, "the close", () -> pipes.stream().anyMatch(PeeredPipe::isClosed));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void asksTheKernelBetweenFramesOnlyIfThereIsSomebodyElse(int count) throws Exception {
        open(EventLoopOptions.builder(), count);
        write(pipes.get(0), Frames.burst(5_000, 10));
        loop.poll(0);
        int turns = 0;
        long waits = loop.stats().waits();
        for (int before = 0; order.size() < 4_000; before = order.size(), turns++) {
            loop.poll(0);
            assertTrue(order.size() > before);
        }
        assertTrue(turns >= 3, "turns: " + turns);
        assertEquals(count == 1 ? 0 : turns, loop.stats().waits() - waits);
        write(pipes.get(count - 1), Frames.burst(1, 10));
        Await.idle(loop);
        assertEquals(5_001, order.size());
    }

    @Test
    void aTurnOfLargeFramesIsShorter() throws Exception {
        open(EventLoopOptions.builder().framesPerTurn(4), 2);
        writeToAll(Frames.burst(6, 1_500));
        Await.idle(loop);
        List<String> expected = new ArrayList<>();
        for (int first = 0; first < 6; first += 3) {
            for (char name = 'A'; name <= 'B'; name++) {
                for (int frame = first; frame < first + 3; frame++) {
                    expected.add(name + "" + frame);
                }
            }
        }
        assertEquals(expected, order);
    }

    @Test
    void asksTheKernelAgainAfterABoundedNumberOfBytes() throws Exception {
        open(EventLoopOptions.builder().bytesPerTurn(25_000), 2);
        write(pipes.get(0), Frames.burst(12, 10_000));
        write(pipes.get(1), Frames.burst(4, 10_000));
        int before;
        do {
            before = order.size();
            loop.poll(0);
            assertTrue(order.size() - before <= 3, order.size() - before + " frames of 10,000 bytes in one turn");
        } while (order.size() > before);
        assertEquals(16, order.size());
    }

    @Test
    void asksTheKernelAgainAfterABoundedNumberOfBytesFoundBySpinning() throws Exception {
        open(EventLoopOptions.builder().spin(Duration.ofMinutes(1)).bytesPerTurn(25_000), 1);
        write(pipes.get(0), Frames.burst(1, 10));
        Await.turns(loop, "the first one", () -> order.size() == 1); // so that spinning looks there
        write(pipes.get(0), Frames.burst(12, 10_000));
        loop.poll(-1);
        assertEquals(4, order.size(), "three frames of 10,000 bytes in one turn");
    }

    // row 28
    @Test
    void quietPipesThatAreReadyTogetherWithAFlooderWaitForOneRound() throws Exception {
        open(EventLoopOptions.builder(), 101);
        write(pipes.get(0), Frames.burst(5_000, 10));
        for (PeeredPipe quiet : pipes.subList(1, 101)) {
            write(quiet, Frames.burst(1, 10));
        }
        Await.idle(loop);
        assertEquals(5_100, order.size());
        assertEquals(1, order.subList(0, 101).stream().filter("A0"::equals).count(), "the first round");
        assertEquals(101, order.subList(0, 101).stream().distinct().count());
        assertEquals(0, order.subList(0, 101).indexOf("A0"), "it was the first that was ready");
    }

    // row 28
    @Test
    void quietPipesThatBecomeReadyWaitForABoundedNumberOfTheFloodersFrames() throws Exception {
        open(EventLoopOptions.builder(), 101);
        pipes.get(0).pipe().onFrame((from, channelId, payload) -> {
            order.add("A" + channelId);
            if (channelId == 10) {
                pipes.subList(1, 101).forEach(quiet -> write(quiet, Frames.burst(1, 10)));
            }
        });
        write(pipes.get(0), Frames.burst(5_000, 10));
        Await.idle(loop);
        int last = order.size() - 1;
        while (order.get(last).charAt(0) == 'A') {
            last--;
        }
        long flooded = order.subList(0, last).stream()
                .filter(heard -> heard.charAt(0) == 'A')
                .count();
        assertEquals(5_100, order.size());
        assertTrue(flooded <= 11 + SOME_HUNDREDS, "frames of the flooder before the last quiet one: " + flooded);
    }

    @Test
    void timersAndTasksAreNotStarvedByAFullReadyList() throws Exception {
        open(EventLoopOptions.builder(), 2);
        byte[] refill = Frames.burst(1, 10);
        for (PeeredPipe endless : pipes) {
            endless.pipe().onFrame((from, channelId, payload) -> {
                order.add("A0");
                write(endless, refill); // there is always one more
            });
            write(endless, Frames.burst(200, 10)); // the kernel holds no more than 278 small writes
        }
        long[] ran = new long[2];
        countTasks(ran);
        countTimers(ran);
        long turns = loop.stats().turns();
        while (loop.stats().turns() < turns + 50) {
            loop.poll(0);
        }
        assertTrue(ran[0] >= 50, "tasks: " + ran[0]);
        assertTrue(ran[1] >= 50, "timers: " + ran[1]);
        assertTrue(order.size() >= 50 * 50, "frames: " + order.size());
    }

    /** A task that is there in each turn. */
    private void countTasks(long[] ran) {
        loop.execute(() -> {
            ran[0]++;
            loop.schedule(0, () -> countTasks(ran));
        });
    }

    /** A timer that is due in each turn. */
    private void countTimers(long[] ran) {
        loop.schedule(0, () -> {
            ran[1]++;
            countTimers(ran);
        });
    }

    @Test
    void theReadyListIsNotStarvedByTasks() throws Exception {
        open(EventLoopOptions.builder(), 1);
        int[] left = {20_000};
        for (int index = 0; index < 20_000; index++) {
            loop.execute(() -> left[0]--);
        }
        assertServedBeforeAllHaveRun(left);
    }

    @Test
    void theReadyListIsNotStarvedByTimers() throws Exception {
        open(EventLoopOptions.builder(), 1);
        int[] left = {20_000};
        for (int index = 0; index < 20_000; index++) {
            loop.schedule(0, () -> left[0]--);
        }
        assertServedBeforeAllHaveRun(left);
    }

    private void assertServedBeforeAllHaveRun(int[] left) {
        write(pipes.get(0), Frames.burst(3, 10));
        Await.turns(loop, "the frames", () -> order.size() == 3);
        assertTrue(left[0] > 0, "all have run before the first frame");
        Await.turns(loop, "the rest", () -> left[0] == 0);
    }

    @Test
    void aTaskThatSubmitsItselfStopsNeitherFramesNorTimers() throws Exception {
        open(EventLoopOptions.builder(), 1);
        boolean[] done = new boolean[2];
        loop.execute(new Runnable() {
            @Override
            public void run() {
                if (!done[0] || !done[1]) {
                    loop.execute(this);
                }
            }
        });
        loop.schedule(1_000_000, () -> done[0] = true);
        write(pipes.get(0), Frames.burst(3, 10));
        Await.turns(loop, "the frames and the timer", () -> {
            done[1] = order.size() == 3;
            return done[0] && done[1];
        });
    }

    @Test
    void moreReadyDescriptorsThanTheEventArrayHoldsAreAllServedAndItGrows() throws Exception {
        open(EventLoopOptions.builder().maxEvents(2), 64);
        for (int round = 0; round < 2; round++) {
            writeToAll(Frames.burst(1, 10));
            long waits = loop.stats().waits();
            Await.turns(loop, "every frame", () -> order.size() == 64);
            waits = loop.stats().waits() - waits;
            assertTrue(round == 0 ? waits > 2 && waits <= 10 : waits == 1, "waits in round " + round + ": " + waits);
            assertEquals(64, order.stream().distinct().count());
            order.clear();
            Await.idle(loop);
        }
    }

    @Test
    void countsFramesAndNotTurnsWithoutOne() throws Exception {
        open(EventLoopOptions.builder(), 2);
        long frames = loop.stats().frames();
        write(pipes.get(0), Frames.header(1, 10));
        Await.idle(loop);
        write(pipes.get(0), new byte[10]);
        Await.idle(loop);
        pipes.get(1).close();
        Await.idle(loop);
        assertEquals(frames + 1, loop.stats().frames());
        assertEquals(1, heardOf('A'));
    }
}
