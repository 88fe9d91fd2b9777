package io.evloop;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.TestLoop;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Frames of other threads cost no memory, neither of theirs nor of the loop's. */
class SenderAllocationTest {

    private static final int FRAMES = 500_000;

    /** What a measurement itself, or a class that is loaded late, may take: a byte a frame would be more. */
    private static final long NOISE = 100_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static long allocatedHere() {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    private static void write(Sender sender, ByteBuffer payload, int count) {
        for (int written = 0; written < count; ) {
            payload.rewind();
            if (sender.writeFrame(1, payload).isAccepted()) {
                written++;
            } else {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void nothingIsAllocatedForAFrameByTheWriterOrTheLoop() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop);
            long[] received = {0};
            pair[1].onFrame((pipe, channelId, payload) -> received[0]++);
            Sender sender = pair[0].sender(64 * 1024).onDrain(drained -> {});
            CountDownLatch warm = new CountDownLatch(1);
            CountDownLatch measure = new CountDownLatch(1);
            long[] byWriter = {0};
            try (Background writer = Background.run("writer", () -> {
                ByteBuffer payload = ByteBuffer.allocateDirect(100);
                write(sender, payload, FRAMES);
                warm.countDown();
                measure.await();
                long before = allocatedHere();
                write(sender, payload, FRAMES);
                byWriter[0] = allocatedHere() - before;
            })) {
                Await.turns(loop, "the first frames", () -> received[0] == FRAMES);
                warm.await();
                long before = allocatedHere();
                measure.countDown();
                Await.turns(loop, "the frames", () -> received[0] == 2 * FRAMES);
                long byLoop = allocatedHere() - before;
                assertTrue(byLoop < NOISE, "the loop allocated " + byLoop + " bytes for " + FRAMES + " frames");
            }
            assertTrue(byWriter[0] < NOISE, "the writer allocated " + byWriter[0] + " bytes");
        }
    }
}
