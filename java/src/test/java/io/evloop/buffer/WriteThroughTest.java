package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Errno;
import io.evloop.testing.Background;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WriteThroughTest extends QueueOverSocketpair {

    private static final int MIB = 1 << 20;
    private static final byte[] HEADER = {9, 8, 7, 6, 5, 4};

    private final WriteThrough through = new WriteThrough(vectors);
    private final ByteBuffer header =
            ByteBuffer.allocateDirect(HEADER.length + 10).put(0, HEADER);

    private static ByteBuffer direct(int before, byte[] bytes) {
        return ByteBuffer.allocateDirect(before + bytes.length + 100).put(before, bytes);
    }

    /** Writes a record, and counts what is left of it. */
    private int write(ByteBuffer payload, int index, int length) {
        queue.makeRoom(HEADER.length + length);
        int sent = through.write(queue, sink, header, HEADER.length, payload, index, length);
        if (sent >= 0) {
            queue.advance(HEADER.length + length - sent);
        }
        queue.releaseIfEmpty();
        return sent;
    }

    @Test
    @ExactCalls("that one write takes all")
    void sendsWithoutACopyWhatIsTakenAtOnce() throws Exception {
        byte[] payload = Frames.pattern(7, 5_000);
        ByteBuffer source = direct(500, payload);
        assertEquals(HEADER.length + 5_000, write(source, 500, 5_000));
        assertEquals(1, through.writes());
        assertFalse(through.isBlocked());
        assertTrue(queue.isEmpty());
        assertArrayEquals(Frames.concat(HEADER, payload), peer.read(HEADER.length + 5_000));
        assertEquals(0, source.position());
    }

    @Test
    @ExactCalls("what is taken while nobody reads")
    void queuesTheRestWhereNobodyReads() throws Exception {
        socket.tinySendBuffer();
        byte[] payload = Frames.pattern(3, MIB);
        int sent = write(direct(1, payload), 1, MIB);
        assertTrue(sent > HEADER.length && sent < MIB, () -> "sent: " + sent);
        assertTrue(through.isBlocked());
        assertEquals(HEADER.length + MIB - sent, queue.queuedBytes());
        assertEquals(
                1 + (HEADER.length + MIB - sent - 1) / (64 * 1024),
                through.writes(),
                "one, and one before each further piece");
        byte[] expected = Frames.concat(HEADER, payload);
        assertArrayEquals(Arrays.copyOf(expected, sent), peer.read(sent));
        int left = expected.length - sent;
        try (Background reader = Background.run(
                "reader",
                () -> assertArrayEquals(Arrays.copyOfRange(expected, sent, expected.length), peer.read(left)))) {
            while (queue.writeTo(sink) != OutputQueue.DRAINED) {
                Thread.yield();
            }
        }
    }

    @Test
    @ExactCalls("the socket that takes no more")
    void queuesAllOfItWhereNothingIsTaken() throws Exception {
        socket.tinySendBuffer();
        ByteBuffer payload = direct(0, Frames.pattern(5, MIB));
        while (write(payload, 0, MIB) > 0) {
            queue.clear();
        }
        assertTrue(through.isBlocked());
        assertEquals(HEADER.length + MIB, queue.queuedBytes());
        byte[] queued = new byte[HEADER.length + MIB];
        queue.bytes().get(queue.position() - queued.length, queued);
        assertArrayEquals(Frames.concat(HEADER, Frames.pattern(5, MIB)), queued);
    }

    @Test
    void keepsTheBytesInOrderWhateverAReaderTakesMeanwhile() throws Exception {
        Random random = new Random(1);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (Background reader = Background.run("reader", () -> readAll(received))) {
            for (int record = 0; record < 200; record++) {
                int length = 1 + random.nextInt(record % 8 == 0 ? 2 * MIB : 200_000);
                byte[] payload = Frames.pattern(record, length);
                expected.write(HEADER);
                expected.write(payload);
                assertTrue(write(direct(record % 3, payload), record % 3, length) >= 0);
                while (!queue.isEmpty()) {
                    assertTrue(queue.writeTo(sink) >= 0);
                }
            }
            socket.close();
        }
        assertArrayEquals(expected.toByteArray(), received.toByteArray());
    }

    private void readAll(ByteArrayOutputStream target) throws IOException {
        Random random = new Random(2);
        byte[] some = peer.readSome(1);
        while (some.length > 0) {
            target.writeBytes(some);
            some = peer.readSome(1 + random.nextInt(300_000));
        }
    }

    @Test
    void keepsAnErrorAndCopiesNothing() throws Exception {
        peer.close();
        ByteBuffer payload = direct(0, Frames.pattern(1, MIB));
        assertEquals(-Errno.EPIPE, write(payload, 0, MIB));
        assertTrue(queue.isEmpty());
    }

    @Test
    void refusesWhatIsNotThereAndAQueueThatIsNotFit() {
        ByteBuffer payload = ByteBuffer.allocateDirect(10);
        queue.makeRoom(100);
        int[][] ranges = {{-1, 5}, {0, 11}, {10, 1}, {0, -1}, {1, Integer.MAX_VALUE}};
        for (int[] range : ranges) {
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> through.write(queue, sink, header, 6, payload, range[0], range[1]));
        }
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> through.write(queue, sink, header, header.capacity() + 1, payload, 0, 1));
        ByteBuffer large = ByteBuffer.allocateDirect(queue.bytes().capacity());
        assertThrows(
                IllegalStateException.class, () -> through.write(queue, sink, header, 6, large, 0, large.capacity()));
        queue.advance(1);
        assertThrows(IllegalStateException.class, () -> through.write(queue, sink, header, 6, payload, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> queue.beginAt(2));
        queue.clear();
        assertThrows(IllegalStateException.class, () -> through.write(queue, sink, header, 6, payload, 0, 1));
    }
}
