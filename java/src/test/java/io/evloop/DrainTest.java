package io.evloop;

import static io.evloop.WriteResult.ABOVE_HIGH_WATER;
import static io.evloop.WriteResult.CLOSED;
import static io.evloop.WriteResult.FULL;
import static io.evloop.WriteResult.OK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** High water, low water and the cap of one pipe, and who is told when. */
class DrainTest {

    private static final int HIGH = 60_000;
    private static final int LOW = 20_000;
    private static final int CAP = 100_000;
    private static final int PAYLOAD = 994;
    private static final int FRAME = PAYLOAD + 6;

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;
    private Reader reader;
    private final List<Long> drainedAt = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(
                loop,
                PipeOptions.builder()
                        .maxFrameLength(CAP - 6)
                        .highWater(HIGH)
                        .lowWater(LOW)
                        .maxQueuedBytes(CAP)
                        .build());
        pipe = peered.pipe();
        Native.setSendBuffer(pipe.connection().fd(), 1); // so that room comes in small pieces
        pipe.onDrain(any -> drainedAt.add(pipe.stats().queuedBytes()));
        reader = new Reader(peered.peer());
        while (pipe.stats().queuedBytes() == 0) { // the kernel takes no more
            write();
            Await.idle(loop);
        }
        drainedAt.clear();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    private WriteResult write() {
        return write(PAYLOAD);
    }

    private WriteResult write(int length) {
        return pipe.writeFrame(5, new byte[length], 0, length);
    }

    private long queued() {
        return pipe.stats().queuedBytes();
    }

    private void writeUntil(WriteResult wanted) {
        while (write() != wanted) {
            continue;
        }
    }

    /** Reads what is there and takes turns, until nothing is queued. */
    private void drainAll() {
        Await.turns(loop, "an empty queue", () -> {
            reader.readAll();
            return queued() == 0;
        });
        Await.idle(loop);
    }

    @Test
    void isOkUpToHighWaterAndAboveItUpToTheCap() {
        WriteResult result;
        do {
            long before = queued();
            result = write();
            switch (result) {
                case OK -> assertTrue(queued() >= before + FRAME && queued() <= HIGH);
                case ABOVE_HIGH_WATER -> assertTrue(queued() > HIGH && queued() <= CAP);
                default -> assertTrue(queued() == before && before > CAP - 2 * FRAME);
            }
        } while (result.isAccepted());
        assertEquals(FULL, result);
        assertEquals(1, pipe.stats().stalls());
        assertEquals(1, pipe.stats().refusedWrites());
    }

    @Test
    void theRestOfASegmentTookTheQueueBeyondItsCap() {
        int[] lengths = {40_000, 55_000, 4_000, 33_000, 21_000, 9_000, 60_000};
        for (int round = 0; round < 50; round++) {
            write(lengths[round % lengths.length]);
            assertTrue(queued() <= CAP, "queued " + queued());
            if (round % 8 == 7) {
                drainAll();
            }
        }
        assertTrue(pipe.stats().refusedWrites() > 0);
        drainAll();
        assertTrue(pipe.stats().maxQueuedBytes() <= CAP, pipe.stats().toString());
    }

    @Test
    void drainsOnceForEachCrossing() {
        for (int crossing = 1; crossing <= 3; crossing++) {
            writeUntil(ABOVE_HIGH_WATER);
            write();
            write();
            Await.idle(loop);
            assertEquals(crossing - 1, drainedAt.size());
            drainAll();
            assertEquals(crossing, drainedAt.size());
            assertEquals(crossing, pipe.stats().stalls());
        }
        assertEquals(OK, write());
        drainAll();
        assertEquals(3, drainedAt.size(), "nobody was told to wait since");
    }

    @Test
    void drainsAtLowWaterAndNotBefore() {
        writeUntil(FULL);
        long lowest = CAP;
        while (drainedAt.isEmpty()) {
            assertTrue(queued() > LOW || lowest > LOW, "not drained at " + lowest);
            lowest = queued();
            reader.readSome(FRAME);
            loop.poll(0);
        }
        assertEquals(1, drainedAt.size());
        assertTrue(drainedAt.get(0) <= LOW, "drained at " + drainedAt);
    }

    @Test
    void aLargeFrameAboveHighWaterDrainsWhenNothingOfItIsLeftAndSmallOnesAtLowWaterAgain() throws Exception {
        try (PeeredPipe own = PeeredPipe.adopt(loop)) {
            PipeStats stats = own.pipe().stats();
            List<Long> drained = new ArrayList<>();
            own.pipe().onDrain(any -> drained.add(stats.queuedBytes()));
            assertEquals(ABOVE_HIGH_WATER, own.pipe().writeFrame(1, ByteBuffer.allocateDirect(2 << 20)));
            readDown(own, 256 << 10);
            assertEquals(List.of(), drained);
            readDown(own, 0);
            assertEquals(List.of(0L), drained);
            while (own.pipe().writeFrame(1, new byte[PAYLOAD], 0, PAYLOAD) == OK) {
                continue;
            }
            readDown(own, 256 << 10);
            assertEquals(2, drained.size());
            assertTrue(drained.get(1) > 0);
        }
    }

    /** Reads until no more than so many bytes are queued, and some are unless that is 0. */
    private void readDown(PeeredPipe own, long queuedBytes) throws Exception {
        while (own.pipe().stats().queuedBytes() > queuedBytes) {
            own.peer().readSome(32 << 10);
            Await.idle(loop);
        }
        assertEquals(queuedBytes > 0, own.pipe().stats().queuedBytes() > 0);
    }

    @Test
    void betweenTheMarksItStaysAboveHighWaterUntilTheDrain() {
        writeUntil(ABOVE_HIGH_WATER);
        Await.turns(loop, "room below high water", () -> {
            reader.readSome(FRAME);
            return queued() + FRAME <= HIGH;
        });
        assertTrue(queued() > LOW);
        assertEquals(ABOVE_HIGH_WATER, write(1), "the drain is still to come");
        assertEquals(1, pipe.stats().stalls());
        drainAll();
        assertEquals(1, drainedAt.size());
        assertEquals(OK, write(1));
    }

    @Test
    void fullLeavesNoTrace() {
        writeUntil(FULL);
        PipeStats stats = pipe.stats();
        String before = stats.toString();
        long refused = stats.refusedWrites();
        ByteBuffer heap = ByteBuffer.allocate(5_000).position(100).limit(4_000);
        ByteBuffer direct = ByteBuffer.allocateDirect(CAP - 6);
        assertEquals(FULL, pipe.writeFrame(1, heap));
        assertEquals(FULL, pipe.writeFrame(1, direct));
        assertEquals(FULL, pipe.writeFrame(1, new byte[3_000], 10, 2_000));
        assertNull(pipe.claim(1, 2_000));
        assertEquals(List.of(100, 4_000, 0), List.of(heap.position(), heap.limit(), direct.position()));
        assertEquals(refused + 4, stats.refusedWrites());
        assertEquals(before.replace("refusedWrites=" + refused, "refusedWrites=" + (refused + 4)), stats.toString());
        drainAll();
        assertEquals(1, drainedAt.size());
        assertEquals(stats.framesOut(), reader.frames().size());
        assertTrue(reader.frames().stream().allMatch(frame -> frame.channelId() == 5));
    }

    @Test
    void aRefusalBelowHighWaterIsDrainedOnceTheFrameWouldFit() {
        Await.turns(loop, "a short queue", () -> {
            reader.readSome(FRAME);
            return queued() > 0 && queued() < LOW;
        });
        while (queued() < LOW / 2) { // the kernel had taken more meanwhile
            write(100);
        }
        Await.idle(loop);
        assertEquals(FULL, write(CAP - 6));
        Quiet.assertQuiet(loop);
        assertEquals(List.of(), drainedAt, "it would still not fit");
        drainAll();
        assertEquals(List.of(0L), drainedAt);
        assertTrue(write(CAP - 6).isAccepted());
    }

    @Test
    void aClaimObeysTheSameCaps() {
        writeUntil(ABOVE_HIGH_WATER);
        pipe.claim(1, PAYLOAD);
        assertEquals(ABOVE_HIGH_WATER, pipe.commit());
        while (pipe.claim(1, PAYLOAD) != null) {
            pipe.commit();
        }
        assertTrue(queued() <= CAP && queued() + FRAME > CAP, "queued " + queued());
        assertEquals(FULL, write());
        drainAll();
        assertEquals(1, drainedAt.size());
        pipe.claim(1, PAYLOAD);
        assertEquals(OK, pipe.commit());
    }

    @Test
    void aClaimThatWasRefusedIsDrained() {
        assertNull(pipe.claim(1, CAP - 6));
        drainAll();
        assertEquals(1, drainedAt.size());
    }

    // row 21
    @Test
    void aDrainHandlerWritesOnInOrder() {
        int[] next = {0};
        pipe.onDrain(any -> {
            drainedAt.add(queued());
            while (next[0] < 2_000 && pipe.writeFrame(next[0], new byte[PAYLOAD], 0, PAYLOAD) == OK) {
                next[0]++;
            }
            next[0]++;
        });
        writeUntil(FULL);
        long before = pipe.stats().framesOut();
        Await.turns(loop, "the last frame", () -> {
            reader.readAll();
            return next[0] >= 2_000 && queued() == 0;
        });
        reader.readAll();
        List<Reader.Arrived> frames = reader.frames();
        assertEquals(pipe.stats().framesOut(), frames.size());
        for (int index = 0; index < 2_000; index++) {
            assertEquals(index, frames.get((int) before + index).channelId());
        }
        assertEquals(pipe.stats().stalls(), drainedAt.size());
    }

    @Test
    void aPipeThatIsClosedDrainsNoMore() {
        writeUntil(FULL);
        pipe.close();
        reader.readAll();
        assertNull(peered.awaitClose());
        Await.idle(loop);
        assertEquals(List.of(), drainedAt);
        assertEquals(CLOSED, write());
    }

    @Test
    void whoWasToldThatItIsClosedHearsOfNoRoom() {
        Sender sender = pipe.sender(2 * CAP);
        byte[] payload = new byte[PAYLOAD];
        for (int count = 0; count <= HIGH / FRAME; count++) {
            assertTrue(sender.writeFrame(1, payload, 0, PAYLOAD).isAccepted());
        }
        Await.idle(loop);
        assertTrue(pipe.stats().queuedBytes() > HIGH, pipe::toString);
        pipe.shutdownOutput();
        assertEquals(CLOSED, write());
        assertNull(pipe.claim(1, PAYLOAD));
        drainAll();
        assertEquals(List.of(), drainedAt);
    }

    @Test
    void aConnectionObeysTheSameMarks() throws Exception {
        List<Long> drained = new ArrayList<>();
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket peer = pair[1]) {
            Connection connection = loop.adopt(pair[0].release(), 0, new ConnectionHandler() {
                @Override
                public void onReadable(Connection from) {}

                @Override
                public void onDrain(Connection from) {
                    drained.add(from.stats().queuedBytes());
                }
            });
            byte[] piece = Frames.pattern(1, 50_000);
            ByteBuffer source = ByteBuffer.wrap(piece);
            while (connection.write(source.rewind()) != FULL) {
                continue;
            }
            assertEquals(0, source.position(), "nothing was taken");
            assertTrue(connection.stats().queuedBytes() > 64 << 20 - 1 << 20);
            Reader far = new Reader(peer);
            Await.turns(loop, "the drain", () -> far.readAll() >= 0 && !drained.isEmpty());
            Await.turns(
                    loop,
                    "the rest",
                    () -> far.readAll() >= 0 && connection.stats().queuedBytes() == 0);
            far.readAll();
            assertEquals(1, drained.size());
            assertTrue(drained.get(0) <= 256 * 1024);
            assertEquals(connection.stats().bytesOut(), far.count());
        }
    }
}
