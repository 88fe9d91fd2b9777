package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pipes whose reads bring much, more of them than have turns at a time. */
@ExactCalls("the turns in which frames come that are there at once")
class BulkTest {

    private static final int BULK_PIPES = 10;
    private static final int PLACES = ReadyList.BULK_PLACES;

    /** Of 16 bytes each, headers included, which one read takes. */
    private static final int FRAMES = 4_000;

    /** Delivered before a place can change its owner for the time that it was held. */
    private static final int FIRST_FRAMES = 60;

    /** So that by far fewer frames than a pipe has take longer than a place is held. */
    private static final long SLOW_NANOS = Duration.ofMillis(20).toNanos() / 128;

    private final List<PeeredPipe> pipes = new ArrayList<>();

    /** The pipes of the frames that came, in the order of their coming. */
    private final List<Integer> order = new ArrayList<>();

    private TestLoop test;
    private EventLoop loop;

    /** As many pipes in bulk, which have frames again, and behind them one that is not. */
    private void open(EventLoopOptions.Builder options) throws Exception {
        test = TestLoop.open(options);
        loop = test.loop();
        for (int index = 0; index <= BULK_PIPES + 1; index++) {
            PeeredPipe peered = PeeredPipe.adopt(loop);
            record(peered.pipe(), index);
            pipes.add(peered);
        }
        write();
        // the last of all is alone in the end, looks for more, finds nothing, and is in bulk no more
        pipes.get(BULK_PIPES + 1).peer().write(Frames.burst(FRAMES, 10));
        Await.idle(loop);
        assertEquals((BULK_PIPES + 1) * FRAMES + 1, order.size());
        order.clear();
        write();
    }

    private void record(Pipe pipe, int index) {
        int[] next = new int[1];
        pipe.onFrame((from, channelId, payload) -> {
            assertEquals(next[0], channelId);
            next[0] = channelId + 1 == (index == BULK_PIPES ? 1 : FRAMES) ? 0 : channelId + 1;
            order.add(index);
        });
    }

    private void write() throws Exception {
        byte[] burst = Frames.burst(FRAMES, 10);
        for (PeeredPipe peered : pipes.subList(0, BULK_PIPES)) {
            peered.peer().write(burst);
        }
        pipes.get(BULK_PIPES).peer().write(Frames.burst(1, 10));
    }

    @AfterEach
    void close() throws Exception {
        for (PeeredPipe peered : pipes) {
            peered.close();
        }
        test.close();
    }

    /** What is done with each frame of the pipes in bulk from now on, once it is recorded. */
    private void handle(ObjIntConsumer<Pipe> handler) {
        for (int index = 0; index < BULK_PIPES; index++) {
            int own = index;
            pipes.get(index).pipe().onFrame((from, channelId, payload) -> {
                order.add(own);
                handler.accept(from, own);
            });
        }
    }

    private int heardOf(int index) {
        return Collections.frequency(order, index);
    }

    @Test
    void onlyAFewHaveTurnsAtATimeAndOneThatBringsLittleDoesNotWaitForAPlace() throws Exception {
        open(EventLoopOptions.builder().framesPerTurn(2));
        loop.poll(0);
        List<Integer> expected = new ArrayList<>();
        while (expected.size() < FIRST_FRAMES) {
            for (int index = 0; index < PLACES; index++) {
                expected.addAll(List.of(index, index));
            }
            if (expected.size() == 2 * PLACES) {
                expected.add(BULK_PIPES);
            }
        }
        assertEquals(expected.subList(0, FIRST_FRAMES), order.subList(0, FIRST_FRAMES));
        assertTrue(order.size() > FIRST_FRAMES, "as many frames in a turn as if all had a place: " + order.size());
        Await.idle(loop);
        IntStream.range(0, BULK_PIPES).forEach(index -> assertEquals(FRAMES, heardOf(index)));
    }

    /** Also where a turn of the loop is over before so many frames are delivered as are, between two looks at the clock. */
    @ParameterizedTest
    @ValueSource(ints = {1 << 20, 512})
    void howeverSlowTheirHandlersAreAllGetTheirTurns(int bytesPerTurn) throws Exception {
        open(EventLoopOptions.builder().bytesPerTurn(bytesPerTurn));
        handle((from, own) -> {
            for (long start = System.nanoTime(); System.nanoTime() - start < SLOW_NANOS; ) {
                Thread.onSpinWait();
            }
        });
        Await.turns(loop, "a frame of each", () -> order.stream().distinct().count() == BULK_PIPES + 1);
        IntStream.range(0, BULK_PIPES)
                .forEach(index -> assertTrue(heardOf(index) < FRAMES, index + " had all of its turns first"));
    }

    @Test
    void oneThatPausesGivesItsPlaceToTheNextAndNeedsNoneToGoOn() throws Exception {
        open(EventLoopOptions.builder());
        List<Integer> paused = new ArrayList<>();
        handle((from, own) -> {
            if (paused.size() <= PLACES && !paused.contains(own)) {
                paused.add(own);
                from.pauseReading();
            }
        });
        Await.idle(loop);
        assertEquals(PLACES + 1, paused.size());
        IntStream.range(0, BULK_PIPES)
                .forEach(index -> assertEquals(paused.contains(index) ? 1 : FRAMES, heardOf(index)));
        paused.forEach(index -> pipes.get(index).pipe().resumeReading());
        Await.idle(loop);
        IntStream.range(0, BULK_PIPES).forEach(index -> assertEquals(FRAMES, heardOf(index)));
    }

    @Test
    void thoseThatAreClosedWaitingOrInTheirTurnKeepNobodyFromHis() throws Exception {
        open(EventLoopOptions.builder());
        handle((from, own) -> {
            if (own < PLACES) {
                from.close();
                pipes.get(own + PLACES).pipe().close();
            }
        });
        Await.idle(loop);
        for (int index = 0; index < BULK_PIPES; index++) {
            assertEquals(index < PLACES ? 1 : index < 2 * PLACES ? 0 : FRAMES, heardOf(index));
        }
    }

    @Test
    void everyPlaceIsFreeAgainAfterwards() throws Exception {
        open(EventLoopOptions.builder());
        for (int round = 0; round <= PLACES; round++) {
            Await.idle(loop);
            assertEquals(BULK_PIPES * FRAMES + 1, order.size(), "in round " + round);
            order.clear();
            write();
        }
    }
}
