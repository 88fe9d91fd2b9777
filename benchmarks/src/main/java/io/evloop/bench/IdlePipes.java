package io.evloop.bench;

import io.evloop.CloseHandler;
import io.evloop.EventLoop;
import io.evloop.FrameHandler;
import io.evloop.Pipe;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * What a pipe costs while nothing moves on it: 5,000 of them, each of which has carried a frame before.
 *
 * <pre>java -XX:+UseSerialGC -cp benchmarks/target/benchmarks.jar io.evloop.bench.IdlePipes</pre>
 */
public final class IdlePipes {

    private static final int PAIRS = 2_500;
    private static final int WARM_PAIRS = 100;
    private static final long SETTLE_NANOS = 500_000_000;
    private static final double PIPES = 2.0 * PAIRS;

    private final EventLoop loop;
    private final FirstError errors;
    private long received;

    private IdlePipes(EventLoop loop, FirstError errors) {
        this.loop = loop;
        this.errors = errors;
    }

    /** Bytes in use at one moment. */
    private record Memory(long heap, long direct, long resident) {

        static Memory now() throws IOException {
            long direct = Long.MAX_VALUE;
            for (long now = DirectMemory.bytes();
                    now < direct;
                    now = DirectMemory.bytes()) { // until no buffer is freed any more
                direct = now;
                System.gc();
                LockSupport.parkNanos(SETTLE_NANOS);
            }
            long resident = ResidentMemory.bytes();
            long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
            return new Memory(heap, direct, resident);
        }
    }

    public static void main(String[] arguments) throws IOException {
        FirstError errors = new FirstError();
        try (EventLoop loop = errors.openLoop()) {
            IdlePipes idle = new IdlePipes(loop, errors);
            idle.open(WARM_PAIRS);
            Memory before = Memory.now();
            idle.open(PAIRS);
            Memory after = Memory.now();
            System.out.printf(
                    Locale.ROOT,
                    "%.0f idle pipes: %.0f B of heap, %.0f B of direct memory, %.0f B of resident memory each%n",
                    PIPES,
                    (after.heap - before.heap) / PIPES,
                    (after.direct - before.direct) / PIPES,
                    (after.resident - before.resident) / PIPES);
        }
    }

    /** Pairs of pipes, which the loop holds, both ends of each; a frame each way through each, one pair after the other. */
    private void open(int count) throws IOException {
        ByteBuffer payload = ByteBuffer.allocateDirect(64);
        FrameHandler handler = (pipe, channelId, bytes) -> received++;
        CloseHandler closed = errors::onClose;
        for (int pair = 0; pair < count; pair++) {
            Pipe[] ends = Pipe.pair(loop, loop);
            for (Pipe end : ends) {
                end.onFrame(handler).onClose(closed);
                end.writeFrame(1, payload.clear());
            }
            for (long expected = received + ends.length; received < expected; ) {
                loop.poll(-1);
                errors.check();
            }
        }
        while (loop.poll(0) > 0) {
            continue;
        }
    }
}
