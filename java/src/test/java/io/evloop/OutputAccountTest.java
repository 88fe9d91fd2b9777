package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.testing.Await;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The window into which small frames go unasked: what it holds, reserves and counts. */
class OutputAccountTest {

    private static final int KIB = 1024;
    private static final int HEADER = 6;

    private static WriteResult write(PeeredPipe peered, int length) {
        return peered.pipe().writeFrame(1, ByteBuffer.allocate(length));
    }

    @Test
    void anIdlePipeHoldsNoBlock() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            OutputAccount account = peered.pipe().endpoint().outbound().account();
            write(peered, 10);
            assertNull(account.bytes, "a single write does not pay for a window");
            write(peered, 10);
            assertNotNull(account.bytes);
            Await.idle(test.loop());
            assertNull(account.bytes);
            assertEquals(0, account.unused());
        }
    }

    @Test
    void nothingIsHeldForAWriteOfNothing() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (TestLoop test = TestLoop.open();
                RawSocket peer = pair[1]) {
            Connection connection = test.loop().adopt(pair[0].release(), 0, any -> {});
            ByteBuffer nothing = ByteBuffer.allocate(0);
            assertEquals(WriteResult.OK, connection.write(nothing));
            assertNull(connection.endpoint().outbound().account().bytes);
            assertEquals(WriteResult.OK, connection.write(ByteBuffer.allocate(3)));
            assertEquals(WriteResult.OK, connection.write(nothing));
            assertEquals(3, connection.stats().queuedBytes());
            connection.close();
            assertEquals(WriteResult.CLOSED, connection.write(nothing));
            assertEquals(0, peer.readAvailable().length);
        }
    }

    @Test
    void whatAWindowReservesIsRefusedToNobodyElse() throws Exception {
        EventLoopOptions.Builder options = EventLoopOptions.builder().maxQueuedBytes(100 * KIB);
        try (TestLoop test = TestLoop.open(options);
                PeeredPipe first = PeeredPipe.adopt(test.loop());
                PeeredPipe second = PeeredPipe.adopt(test.loop())) {
            assertEquals(WriteResult.OK, write(first, 10));
            assertEquals(WriteResult.OK, write(first, 20));
            int rest = 100 * KIB - 30 - 2 * HEADER;
            assertEquals(WriteResult.FULL, write(second, rest - HEADER + 1));
            assertEquals(WriteResult.OK, write(second, rest - HEADER));
        }
    }

    @Test
    void theCountersKnowOfTheFramesInTheWindow() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            PipeStats stats = peered.pipe().stats();
            for (int count = 1; count <= 5; count++) {
                write(peered, 10);
                assertEquals(count, stats.framesOut());
                assertEquals(count * 16, stats.bytesOut());
                assertEquals(count * 16, stats.queuedBytes());
                assertEquals(count * 16, stats.maxQueuedBytes());
            }
            Await.idle(test.loop());
            assertEquals(80, stats.bytesOut());
            assertEquals(0, stats.queuedBytes());
            assertEquals(80, stats.maxQueuedBytes());
        }
    }

    @Test
    void noFrameGoesIntoTheWindowOfAPipeThatTakesNoMore() throws Exception {
        for (int way = 0; way < 3; way++) {
            try (TestLoop test = TestLoop.open();
                    PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
                Pipe pipe = peered.pipe();
                write(peered, 10);
                if (way == 0) {
                    pipe.close();
                } else if (way == 1) {
                    pipe.closeAfterFlush();
                } else {
                    pipe.shutdownOutput();
                }
                assertEquals(WriteResult.CLOSED, write(peered, 10));
                assertEquals(1, pipe.stats().framesOut());
            }
        }
    }

    @Test
    void aClaimKeepsOtherFramesOutOfTheWindow() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            write(peered, 10);
            pipe.claim(2, 100);
            assertThrows(IllegalStateException.class, () -> write(peered, 10));
            assertEquals(16, pipe.stats().queuedBytes());
            assertEquals(WriteResult.OK, pipe.commit());
            assertEquals(16 + 106, pipe.stats().queuedBytes());
            assertEquals(WriteResult.OK, write(peered, 10));
            assertEquals(16 + 106 + 16, pipe.stats().queuedBytes());
        }
    }
}
