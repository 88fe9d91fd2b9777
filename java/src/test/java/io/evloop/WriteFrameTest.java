package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a frame that is written. */
class WriteFrameTest {

    private static final int FRAME = 1000;
    private static final int KIB = 1024;

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        PipeOptions options = PipeOptions.builder()
                .maxFrameLength(512 * KIB)
                .lowWater(64 * KIB)
                .highWater(256 * KIB)
                .maxQueuedBytes(1024 * KIB)
                .build();
        peered = PeeredPipe.adopt(loop, options).pushed().drained();
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    @Test
    void aFrameHasChannelAndLengthInFrontInNetworkOrder() throws Exception {
        assertEquals(WriteResult.OK, pipe.writeFrame(0x0102, new byte[] {9, 8, 7, 6}, 1, 2));
        assertEquals(WriteResult.OK, pipe.writeFrame(65535, ByteBuffer.wrap(new byte[300])));
        Await.idle(loop);
        assertArrayEquals(new byte[] {1, 2, 0, 0, 0, 2, 8, 7}, peered.peer().read(8));
        assertArrayEquals(new byte[] {-1, -1, 0, 0, 1, 44}, peered.peer().read(6));
        assertArrayEquals(new byte[300], peered.peer().read(300));
    }

    @Test
    void theRemainingBytesOfAnyBufferAreWrittenAndItsPositionAdvances() throws Exception {
        byte[] bytes = "__payload__".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        ByteBuffer heap = ByteBuffer.wrap(bytes);
        for (ByteBuffer source : List.of(heap, heap.asReadOnlyBuffer(), direct, heap.duplicate(), heap.slice())) {
            source.order(ByteOrder.LITTLE_ENDIAN).position(2).limit(9);
            assertEquals(WriteResult.OK, pipe.writeFrame(7, source));
            assertEquals(9, source.position());
            Await.idle(loop);
            assertArrayEquals(Frames.frame(7, "payload"), peered.peer().read(13));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, FRAME, 300 * KIB, 512 * KIB})
    void thePayloadIsCopiedAndMayChangeAtOnce(int length) throws Exception {
        byte[] payload = Frames.pattern(5, length);
        ByteBuffer source = ByteBuffer.allocateDirect(length).put(payload).flip();
        assertTrue(pipe.writeFrame(7, source).isAccepted());
        assertEquals(length, source.position());
        source.clear().put(new byte[length]);
        assertArrayEquals(Frames.frame(7, payload), peered.peerReads(6 + length));
    }

    @Test
    void framesOfAllSizesKeepTheirOrder() throws Exception {
        byte[][] frames = new byte[6][];
        for (int index = 0; index < frames.length; index++) {
            int length = index % 2 == 0 ? 10 : 150 * KIB;
            frames[index] = Frames.frame(index, Frames.pattern(index, length));
            ByteBuffer source = ByteBuffer.allocateDirect(length).put(frames[index], 6, length);
            assertTrue(pipe.writeFrame(index, source.flip()).isAccepted());
        }
        byte[] expected = Frames.concat(frames);
        assertArrayEquals(expected, peered.peerReads(expected.length));
    }

    @Test
    void writesFromInsideHandlersKeepTheirOrder() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            from.writeFrame(1, payload.duplicate());
            from.writeFrame(2, payload);
        });
        peered.peer().write(Frames.concat(Frames.frame(9, "a"), Frames.frame(9, "b")));
        Await.idle(loop);
        assertArrayEquals(
                Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "a"), Frames.frame(1, "b"), Frames.frame(2, "b")),
                peered.peer().read(28));
    }

    @Test
    void aChannelOutOfRangeIsAnIllegalArgument() throws Exception {
        assertRefused(-1, 1);
        assertRefused(65536, 1);
        assertRefused(Integer.MIN_VALUE, 1);
        assertNothingWasQueued();
    }

    @Test
    void aLengthOutOfRangeIsAnIllegalArgument() throws Exception {
        assertRefused(7, 0);
        assertRefused(7, 512 * KIB + 1);
        assertNothingWasQueued();
    }

    private void assertRefused(int channelId, int length) {
        ByteBuffer payload = ByteBuffer.allocate(length);
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(channelId, payload));
        assertEquals(0, payload.position());
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(channelId, payload.array(), 0, length));
        assertThrows(IllegalArgumentException.class, () -> pipe.claim(channelId, length));
    }

    private void assertNothingWasQueued() throws Exception {
        assertEquals(0, pipe.stats().framesOut());
        assertEquals(WriteResult.OK, pipe.writeFrame(7, ByteBuffer.wrap(new byte[] {'x'})));
        Await.idle(loop);
        assertArrayEquals(Frames.frame(7, "x"), peered.peer().readSome(100));
    }

    @Test
    void aRangeOutsideTheArrayIsRefused() throws Exception {
        byte[] payload = new byte[10];
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(7, payload, 5, 6));
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(7, payload, -1, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(7, payload, 0, -1));
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(7, payload, 2, Integer.MAX_VALUE));
        assertNothingWasQueued();
    }

    @Test
    @ExactCalls("a socket that takes nothing for one that is full")
    void aboveTheHighWaterMarkAFrameIsStillAcceptedAndOneDrainFollows() throws Exception {
        int accepted = 0;
        while (pipe.stats().stalls() == 0) {
            if (pipe.writeFrame(7, ByteBuffer.wrap(numbered(accepted++))) != WriteResult.OK
                    && pipe.stats().stalls() == 0) {
                Await.idle(loop); // the share of this turn is used, but not for want of room
                peered.takeHeard();
            }
        }
        assertEquals(WriteResult.ABOVE_HIGH_WATER, pipe.writeFrame(7, ByteBuffer.wrap(numbered(accepted++))));
        Await.idle(loop);
        assertEquals(List.of(), peered.heard(), "a drain though nobody has read");
        assertAllArrive(accepted);
        assertEquals(List.of("drain"), peered.takeHeard());
        assertEquals(1, pipe.stats().stalls());
        assertEquals(WriteResult.OK, pipe.writeFrame(7, ByteBuffer.wrap(numbered(0))));
    }

    @Test
    @ExactCalls("the bytes of one turn, and the turns to the drain")
    void aWriterThatFindsRoomForEverIsSentBackToItsLoopAndGoesOnInTheNextTurn() throws Exception {
        int highWater = 256 * KIB;
        for (int turn = 1; turn <= 5; turn++) {
            long before = pipe.stats().bytesOut();
            int accepted = 0;
            while (pipe.writeFrame(7, ByteBuffer.wrap(numbered(accepted++))) == WriteResult.OK) {
                peered.peer().readAvailable();
            }
            long written = pipe.stats().bytesOut() - before;
            assertTrue(written > highWater - FRAME && written <= highWater + 6 + FRAME, written + " bytes in one turn");
            loop.poll(0);
            loop.poll(0);
            assertEquals(List.of("drain"), peered.takeHeard(), "in turn " + turn);
        }
        assertEquals(0, pipe.stats().stalls());
    }

    @Test
    void largeFramesThatBypassTheQueueCountTowardsTheShareOfATurnToo() throws Exception {
        ByteBuffer large = ByteBuffer.allocateDirect(300 * KIB);
        peered.peer().readAvailable();
        assertEquals(WriteResult.ABOVE_HIGH_WATER, pipe.writeFrame(7, large));
        Await.turns(loop, "the drain", () -> {
            try {
                peered.peer().readAvailable();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return peered.heard().equals(List.of("drain"));
        });
    }

    @Test
    @ExactCalls("that one write takes a frame whole")
    void largeFramesThatTheKernelTakesWholeCountTowardsTheShareOfATurnToo() throws Exception {
        int fd = pipe.connection().fd();
        Native.setSendBuffer(fd, 2048 * KIB);
        assumeTrue(Native.sendBuffer(fd) > 1024 * KIB, "the system grants no larger buffer");
        assertEquals(WriteResult.ABOVE_HIGH_WATER, pipe.writeFrame(7, ByteBuffer.allocateDirect(300 * KIB)));
        assertEquals(0, pipe.stats().queuedBytes());
        Await.idle(loop);
        assertEquals(List.of("drain"), peered.takeHeard());
        assertEquals(0, pipe.stats().stalls());
    }

    @Test
    void eachCrossingOfTheHighWaterMarkHasItsDrain() throws Exception {
        for (int crossing = 0; crossing < 3; crossing++) {
            assertAllArrive(writeUntil(WriteResult.ABOVE_HIGH_WATER));
            assertEquals(List.of("drain"), peered.takeHeard());
        }
    }

    @Test
    void belowTheHighWaterMarkThereIsNoDrain() throws Exception {
        pipe.writeFrame(7, ByteBuffer.wrap(numbered(0)));
        assertAllArrive(1);
        assertEquals(List.of(), peered.heard());
    }

    // correction 4, row 15
    @Test
    void aFrameThatIsFullLeavesNoTraceAndOneDrainFollows() throws Exception {
        int accepted = writeUntil(WriteResult.FULL);
        long framesOut = pipe.stats().framesOut();
        ByteBuffer refused = ByteBuffer.wrap(numbered(accepted));
        assertEquals(WriteResult.FULL, pipe.writeFrame(7, refused));
        assertEquals(0, refused.position());
        assertEquals(WriteResult.FULL, pipe.writeFrame(7, refused.array(), 0, FRAME));
        assertNull(pipe.claim(7, FRAME));
        assertEquals(framesOut, pipe.stats().framesOut());
        assertEquals(accepted, framesOut);
        assertTrue(pipe.stats().maxQueuedBytes() <= 1024 * KIB, pipe.stats()::toString);
        Await.idle(loop);
        assertEquals(List.of(), peered.heard(), "a drain though nobody has read");
        assertAllArrive(accepted);
        assertEquals(List.of("drain"), peered.takeHeard());
        assertEquals(WriteResult.OK, pipe.writeFrame(7, refused));
    }

    // row 53
    @Test
    void aFrameAsLongAsMayBeRefusedWhileLittleIsQueuedIsAcceptedAfterItsDrain() throws Exception {
        int accepted = writeUntil(WriteResult.FULL);
        ByteBuffer longest = ByteBuffer.allocate(512 * KIB);
        List<WriteResult> atDrain = new ArrayList<>();
        pipe.onDrain(from -> atDrain.add(from.writeFrame(8, longest)));
        assertEquals(WriteResult.FULL, pipe.writeFrame(8, longest));
        peered.peerReads(accepted * (6 + FRAME));
        Await.idle(loop);
        assertEquals(List.of(WriteResult.ABOVE_HIGH_WATER), atDrain);
    }

    @Test
    void whatAClosedPipeHadQueuedCountsNoMoreTowardsTheBoundOfTheLoop() throws Exception {
        EventLoopOptions.Builder options = EventLoopOptions.builder().maxQueuedBytes(4096 * KIB);
        try (TestLoop bounded = TestLoop.open(options);
                PeeredPipe first = PeeredPipe.adopt(bounded.loop());
                PeeredPipe second = PeeredPipe.adopt(bounded.loop()).pushed().drained()) {
            ByteBuffer payload = ByteBuffer.allocateDirect(512 * KIB);
            while (first.pipe().writeFrame(7, payload.clear()).isAccepted()) {
                continue;
            }
            second.pipe().writeFrame(7, payload.clear());
            assertEquals(WriteResult.FULL, second.pipe().writeFrame(7, payload.clear()));
            Await.idle(bounded.loop());
            assertEquals(List.of(), second.heard());
            first.pipe().close();
            Await.idle(bounded.loop());
            assertEquals(List.of("drain"), second.heard());
            assertTrue(second.pipe().writeFrame(7, payload.clear()).isAccepted());
        }
    }

    @Test
    void aClosedPipeTakesNothing() throws Exception {
        pipe.close();
        assertClosed();
        peered.awaitClose();
        assertClosed();
    }

    @Test
    void aPipeWhosePeerIsGoneTakesNothing() throws Exception {
        peered.peer().close();
        peered.awaitClose();
        assertClosed();
    }

    private void assertClosed() {
        ByteBuffer payload = ByteBuffer.wrap(new byte[FRAME]);
        assertEquals(WriteResult.CLOSED, pipe.writeFrame(7, payload));
        assertEquals(0, payload.position());
        assertEquals(WriteResult.CLOSED, pipe.writeFrame(7, payload.array(), 0, FRAME));
        assertNull(pipe.claim(7, FRAME));
        assertEquals(0, pipe.stats().framesOut());
    }

    // row 21
    @Test
    void aWriteInsideOnCloseIsClosed() throws Exception {
        List<WriteResult> results = new ArrayList<>();
        pipe.onClose((from, cause) -> results.add(from.writeFrame(7, ByteBuffer.wrap(new byte[FRAME]))));
        pipe.close();
        Await.idle(loop);
        assertEquals(List.of(WriteResult.CLOSED), results);
    }

    // the frames of these tests ----------------------------------------------------------------------------------

    /** Writes numbered frames until one has this result; how many were accepted. */
    private int writeUntil(WriteResult wanted) {
        for (int number = 0; ; number++) {
            WriteResult result = pipe.writeFrame(7, ByteBuffer.wrap(numbered(number)));
            if (result == wanted) {
                return result.isAccepted() ? number + 1 : number;
            }
            assertTrue(result.isAccepted(), "frame " + number + " is " + result);
        }
    }

    private static byte[] numbered(int number) {
        return ByteBuffer.allocate(FRAME).putInt(number).array();
    }

    /** Reads the numbered frames, while the loop turns. */
    private void assertAllArrive(int count) throws Exception {
        byte[] got = peered.peerReads(count * (6 + FRAME));
        for (int number = 0; number < count; number++) {
            assertEquals(number, ByteBuffer.wrap(got).getInt(number * (6 + FRAME) + 6));
        }
        Await.idle(loop);
    }
}
