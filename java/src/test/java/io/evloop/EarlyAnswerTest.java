package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.frame.FrameLayout;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much of what a batch is answered with is on its way while the rest of the batch is still to be handled. */
@ExactCalls("what one read brings, and what one write takes")
class EarlyAnswerTest {

    private static final int FRAME_LENGTH = 70;
    private static final int LONG = 128;
    private static final int SHORT = 58; // 4,060 bytes

    private final List<PeeredPipe> pipes = new ArrayList<>();

    /** For each frame of the first pipe, before it is answered: how many of its answers the peer could have read. */
    private final List<Integer> answered = new ArrayList<>();

    private TestLoop test;

    private void open(EventLoopOptions.Builder options, int count) throws Exception {
        test = TestLoop.open(options);
        for (int index = 0; index < count; index++) {
            PeeredPipe peered = PeeredPipe.adopt(test.loop());
            pipes.add(peered);
            peered.pipe().onFrame((from, channelId, payload) -> {
                if (peered == pipes.get(0)) {
                    answered.add(Native.unreadBytes(peered.peer().fd()) / FRAME_LENGTH);
                }
                assertEquals(WriteResult.OK, from.writeFrame(channelId, payload));
            });
        }
        Await.idle(test.loop());
    }

    @AfterEach
    void close() throws Exception {
        for (PeeredPipe peered : pipes) {
            peered.close();
        }
        test.close();
    }

    /** A batch to each pipe, and the answers back. */
    private void exchange(int frames) throws IOException {
        byte[] batch = Frames.burst(frames, FRAME_LENGTH - FrameLayout.HEADER_LENGTH);
        for (PeeredPipe peered : pipes) {
            peered.peer().write(batch);
        }
        for (PeeredPipe peered : pipes) {
            assertArrayEquals(batch, peered.peerReads(batch.length));
        }
    }

    private static List<Integer> expected(int first, int answers, int rest) {
        List<Integer> expected = new ArrayList<>(Collections.nCopies(first, 0));
        expected.addAll(Collections.nCopies(rest, answers));
        return expected;
    }

    @Test
    void theFirstHalfOfALongBatchIsAnsweredBeforeTheRestIsHandled() throws Exception {
        open(EventLoopOptions.builder(), 1);
        exchange(LONG);
        assertEquals(expected(LONG / 2, LONG / 2, LONG / 2), answered);
        assertEquals(2, pipes.get(0).pipe().stats().writes());
        assertEquals(1, pipes.get(0).pipe().stats().reads(), "and both come of one read");
    }

    @Test
    void everyLongBatchIs() throws Exception {
        open(EventLoopOptions.builder(), 1);
        exchange(LONG);
        exchange(LONG);
        assertEquals(expected(LONG / 2, LONG / 2, LONG / 2), answered.subList(LONG, 2 * LONG));
    }

    @Test
    void aShortBatchIsAnsweredAtOnce() throws Exception {
        open(EventLoopOptions.builder(), 1);
        exchange(SHORT);
        assertEquals(expected(SHORT, 0, 0), answered);
        assertEquals(1, pipes.get(0).pipe().stats().writes());
    }

    @Test
    void aLoopThatSpinsAnswersAtOnce() throws Exception {
        open(EventLoopOptions.builder().spin(Duration.ofNanos(1)), 1);
        exchange(LONG);
        assertEquals(expected(LONG, 0, 0), answered);
    }

    @Test
    void anAnswerIsOnItsWayBeforeAnybodyHearsOfAnythingElse() throws Exception {
        open(EventLoopOptions.builder(), 1);
        RawSocket peer = pipes.get(0).peer();
        PipeOptions options = PipeOptions.builder().highWater(1000).lowWater(0).build();
        try (PeeredPipe other = PeeredPipe.adopt(test.loop(), options)) {
            List<Integer> seen = new ArrayList<>();
            other.pipe().onDrain(drained -> seen.add(Native.unreadBytes(peer.fd())));
            byte[] flood = new byte[300_000]; // more than a socket holds, and less than two of them
            assertEquals(WriteResult.ABOVE_HIGH_WATER, other.pipe().writeFrame(1, flood, 0, flood.length));
            Await.idle(test.loop());
            other.peer().readAvailable();
            peer.write(Frames.frame(1, "x"));
            Await.turns(test.loop(), "room, and the frame", () -> !seen.isEmpty());
            assertEquals(List.of(7), seen);
        }
    }

    @Test
    void whereOthersAreReadyThePipesTakeTurnsAsEver() throws Exception {
        open(EventLoopOptions.builder(), 2);
        exchange(LONG);
        assertEquals(expected(LONG, 0, 0), answered);
    }
}
