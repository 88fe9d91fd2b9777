package io.evloop.bench.compare.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class EchoClientTest {

    private static final long SLOW_NANOS = 300_000_000;

    private final EchoClient client = new EchoClient(Jobs.of(Job.Role.CLIENT, 64, 1, 5, 50), new Meter());
    private final Deque<ByteBuffer> requests = new ArrayDeque<>();
    private int lastControl;

    private boolean take(int channelId, ByteBuffer source, int offset, int length) {
        if (channelId == Wire.CONTROL_CHANNEL) {
            lastControl = Wire.controlCode(source, offset, length);
        } else {
            requests.add(ByteBuffer.allocateDirect(length).put(0, source, offset, length));
        }
        return true;
    }

    /** Answers the oldest request. */
    private void answer(long sequence) {
        ByteBuffer reply = requests.remove();
        client.onFrame(this::take, Wire.channelOf(sequence), reply, 0, reply.capacity());
    }

    private static void pause() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < SLOW_NANOS) {
            Thread.onSpinWait();
        }
    }

    @Test
    void doesNotTimeWhatWaitsForTheReadingsOfEitherSide() {
        client.onRoom(this::take);
        long sequence = 0;
        int before = 0;
        while (!client.finished()) {
            before = lastControl;
            answer(sequence++);
            if (before != Wire.BEGIN && lastControl == Wire.BEGIN) {
                pause(); // as long as the server opens its window
            }
        }
        assertEquals(Wire.END, lastControl);
        assertTrue(client.latency().getTotalCount() > 0);
        assertTrue(client.latency().getTotalCount() < sequence);
        assertTrue(client.latency().getMaxValue() < SLOW_NANOS, client.latency().getMaxValue() + " ns");
    }
}
