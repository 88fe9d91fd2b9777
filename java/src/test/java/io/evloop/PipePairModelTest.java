package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.TestLoop;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** A pair of pipes against a naive model, for random sequences of what their owners do. */
class PipePairModelTest {

    private static final int LONGEST = 3_000;

    private static final PipeOptions OPTIONS = PipeOptions.builder()
            .maxFrameLength(LONGEST)
            .highWater(8_000)
            .lowWater(2_000)
            .maxQueuedBytes(12_000)
            .build();

    /** What one of the two owners does. */
    enum Kind {
        WRITE,
        CLAIM,
        SEND,
        PAUSE,
        RESUME,
        TURN,
        IDLE,
        SHUT_OUTPUT,
        CLOSE_AFTER_FLUSH,
        CLOSE
    }

    /** One step: by which side, and how long a frame if it is one. */
    record Step(Kind kind, int side, int length) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                Tuple.of(30, Kind.WRITE),
                Tuple.of(10, Kind.CLAIM),
                Tuple.of(10, Kind.SEND),
                Tuple.of(4, Kind.PAUSE),
                Tuple.of(6, Kind.RESUME),
                Tuple.of(12, Kind.TURN),
                Tuple.of(4, Kind.IDLE),
                Tuple.of(1, Kind.SHUT_OUTPUT),
                Tuple.of(1, Kind.CLOSE_AFTER_FLUSH),
                Tuple.of(1, Kind.CLOSE));
        Arbitrary<Integer> lengths = Arbitraries.oneOf(
                Arbitraries.integers().between(1, 60), Arbitraries.integers().between(1, LONGEST));
        return Combinators.combine(kinds, Arbitraries.integers().between(0, 1), lengths)
                .as(Step::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(120);
    }

    @Property(tries = 600)
    void doesWhatListsAndFlagsDo(@ForAll("steps") List<Step> steps, @ForAll boolean keepsOpen) throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop, OPTIONS);
            ModelSide[] sides = {new ModelSide(pair[0], OPTIONS, 4_096), new ModelSide(pair[1], OPTIONS, 16_384)};
            for (int index = 0; index < 2; index++) {
                Native.setSendBuffer(pair[index].connection().fd(), 1); // so that room comes in small pieces
                sides[index].connect(sides[1 - index], keepsOpen);
            }
            for (Step step : steps) {
                take(loop, step, sides[step.side()]);
            }
            finish(loop, sides);
            assertEquals(List.of(), test.takeErrors());
        }
    }

    private static void take(EventLoop loop, Step step, ModelSide side) {
        switch (step.kind()) {
            case WRITE -> side.write(step.length());
            case CLAIM -> side.claim(step.length());
            case SEND -> side.send(Math.min(step.length(), side.sender.maxFrameLength()));
            case PAUSE -> side.pause();
            case RESUME -> side.resume();
            case TURN -> loop.poll(0);
            case IDLE -> Await.idle(loop);
            case SHUT_OUTPUT -> side.shutdownOutput();
            case CLOSE_AFTER_FLUSH -> side.closeAfterFlush();
            default -> side.close();
        }
    }

    /** Lets everything arrive, ends what is open, and compares the books. */
    private static void finish(EventLoop loop, ModelSide[] sides) {
        for (ModelSide side : sides) {
            side.resume();
        }
        Await.idle(loop);
        if (!sides[0].outputEnded && !sides[1].outputEnded) {
            assertEverythingArrived(sides);
        }
        for (ModelSide side : sides) { // both have heard everything by now
            side.pipe.closeAfterFlush();
            side.outputEnded = true;
            Await.idle(loop);
        }
        for (int index = 0; index < 2; index++) {
            assertTrue(sides[index].closeTold, "no close was told: " + sides[index].pipe);
            assertBooks(sides[index], sides[1 - index]);
        }
    }

    private static void assertEverythingArrived(ModelSide[] sides) {
        for (int index = 0; index < 2; index++) {
            ModelSide side = sides[index];
            assertEquals(side.acceptedFrames(), sides[1 - index].receivedFrames(), "lost: " + side.pipe);
            assertEquals(0, side.sender.queuedBytes());
            assertEquals(0, side.pipe.stats().queuedBytes());
            assertEquals(false, side.toldToWait, "the drain is missing: " + side.pipe);
        }
    }

    /** From one side to the other: counters, loss, and the cause of the end. */
    private static void assertBooks(ModelSide from, ModelSide to) {
        PipeStats out = from.pipe.stats();
        PipeStats in = to.pipe.stats();
        assertEquals(from.acceptedFrames(), out.framesOut());
        assertEquals(to.receivedFrames(), in.framesIn());
        assertEquals(0, out.queuedBytes());
        assertTrue(out.maxQueuedBytes() <= OPTIONS.maxQueuedBytes() + OPTIONS.maxFrameLength() + 2 * 16_384);
        if (from.accepted.get(1).isEmpty()) { // frames of the sender are refused and stall by themselves
            assertEquals(from.refused, out.refusedWrites());
            assertEquals(from.stalls, out.stalls());
        }
        if (!to.closedEarly) {
            assertEquals(from.sentBytes(), in.bytesIn(), "all that was sent was read");
            assertCause(from, to);
        }
    }

    /** What was told to a side that has read to the end. */
    private static void assertCause(ModelSide from, ModelSide to) {
        long cut = from.sentBytes() - to.receivedBytes;
        if (cut > 0) {
            TruncatedFrameException cause = assertInstanceOf(TruncatedFrameException.class, to.cause);
            assertEquals(cut, cause.gotBytes());
            assertTrue(cause.wantedBytes() > cut);
        } else if (to.pipe.stats().unsentBytes() == 0 && from.pipe.stats().bytesIn() == to.sentBytes()) {
            assertNull(to.cause, "nothing was lost either way");
        } else if (to.cause != null) { // the other side closed with our bytes unread, or while we wrote
            assertInstanceOf(NativeIoException.class, to.cause);
        }
    }
}
