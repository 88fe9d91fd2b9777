package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.evloop.testing.LoopThread;
import io.evloop.testing.TestLoop;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Nothing is allocated on the Java heap per frame, by him who writes it and by him who gets it. */
class AllocationTest {

    private static final int WARM_UP = 200_000;
    private static final int MEASURED = 1_000_000;
    private static final int BATCH = 500;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** One side of a stream, measured by its own thread between the end of the warm-up and the last frame. */
    private static final class Meter {

        private final CountDownLatch done = new CountDownLatch(1);
        private int frames;
        private long allocatedAtStart;
        private volatile long allocated;

        void frame() {
            if (++frames == WARM_UP) {
                allocatedAtStart = THREADS.getCurrentThreadAllocatedBytes();
            } else if (frames == WARM_UP + MEASURED) {
                allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedAtStart;
                done.countDown();
            }
        }

        boolean isDone() {
            return frames == WARM_UP + MEASURED;
        }

        void assertNothingPerFrame(String side) throws InterruptedException {
            assertTrue(done.await(60, TimeUnit.SECONDS), side + " is still under way");
            assertTrue(allocated < MEASURED, side + ": " + allocated + " bytes for " + MEASURED + " frames");
        }
    }

    /** Writes for as long as it is let, again at each drain. */
    private static final class Writer {

        private final Pipe pipe;
        private final Meter meter = new Meter();
        private final ByteBuffer payload = ByteBuffer.allocateDirect(64);

        Writer(Pipe pipe) {
            this.pipe = pipe.onDrain(drained -> write());
        }

        void write() {
            WriteResult result = WriteResult.OK;
            while (result == WriteResult.OK && !meter.isDone()) {
                result = pipe.writeFrame(7, payload.clear());
                meter.frame();
            }
        }
    }

    @Test
    void neitherSideOfAStreamBetweenTwoThreadsAllocates() throws Exception {
        Meter reader = new Meter();
        try (LoopThread from = LoopThread.start("writer");
                LoopThread to = LoopThread.start("reader")) {
            Pipe[] pair = from.call(() -> Pipe.pair(from.loop(), to.loop()));
            to.call(() -> pair[1].onFrame((pipe, channelId, payload) -> reader.frame()));
            Writer writer = from.call(() -> new Writer(pair[0]));
            from.loop().execute(writer::write);
            reader.assertNothingPerFrame("the reader");
            writer.meter.assertNothingPerFrame("the writer");
        }
    }

    @Test
    void anEchoOfOneFrameAtATimeDoesNotAllocateThoughItBlocksEachTime() throws Exception {
        int roundTrips = 50_000;
        long[] allocated = new long[2];
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop);
            int[] received = new int[1];
            pair[0].onFrame((pipe, channelId, payload) -> {
                received[0]++;
                pipe.writeFrame(channelId, payload);
            });
            pair[1].onFrame((pipe, channelId, payload) -> pipe.writeFrame(channelId, payload));
            pair[0].writeFrame(7, ByteBuffer.allocateDirect(64));
            for (int phase = 0; phase < 2; phase++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                int target = received[0] + roundTrips;
                while (received[0] < target) {
                    loop.poll(-1);
                }
                allocated[phase] = THREADS.getCurrentThreadAllocatedBytes() - before;
            }
        }
        assertTrue(allocated[1] < roundTrips, allocated[1] + " bytes for " + roundTrips + " round trips");
    }

    @Test
    void claimedAndPulledFramesDoNotAllocate() throws Exception {
        Meter meter = new Meter();
        long[] sum = new long[1];
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop);
            pair[1].onReadable(pipe -> {
                for (Frame frame = pipe.readFrame(); frame != null; frame = pipe.readFrame()) {
                    sum[0] += frame.payload().getLong();
                    meter.frame();
                }
            });
            int written = 0;
            while (!meter.isDone()) {
                for (int count = 0; count < BATCH; count++) {
                    pair[0].claim(7, 64).putLong(1);
                    pair[0].commit();
                }
                written += BATCH;
                while (meter.frames < written) {
                    loop.poll(0);
                }
            }
            assertEquals(WARM_UP + MEASURED, sum[0]);
            meter.assertNothingPerFrame("claim and pull");
        }
    }

    @Test
    void framesOfMixedSizesInArraysDoNotAllocate() throws Exception {
        int[] lengths = {1, 64, 200, 1000, 5000, 40_000, 300_000};
        byte[] payload = new byte[300_000];
        int frames = 0;
        long[] received = new long[1];
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop);
            pair[1].onFrame((pipe, channelId, view) -> received[0]++);
            long before = 0;
            for (int round = 0; round < 4_000; round++) {
                if (round == 1_000) {
                    before = THREADS.getCurrentThreadAllocatedBytes();
                    frames = 0;
                }
                for (int length : lengths) {
                    pair[0].writeFrame(7, payload, 0, length);
                }
                frames += lengths.length;
                long target = (round + 1L) * lengths.length;
                while (received[0] < target) {
                    loop.poll(0);
                }
            }
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < frames, allocated + " bytes for " + frames + " frames");
        }
    }
}
