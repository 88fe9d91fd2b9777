package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.Together;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The unsent bytes of a stream. */
@ExactCalls("what one write takes, and that none is tried behind one that took less than all")
class OutputQueueTest extends QueueOverSocketpair {

    private static final int KIB = 1024;
    private static final int SEGMENT = OutputQueue.SEGMENT_CAPACITY;

    private void append(byte... bytes) {
        queue.makeRoom(bytes.length);
        queue.bytes().put(queue.position(), bytes);
        queue.advance(bytes.length);
    }

    /** Records as the queue is told to see them: a length of four bytes, itself included, and that many bytes in all. */
    private void appendRecord(int length) {
        append(ByteBuffer.allocate(length).putInt(length).array());
    }

    private long unsentRecords() {
        return queue.unsentRecords((bytes, index) -> bytes.getInt(index));
    }

    @Test
    void holdsMemoryOnlyWhileSomethingIsUnsent() throws Exception {
        assertTrue(queue.isEmpty());
        assertEquals(OutputQueue.DRAINED, queue.writeTo(sink));
        append((byte) 1, (byte) 2);
        assertFalse(queue.isEmpty());
        assertEquals(2, queue.queuedBytes());
        assertTrue(pool.leasedBytes() > 0);
        assertEquals(OutputQueue.DRAINED, queue.writeTo(sink));
        assertTrue(queue.isEmpty());
        assertEquals(0, pool.leasedBytes());
        assertArrayEquals(new byte[] {1, 2}, peer.read(2));
    }

    @Test
    void givesUpTheRoomThatNobodyFilled() {
        queue.makeRoom(10);
        queue.releaseIfEmpty();
        assertEquals(0, pool.leasedBytes());
        append((byte) 1);
        queue.makeRoom(SEGMENT);
        queue.releaseIfEmpty();
        assertEquals(1, queue.queuedBytes());
        queue.clear();
        assertEquals(0, pool.leasedBytes());
    }

    @Test
    void makesRoomInOnePiece() {
        append(Frames.pattern(1, SEGMENT - 10));
        for (int length : new int[] {1, 74, 75, SEGMENT, SEGMENT + 65, 1 << 20, 3}) {
            long growth = queue.growth(length);
            long accounted = queue.accountedBytes();
            queue.makeRoom(length);
            assertTrue(queue.hasRoom(length));
            assertTrue(queue.room() >= length);
            assertTrue(queue.bytes().capacity() - queue.position() >= length);
            queue.advance(length);
            assertEquals(accounted + growth, queue.accountedBytes());
        }
    }

    @Test
    void refusesToAdvanceBeyondTheRoom() {
        assertThrows(IllegalArgumentException.class, () -> queue.advance(1));
        queue.makeRoom(10);
        int room = queue.room();
        for (int length : new int[] {-1, room + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> queue.advance(length));
        }
        assertEquals(0, queue.queuedBytes());
        queue.advance(room);
        assertEquals(room, queue.queuedBytes());
    }

    // row 16
    @Test
    void countsTheRoomThatSegmentsWasteAndNoLongerOnceTheyAreSent() throws Exception {
        int half = SEGMENT / 2 + 100;
        append(Frames.pattern(1, half));
        int waste = queue.room();
        assertEquals(half, queue.accountedBytes());
        append(Frames.pattern(2, half));
        append(Frames.pattern(3, half));
        assertEquals(3L * half, queue.queuedBytes());
        assertEquals(3L * half + 2L * waste, queue.accountedBytes());
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        while (queue.writeTo(sink) == OutputQueue.BLOCKED) {
            received.writeBytes(peer.readSome(1 << 20));
        }
        assertEquals(0, queue.accountedBytes());
        received.writeBytes(peer.read(3 * half - received.size()));
        byte[] expected = Frames.concat(Frames.pattern(1, half), Frames.pattern(2, half), Frames.pattern(3, half));
        assertArrayEquals(expected, received.toByteArray());
    }

    // row 13
    @Test
    void sendsTheStreamThroughASocketThatTakesLittle() throws Exception {
        socket.tinySendBuffer();
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        for (int round = 0; round < 200; round++) {
            byte[] bytes = Frames.pattern(round, 1 + round * 37 % 5_000);
            append(bytes);
            sent.writeBytes(bytes);
            int result = queue.writeTo(sink);
            assertEquals(queue.isEmpty() ? OutputQueue.DRAINED : OutputQueue.BLOCKED, result);
            if (round % 3 == 0) {
                received.writeBytes(peer.readSome(1 + round * 53 % 4_000));
            }
        }
        while (queue.writeTo(sink) != OutputQueue.DRAINED) {
            received.writeBytes(peer.readSome(10_000));
        }
        received.writeBytes(peer.read(sent.size() - received.size()));
        assertArrayEquals(sent.toByteArray(), received.toByteArray());
    }

    // row 14
    @Test
    void keepsEverythingWhileTheSocketTakesNothing() throws Exception {
        socket.tinySendBuffer();
        append(new byte[20_000]);
        long queued;
        do { // until it is full to the brim
            queued = queue.queuedBytes();
            assertEquals(OutputQueue.BLOCKED, queue.writeTo(sink));
        } while (queue.queuedBytes() < queued);
        assertTrue(queued > 0);
        append((byte) 1);
        assertEquals(OutputQueue.BLOCKED, queue.writeTo(sink));
        assertEquals(queued + 1, queue.queuedBytes());
    }

    // row 20
    @Test
    void sendsMoreSegmentsThanOneCallTakes() throws Exception {
        int segments = Native.ioVectorMax() + 77;
        int length = SEGMENT - 100; // a second one does not fit beside it
        for (int index = 0; index < segments; index++) {
            append(Frames.pattern(index, length));
        }
        assertEquals((long) segments * length, queue.queuedBytes());
        try (Together reading = Together.start(1, thread -> {
            for (int index = 0; index < segments; index++) {
                assertArrayEquals(Frames.pattern(index, length), peer.read(length), () -> "a segment");
            }
        })) {
            while (queue.writeTo(sink) != OutputQueue.DRAINED) {
                Thread.onSpinWait();
            }
        }
        assertEquals(0, pool.leasedBytes());
    }

    // row 17
    @Test
    void reportsALostReaderAndKeepsTheBytes() throws Exception {
        appendRecord(100);
        appendRecord(200);
        peer.close();
        for (boolean isSocket : new boolean[] {true, false}) {
            assertEquals(-Errno.EPIPE, queue.writeTo(new Sink(socket.fd(), isSocket)));
            assertEquals(300, queue.queuedBytes());
        }
        appendRecord(SEGMENT);
        for (boolean isSocket : new boolean[] {true, false}) {
            assertEquals(-Errno.EPIPE, queue.writeTo(new Sink(socket.fd(), isSocket)));
        }
        assertEquals(-Errno.EBADF, queue.writeTo(new Sink(-1, true)));
        assertEquals(3, unsentRecords());
    }

    @Test
    void writesIntoPipesAsIntoSockets() throws Exception {
        long pipe = Fd.check(Native.pipe(), "pipe2");
        Fd.check(Native.setNonBlocking(Fd.second(pipe), 1), "fcntl");
        append(Frames.pattern(1, SEGMENT));
        append(Frames.pattern(2, SEGMENT));
        Sink pipeSink = new Sink(Fd.second(pipe), false);
        ByteBuffer block = ByteBuffer.allocateDirect(2 * SEGMENT);
        int received = 0;
        boolean drained = false;
        while (!drained || received < 2 * SEGMENT) {
            drained = drained || queue.writeTo(pipeSink) == OutputQueue.DRAINED;
            received += Fd.check(
                    Native.read(Fd.first(pipe), Native.addressOf(block) + received, 2 * SEGMENT - received), "read");
        }
        byte[] expected = Frames.concat(Frames.pattern(1, SEGMENT), Frames.pattern(2, SEGMENT));
        assertArrayEquals(expected, Frames.bytes(block));
        Fd.close(Fd.first(pipe));
        Fd.close(Fd.second(pipe));
    }

    // row 22
    @Test
    void countsTheRecordsThatAreNotWhollySent() throws Exception {
        socket.tinySendBuffer();
        assertEquals(0, unsentRecords());
        int[] lengths = {100, 5_000, 4, 70_000, 1_000, 200_000, 8};
        int[] ends = new int[lengths.length];
        int total = 0;
        for (int index = 0; index < lengths.length; index++) {
            appendRecord(lengths[index]);
            total += lengths[index];
            ends[index] = total;
            assertEquals(index + 1, unsentRecords());
        }
        while (queue.writeTo(sink) != OutputQueue.DRAINED) {
            long sent = total - queue.queuedBytes();
            assertEquals(Arrays.stream(ends).filter(end -> end > sent).count(), unsentRecords());
            peer.readSome(777);
        }
        assertEquals(0, unsentRecords());
    }

    // row 22
    @Test
    void countsARecordWhoseBeginningWasSentFromElsewhere() throws Exception {
        socket.tinySendBuffer();
        queue.makeRoom(3_000);
        queue.markLead(3_000);
        append(new byte[3_000]); // the rest of a record that was written through in part
        assertEquals(1, unsentRecords());
        appendRecord(10_000);
        assertEquals(2, unsentRecords());
        while (queue.writeTo(sink) != OutputQueue.DRAINED) {
            assertEquals(queue.queuedBytes() > 10_000 ? 2 : 1, unsentRecords());
            peer.readSome(500);
        }
        assertEquals(0, unsentRecords());
    }

    @Test
    void endsTheViewIntoWhichARecordIsEncoded() {
        queue.hideView();
        queue.makeRoom(8 * KIB);
        ByteBuffer view = queue.view(queue.position(), queue.position() + 8 * KIB);
        assertEquals(8 * KIB, view.remaining());
        view.putInt(0x0102_0304);
        queue.hideView();
        assertEquals(0, view.remaining());
        queue.advance(4);
        assertEquals(0x0102_0304, queue.bytes().getInt(0));
    }
}
