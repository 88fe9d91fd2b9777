package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.buffer.BufferPool;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** A stream of frames that are larger than what a loop keeps for good does not take fresh memory for each. */
class LargeFramesTest {

    private static final int LENGTH = 32 << 20;
    private static final int FRAMES = 40;

    /** Without calls for the garbage collector, and with less direct memory than fresh blocks for each would take. */
    private static final String[] OPTIONS = {"-Xmx1g", "-XX:+DisableExplicitGC", "-XX:MaxDirectMemorySize=384m"};

    @Test
    void pipesOfALoop() throws Exception {
        JavaProcess.Result jvm = JavaProcess.of(OfALoop.class).options(OPTIONS).run();
        assertEquals(0, jvm.exitCode(), jvm::output);
    }

    @Test
    void blockingPipes() throws Exception {
        JavaProcess.Result jvm = JavaProcess.of(Blocking.class).options(OPTIONS).run();
        assertEquals(0, jvm.exitCode(), jvm::output);
    }

    @Test
    void whatWasKeptForThemIsForgottenAfterAWhile() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop);
            boolean[] received = new boolean[1];
            pair[1].onFrame((pipe, channelId, payload) -> received[0] = true);
            pair[0].writeFrame(1, ByteBuffer.allocateDirect(LENGTH));
            Await.turns(loop, "the frame", () -> received[0]);
            assertTrue(loop.stats().pooledBytes() > BufferPool.RETAINED_BYTES);
            TimerQueue timers = pair[0].endpoint().context().timers;
            for (int period = 1; period <= 2; period++) {
                assertEquals(1, timers.size());
                timers.pollDue(timers.nextDeadlineNanos(), timers.nextSequence())
                        .task
                        .run();
            }
            assertTrue(loop.stats().pooledBytes() <= BufferPool.RETAINED_BYTES);
            assertEquals(0, timers.size());
        }
    }

    @Test
    void aBlockingPipeForgetsItAsItReadsOn() throws Exception {
        RawSocket[] ends = RawSocket.pair();
        BlockingPipe pipe = BlockingPipe.adopt(ends[1].release());
        try (pipe;
                RawSocket peer = ends[0]) {
            try (Background sender = Background.run("sender", () -> peer.write(Frames.frame(1, new byte[LENGTH])))) {
                assertEquals(LENGTH, pipe.readFrame().payload().remaining());
            }
            for (int period = 1; period <= 2; period++) {
                exchange(peer, pipe);
                assertTrue(pipe.pool.retainedBytes() > BufferPool.RETAINED_BYTES);
                pipe.poolAgesAtNanos = System.nanoTime();
            }
            exchange(peer, pipe);
            assertTrue(pipe.pool.retainedBytes() <= BufferPool.RETAINED_BYTES);
        }
        assertEquals(0, pipe.pool.retainedBytes());
    }

    private static void exchange(RawSocket peer, BlockingPipe pipe) throws IOException {
        peer.write(Frames.frame(2, new byte[1]));
        assertEquals(2, pipe.readFrame().channelId());
    }

    static final class OfALoop {

        private OfALoop() {}

        public static void main(String[] arguments) throws IOException {
            ByteBuffer payload = ByteBuffer.allocateDirect(LENGTH);
            int[] received = new int[1];
            try (EventLoop loop = EventLoop.open()) {
                Pipe[] pair = Pipe.pair(loop, loop);
                pair[1].onFrame((pipe, channelId, bytes) -> {
                            assertEquals(LENGTH, bytes.remaining());
                            received[0]++;
                        })
                        .onClose((pipe, cause) -> loop.stop());
                for (int frame = 0; frame < FRAMES; frame++) {
                    WriteResult result = pair[0].writeFrame(1, payload.rewind());
                    while (result == WriteResult.FULL) {
                        loop.poll(-1);
                        result = pair[0].writeFrame(1, payload.rewind());
                    }
                    assertTrue(result.isAccepted(), () -> "after " + received[0] + " frames");
                }
                pair[0].closeAfterFlush();
                loop.run();
            }
            assertEquals(FRAMES, received[0]);
        }
    }

    static final class Blocking {

        private Blocking() {}

        public static void main(String[] arguments) throws Exception {
            RawSocket[] ends = RawSocket.pair();
            BlockingPipe from = BlockingPipe.adopt(ends[0].release());
            try (Background sender = Background.run("sender", () -> send(from));
                    BlockingPipe to = BlockingPipe.adopt(ends[1].release())) {
                for (int frame = 0; frame < FRAMES; frame++) {
                    assertEquals(LENGTH, to.readFrame().payload().remaining());
                }
                assertNull(to.readFrame());
            }
        }

        private static void send(BlockingPipe pipe) throws IOException {
            ByteBuffer payload = ByteBuffer.allocateDirect(LENGTH);
            for (int frame = 0; frame < FRAMES; frame++) {
                pipe.writeFrame(1, payload.rewind());
            }
            pipe.close();
        }
    }
}
