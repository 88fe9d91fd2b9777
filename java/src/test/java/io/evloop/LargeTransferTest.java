package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.buffer.OutputQueue;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** More bytes than an int counts, and more segments than one system call takes. */
class LargeTransferTest {

    private static final int IOV_MAX = 1_024;

    // row 20
    @Test
    void moreThan2GibibytesAreWrittenThroughWithoutAnOverflow() throws Exception {
        int length = 32 << 20;
        int frames = 65;
        long total = (long) frames * (length + 6);
        assertTrue(total > 1L << 31);
        ByteBuffer payload = ByteBuffer.allocateDirect(length);
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop);
            int[] received = {0};
            List<Throwable> causes = new ArrayList<>();
            pair[1].onClose((closed, cause) -> causes.add(cause));
            pair[1].onFrame((pipe, channelId, view) -> {
                assertEquals(received[0]++, channelId);
                assertEquals(length, view.remaining());
                assertEquals(channelId, view.getInt(view.position()));
                assertEquals(channelId, view.getInt(view.limit() - 4));
            });
            for (int frame = 0; frame < frames; frame++) {
                int number = frame;
                payload.putInt(0, frame).putInt(length - 4, frame);
                Await.turns(
                        loop,
                        "room",
                        () -> pair[0].writeFrame(number, payload.rewind()).isAccepted());
            }
            pair[0].closeAfterFlush();
            Await.turns(loop, "the last frame", () -> !causes.isEmpty());
            assertNull(causes.get(0));
            assertEquals(frames, received[0]);
            assertEquals(
                    List.of(total, total),
                    List.of(pair[0].stats().bytesOut(), pair[1].stats().bytesIn()));
            assertEquals(0, pair[0].stats().unsentBytes());
        }
    }

    // row 20
    @Test
    void moreSegmentsThanIovMaxAreWrittenPieceByPiece() throws Exception {
        int length = OutputQueue.SEGMENT_CAPACITY / 2 + 1_000; // one to a segment
        int frames = IOV_MAX + 100;
        PipeOptions options = PipeOptions.builder().maxQueuedBytes(200L << 20).build();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            Pipe pipe = peered.pipe();
            byte[] payload = new byte[length];
            for (int frame = 0; frame < frames; frame++) {
                payload[0] = (byte) frame;
                assertTrue(pipe.writeFrame(frame, payload, 0, length).isAccepted());
            }
            assertTrue(pipe.stats().queuedBytes() > (long) IOV_MAX * length);
            try (Background reader = Background.run("reader", () -> {
                for (int frame = 0; frame < frames; frame++) {
                    ByteBuffer read = ByteBuffer.wrap(peered.peer().read(6 + length));
                    assertEquals(frame, read.getShort());
                    assertEquals(length, read.getInt());
                    assertEquals((byte) frame, read.get());
                }
            })) {
                Await.turns(test.loop(), "an empty queue", () -> pipe.stats().queuedBytes() == 0);
            }
        }
    }
}
