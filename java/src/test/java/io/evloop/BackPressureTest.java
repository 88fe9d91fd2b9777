package io.evloop;

import static io.evloop.WriteResult.FULL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.DirectMemory;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Output that the kernel does not take, or not all at once. */
class BackPressureTest {

    private static final int MEBIBYTE = 1024 * 1024;

    private static final PipeOptions SMALL = PipeOptions.builder()
            .maxFrameLength(128 * 1024)
            .highWater(MEBIBYTE)
            .lowWater(MEBIBYTE / 4)
            .maxQueuedBytes(4 * MEBIBYTE)
            .build();

    private static PeeredPipe withTinySendBuffer(EventLoop loop, PipeOptions options) throws Exception {
        PeeredPipe peered = PeeredPipe.adopt(loop, options);
        Native.setSendBuffer(peered.pipe().connection().fd(), 1);
        return peered;
    }

    /** Writes frames of this length until the kernel takes no more, and something is queued. */
    private static void block(Pipe pipe, int length) {
        ByteBuffer payload = ByteBuffer.allocate(length);
        while (pipe.stats().queuedBytes() == 0) {
            pipe.writeFrame(1, payload.rewind());
            Await.idle(pipe.connection().loop());
        }
    }

    /** A frame in one of the ways in which frames are written; the bytes that must arrive. */
    private static byte[] write(Pipe pipe, Random random, int number) {
        int length = 1 + random.nextInt(random.nextInt(100) == 0 ? 400_000 : 3_000);
        byte[] payload = Frames.pattern(number, length);
        WriteResult result = switch (number % 4) {
            case 0 -> pipe.writeFrame(number, payload, 0, length);
            case 1 -> pipe.writeFrame(number, ByteBuffer.wrap(payload));
            case 2 -> pipe.writeFrame(number, ByteBuffer.allocateDirect(length).put(0, payload));
            default -> {
                pipe.claim(number, length).put(payload);
                yield pipe.commit();
            }
        };
        assertTrue(result.isAccepted());
        return Frames.frame(number, payload);
    }

    // row 13
    @Test
    void shortWritesAnywhereLeaveTheStreamIntact() throws Exception {
        Random random = new Random(13);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = withTinySendBuffer(test.loop(), PipeOptions.DEFAULT)) {
            Pipe pipe = peered.pipe();
            Background reader = Background.run("reader", () -> {
                Random pieces = new Random(31);
                byte[] some;
                do {
                    some = peered.peer().readSome(1 + pieces.nextInt(3_000));
                    read.writeBytes(some);
                } while (some.length > 0);
            });
            for (int number = 0; number < 1_000; number++) {
                written.writeBytes(write(pipe, random, number));
                if (random.nextInt(3) == 0) {
                    test.loop().poll(0);
                }
            }
            pipe.closeAfterFlush();
            peered.awaitClose();
            reader.close();
            assertTrue(pipe.stats().blockedWrites() > 100, "short writes: " + pipe.stats());
        }
        assertArrayEquals(written.toByteArray(), read.toByteArray());
    }

    // row 14
    @Test
    @ExactCalls("the events that bring a write each")
    void eagainInTheMiddleOfAFrameWakesTheLoopForRoomAlone() throws Exception {
        byte[] payload = Frames.pattern(14, 30_000);
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = withTinySendBuffer(test.loop(), PipeOptions.DEFAULT)) {
            EventLoop loop = test.loop();
            Pipe pipe = peered.pipe();
            Reader reader = new Reader(peered.peer());
            pipe.writeFrame(9, payload, 0, payload.length);
            Await.idle(loop);
            assertTrue(pipe.stats().queuedBytes() > 0);
            assertEquals(1, pipe.stats().blockedWrites());
            Quiet.assertQuiet(loop); // no room: nothing is reported
            Await.turns(loop, "the frame", () -> {
                reader.readSome(1_000);
                return reader.count() == 6 + payload.length;
            });
            assertArrayEquals(Frames.frame(9, payload), reader.bytes());
            assertEquals(0, pipe.stats().queuedBytes());
            Await.idle(loop); // the room is reported once more, in vain
            Quiet.assertQuiet(loop); // there is room, and nobody wants to know
            assertTrue(pipe.stats().writes() > 3, "room was reported again and again: " + pipe.stats());
            assertEquals(pipe.stats().writes(), loop.stats().events(), "each event but the last brought one write");
        }
    }

    // row 15
    @Test
    void aReaderThatStopsFillsItsOwnQueueAndNoOther() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe stopped = PeeredPipe.adopt(test.loop(), SMALL);
                PeeredPipe other = PeeredPipe.adopt(test.loop(), SMALL)) {
            long memory = DirectMemory.usedBytes();
            byte[] payload = new byte[1_000];
            int aboveHighWater = 0;
            for (int number = 0; number < 10_000; number++) {
                WriteResult result = stopped.pipe().writeFrame(1, payload, 0, payload.length);
                assertTrue(result != FULL || aboveHighWater > 0, "high water comes first");
                aboveHighWater += result == WriteResult.ABOVE_HIGH_WATER ? 1 : 0;
                if (number % 1_000 == 0) {
                    assertEquals(WriteResult.OK, other.pipe().writeFrame(2, payload, 0, payload.length));
                    Await.idle(test.loop());
                    assertEquals(1_006, other.peer().read(1_006).length);
                }
            }
            PipeStats stats = stopped.pipe().stats();
            assertEquals(10_000, stats.framesOut() + stats.refusedWrites());
            assertTrue(stats.refusedWrites() > 1_000, stats.toString());
            assertEquals(1, stats.stalls());
            assertTrue(stats.maxQueuedBytes() <= SMALL.maxQueuedBytes(), stats.toString());
            DirectMemory.assertGrownByLessThan(SMALL.maxQueuedBytes() + MEBIBYTE, memory);
            assertEquals(0, other.pipe().stats().queuedBytes());
        }
    }

    // row 16
    @Test
    @ExactCalls("the socket that takes no more")
    void aFloodOfSingleBytesCountsItsHeadersTowardsTheCap() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), SMALL)) {
            Pipe pipe = peered.pipe();
            block(pipe, 10_000);
            long memory = DirectMemory.usedBytes();
            long queued = pipe.stats().queuedBytes();
            long count = 0;
            while (pipe.writeFrame(1, new byte[1], 0, 1) != FULL) {
                count++;
            }
            assertTrue(count * 7 <= SMALL.maxQueuedBytes() - queued, count + " frames");
            assertTrue(count * 7 >= SMALL.maxQueuedBytes() - queued - 2_000, count + " frames: overhead alone");
            DirectMemory.assertGrownByLessThan(SMALL.maxQueuedBytes() + MEBIBYTE, memory);
        }
    }

    // row 16
    @Test
    void theRoomThatSegmentsWasteCountsTowardsTheCap() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), SMALL)) {
            Pipe pipe = peered.pipe();
            block(pipe, 10_000);
            long memory = DirectMemory.usedBytes();
            long count = 0;
            while (pipe.writeFrame(1, new byte[66_000], 0, 66_000) != FULL) { // one of these to a segment of 128 KiB
                count++;
            }
            assertTrue(count * 66_006 < SMALL.maxQueuedBytes() * 6 / 10, count + " frames");
            assertTrue(pipe.stats().queuedBytes() > SMALL.maxQueuedBytes() - 2 * 131_200);
            DirectMemory.assertGrownByLessThan(SMALL.maxQueuedBytes() + MEBIBYTE, memory);
        }
    }

    // row 53
    @Test
    void aFrameOf64MebibytesRefusedForOneByteComesAfterTheDrain() throws Exception {
        ByteBuffer largest = ByteBuffer.allocate(64 * MEBIBYTE);
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).drained()) {
            EventLoop loop = test.loop();
            Pipe pipe = peered.pipe();
            block(pipe, 1);
            assertEquals(FULL, pipe.writeFrame(2, largest));
            assertEquals(0, largest.position());
            Await.idle(loop);
            Quiet.assertQuiet(loop);
            assertEquals(0, peered.takeHeard().size());
            peered.peer().read(7);
            Reader reader = new Reader(peered.peer());
            Await.turns(loop, "the drain", () -> {
                reader.readAll();
                return !peered.heard().isEmpty();
            });
            assertEquals(WriteResult.ABOVE_HIGH_WATER, pipe.writeFrame(2, largest));
            assertEquals(largest.limit(), largest.position());
            assertEquals(1, pipe.stats().refusedWrites());
        }
    }
}
