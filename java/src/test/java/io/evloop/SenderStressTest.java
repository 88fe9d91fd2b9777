package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.LoopThread;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Eight threads that write into one pipe, from one loop to another, each frame with a number and a checksum. */
class SenderStressTest {

    private static final int WRITERS = 8;
    private static final int FRAMES = 10_000;
    private static final int MAX_PAYLOAD = 1_500;
    private static final long DEADLINE_NANOS = 30_000_000_000L;

    /** Queues so small that the writers wait most of the time. */
    private static final PipeOptions TIGHT = PipeOptions.builder()
            .maxFrameLength(MAX_PAYLOAD)
            .highWater(32_000)
            .lowWater(8_000)
            .maxQueuedBytes(40_000)
            .build();

    private LoopThread near;
    private LoopThread far;
    private Pipe pipe;
    private final long[] arrived = new long[WRITERS];
    private final CompletableFuture<PipeStats> nearClosed = new CompletableFuture<>();
    private final CompletableFuture<Throwable> farClosed = new CompletableFuture<>();
    private final AtomicLong accepted = new AtomicLong();

    @BeforeEach
    void open() throws Exception {
        near = LoopThread.start("near");
        far = LoopThread.start("far");
        Pipe[] pair = near.call(() -> Pipe.pair(near.loop(), far.loop(), TIGHT));
        pipe = pair[0];
        near.call(() -> pipe.onClose((closed, cause) -> nearClosed.complete(closed.stats())));
        far.call(() -> pair[1].onFrame(this::check).onClose((closed, cause) -> farClosed.complete(cause)));
    }

    @AfterEach
    void close() throws Exception {
        near.close();
        far.close();
    }

    /** On the far loop: the frame is whole, and the next of its thread. What is thrown here ends the pipe. */
    private void check(Pipe from, int channelId, ByteBuffer payload) {
        CRC32 crc = new CRC32();
        crc.update(payload.slice(payload.position(), payload.remaining() - Long.BYTES));
        long number = payload.getLong();
        assertEquals(crc.getValue(), payload.getLong(payload.limit() - Long.BYTES), "checksum");
        assertEquals(arrived[channelId], number, "of thread " + channelId);
        arrived[channelId]++;
    }

    /** A sender, and how its writers wait for room. */
    private static final class Way {
        private final Sender sender;
        private long drains;

        Way(Sender sender) {
            this.sender = sender.onDrain(drained -> told());
        }

        private synchronized void told() {
            drains++;
            notifyAll();
        }

        private synchronized long drains() {
            return drains;
        }

        /** Waits for a drain after the {@code seen}th. */
        private synchronized void await(long seen) throws InterruptedException {
            long start = System.nanoTime();
            while (drains == seen) {
                assertTrue(System.nanoTime() - start < DEADLINE_NANOS, "no drain came: " + sender);
                wait(100);
            }
        }
    }

    private static ByteBuffer frame(ByteBuffer memory, Random random, long number) {
        int length = 2 * Long.BYTES + random.nextInt(random.nextInt(20) == 0 ? MAX_PAYLOAD - 16 : 100);
        memory.clear().limit(length);
        memory.putLong(0, number);
        for (int index = Long.BYTES; index < length - Long.BYTES; index++) {
            memory.put(index, (byte) (number * 31 + index));
        }
        CRC32 crc = new CRC32();
        crc.update(memory.slice(0, length - Long.BYTES));
        return memory.putLong(length - Long.BYTES, crc.getValue());
    }

    /** One writer: frames with the numbers from 0 to below {@code count}, or until the pipe is closed. */
    private void write(Way way, int channelId, long count) throws InterruptedException {
        Random random = new Random(channelId);
        ByteBuffer memory =
                channelId % 2 == 0 ? ByteBuffer.allocate(MAX_PAYLOAD) : ByteBuffer.allocateDirect(MAX_PAYLOAD);
        long number = 0;
        while (number < count) {
            long seen = way.drains();
            ByteBuffer frame = frame(memory, random, number);
            WriteResult result = way.sender.writeFrame(channelId, frame);
            while (result == WriteResult.FULL) {
                way.await(seen);
                seen = way.drains();
                result = way.sender.writeFrame(channelId, frame);
            }
            if (result == WriteResult.CLOSED) {
                return;
            }
            assertEquals(0, frame.remaining());
            number++;
            accepted.incrementAndGet();
            if (result == WriteResult.ABOVE_HIGH_WATER && random.nextBoolean()) {
                way.await(seen);
            }
        }
    }

    private void writeUntilInterrupted(Way way, int channelId, long count) {
        try {
            write(way, channelId, count);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the test has no more use for it
        }
    }

    private List<Background> writers(List<Way> ways, long count) {
        List<Background> writers = new ArrayList<>();
        for (int index = 0; index < WRITERS; index++) {
            int channelId = index;
            writers.add(Background.run(
                    "writer-" + index,
                    () -> writeUntilInterrupted(ways.get(channelId % ways.size()), channelId, count)));
        }
        return writers;
    }

    private List<Way> ways(int count, int capacity) throws Exception {
        List<Way> ways = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            ways.add(near.call(() -> new Way(pipe.sender(capacity))));
        }
        return ways;
    }

    private long total() throws Exception {
        return far.call(() -> {
            long sum = 0;
            for (long frames : arrived) {
                sum += frames;
            }
            return sum;
        });
    }

    private Throwable causeOfFarClose() throws Exception {
        return farClosed.get(30, TimeUnit.SECONDS);
    }

    /** Of the near end, once they change no more: the far end may hear of the close before what is unsent is counted. */
    private PipeStats lastStats() throws Exception {
        return nearClosed.get(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, WRITERS})
    void everyFrameArrivesOnceAndInTheOrderOfItsThread(int senders) throws Exception {
        for (Background writer : writers(ways(senders, 8_192), FRAMES)) {
            writer.close();
        }
        near.call(() -> {
            pipe.closeAfterFlush();
            return null;
        });
        assertNull(causeOfFarClose());
        assertEquals((long) WRITERS * FRAMES, total());
        assertEquals((long) WRITERS * FRAMES, accepted.get());
        assertEquals((long) WRITERS * FRAMES, lastStats().framesOut());
        assertEquals(0, lastStats().unsentFrames());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWasAcceptedBeforeTheOutputEndedIsDelivered(boolean halfClose) throws Exception {
        List<Background> writers = writers(ways(3, 8_192), Long.MAX_VALUE);
        Await.until("some frames of all", () -> accepted.get() > FRAMES);
        near.call(() -> {
            if (halfClose) {
                pipe.shutdownOutput();
            } else {
                pipe.closeAfterFlush();
            }
            return null;
        });
        assertNull(causeOfFarClose());
        finishAfterTheEnd(writers);
        assertEquals(accepted.get(), total());
        pipe.close(); // half-closed so far, perhaps
        assertEquals(accepted.get(), lastStats().framesOut());
        assertEquals(0, lastStats().unsentFrames());
    }

    @Test
    void whatIsLeftAtACloseIsCountedAsUnsent() throws Exception {
        List<Background> writers = writers(ways(3, 8_192), Long.MAX_VALUE);
        Await.until("some frames of all", () -> accepted.get() > FRAMES);
        pipe.close();
        causeOfFarClose(); // perhaps inside a frame
        finishAfterTheEnd(writers);
        PipeStats stats = lastStats();
        assertEquals(accepted.get(), stats.framesOut());
        assertEquals(stats.framesOut() - stats.unsentFrames(), total());
    }

    /** A writer that waits for a drain is woken by nothing but this: there will be none. */
    private static void finishAfterTheEnd(List<Background> writers) throws Exception {
        for (Background writer : writers) {
            writer.thread().interrupt();
        }
        for (Background writer : writers) {
            writer.close();
        }
    }
}
