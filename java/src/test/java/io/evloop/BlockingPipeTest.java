package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.InvalidFrameException;
import io.evloop.error.NativeIoException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.sys.Errno;
import io.evloop.testing.Background;
import io.evloop.testing.ClosedArena;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipe whose calls block: frames in, frames out, and what it says when either cannot be. */
class BlockingPipeTest {

    private static final int HEADER = 6;

    private RawSocket peer;
    private BlockingPipe pipe;

    @BeforeEach
    void openPair() throws IOException {
        RawSocket[] pair = RawSocket.pair();
        peer = pair[0];
        pipe = BlockingPipe.adopt(pair[1].release());
    }

    @AfterEach
    void closePair() throws IOException {
        peer.close(); // first, so that the pipe's last flush cannot wait
        try {
            pipe.close();
        } catch (NativeIoException e) {
            assertEquals(Errno.EPIPE, e.errno());
        }
    }

    private static void assertFrame(int channelId, byte[] payload, Frame frame) {
        assertEquals(channelId, frame.channelId());
        assertEquals(payload.length, frame.declaredLength());
        assertTrue(frame.isValid());
        assertArrayEquals(payload, Frames.bytes(frame.payload()));
    }

    private void assertNothingSent() throws IOException {
        NativeIoException e =
                assertThrows(NativeIoException.class, () -> peer.nonBlocking().readSome(1));
        assertEquals(Errno.EAGAIN, e.errno());
    }

    // reading ----------------------------------------------------------------------------------------------------

    @Test
    void readsFramesThatCameTogether() throws Exception {
        peer.write(Frames.concat(Frames.frame(0, "a"), Frames.frame(65535, "bc"), Frames.frame(7, "def")));
        assertFrame(0, new byte[] {'a'}, pipe.readFrame());
        assertFrame(65535, new byte[] {'b', 'c'}, pipe.readFrame());
        assertFrame(7, new byte[] {'d', 'e', 'f'}, pipe.readFrame());
    }

    @Test
    void waitsForTheRestOfAFrame() throws Exception {
        byte[] frame = Frames.frame(7, "late");
        try (Background writer = Background.run("writer", () -> {
            for (byte part : frame) {
                peer.write(part);
                Thread.onSpinWait();
            }
        })) {
            assertFrame(7, "late".getBytes(UTF_8), pipe.readFrame());
        }
    }

    @Test
    void waitsOnADescriptorThatWasNonBlocking() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        pair[1].nonBlocking();
        try (RawSocket other = pair[0];
                BlockingPipe blocking = BlockingPipe.adopt(pair[1].release())) {
            try (Background reader = Background.run(
                    "reader", () -> assertEquals(9, blocking.readFrame().channelId()))) {
                other.write(Frames.header(9, 1));
                other.write((byte) 1);
            }
        }
    }

    @Test
    void saysSoIfTheDescriptorIsNonBlockingAllTheSame() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        BlockingPipe blocking = BlockingPipe.adopt(pair[1].fd());
        pair[1].nonBlocking();
        NativeIoException e = assertThrows(NativeIoException.class, blocking::readFrame);
        assertEquals("EAGAIN", e.errnoName());
        byte[] large = new byte[4 << 20];
        e = assertThrows(NativeIoException.class, () -> blocking.writeFrame(1, large, 0, large.length));
        assertEquals("EAGAIN", e.errnoName());
        pair[1].release();
        pair[0].close();
        blocking.close();
    }

    @Test
    void returnsTheSameFrameEachTimeAndEmptiesItsEarlierPayload() throws Exception {
        peer.write(Frames.concat(Frames.frame(1, "first"), Frames.frame(2, "second")));
        Frame frame = pipe.readFrame();
        ByteBuffer first = frame.payload();
        assertSame(frame, pipe.readFrame());
        assertEquals("second", Frames.text(frame.payload()));
        peer.shutdownOutput();
        assertNull(pipe.readFrame());
        assertThrows(BufferUnderflowException.class, first::get);
    }

    @Test
    void returnsNullAtACleanEndAndAfterIt() throws Exception {
        peer.write(Frames.frame(1, "x"));
        peer.shutdownOutput();
        assertEquals(1, pipe.readFrame().channelId());
        assertNull(pipe.readFrame());
        assertNull(pipe.readFrame());
    }

    // row 7
    @Test
    void reportsAStreamThatEndsInsideAFrame() throws Exception {
        peer.write(Frames.concat(Frames.frame(1, "x"), Frames.header(2, 100), new byte[40]));
        peer.close();
        assertEquals(1, pipe.readFrame().channelId());
        for (int attempt = 0; attempt < 2; attempt++) {
            TruncatedFrameException e = assertThrows(TruncatedFrameException.class, pipe::readFrame);
            assertEquals(HEADER + 100, e.wantedBytes());
            assertEquals(HEADER + 40, e.gotBytes());
        }
    }

    // rows 3, 4 and 6
    @Test
    void reportsAnInvalidHeaderWithWhatStoodInIt() throws Exception {
        peer.write(Frames.concat(Frames.frame(1, "x"), "Hello, world\n".getBytes(UTF_8)));
        assertEquals(1, pipe.readFrame().channelId());
        for (int attempt = 0; attempt < 2; attempt++) {
            InvalidFrameException e = assertThrows(InvalidFrameException.class, pipe::readFrame);
            assertEquals(0x4865, e.channelId());
            assertEquals(0x6c6c6f2cL, e.declaredLength());
            assertTrue(e.getMessage().contains("Hello, world\\x0a"), e.getMessage());
        }
    }

    @Test
    void refusesWhatExceedsItsLimitInBothDirections() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket other = pair[0];
                BlockingPipe limited = BlockingPipe.adopt(pair[1].release(), 16)) {
            assertEquals(16, limited.maxFrameLength());
            other.write(Frames.concat(Frames.frame(3, new byte[16]), Frames.frame(4, new byte[17])));
            assertEquals(3, limited.readFrame().channelId());
            InvalidFrameException e = assertThrows(InvalidFrameException.class, limited::readFrame);
            assertEquals(17, e.declaredLength());
            assertThrows(IllegalArgumentException.class, () -> limited.writeFrame(1, ByteBuffer.allocate(17)));
        }
    }

    @Test
    void deliversTheFramesBeforeAConnectionReset() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[] {1}));
        pipe.flush();
        peer.write(Frames.frame(2, "last"));
        peer.close(); // with the frame above unread
        assertFrame(2, "last".getBytes(UTF_8), pipe.readFrame());
        NativeIoException e = assertThrows(NativeIoException.class, pipe::readFrame);
        assertEquals("ECONNRESET", e.errnoName());
        assertEquals("read", e.systemCall());
        assertNull(pipe.readFrame());
    }

    // writing ----------------------------------------------------------------------------------------------------

    @Test
    void gathersFramesUntilAFlush() throws Exception {
        pipe.writeFrame(0, ByteBuffer.wrap(new byte[] {1, 2}));
        pipe.writeFrame(65535, new byte[] {0, 3, 4, 0}, 1, 2);
        assertNothingSent();
        pipe.flush();
        byte[] both = Frames.concat(Frames.frame(0, (byte) 1, (byte) 2), Frames.frame(65535, (byte) 3, (byte) 4));
        assertArrayEquals(both, peer.readSome(1000));
        pipe.flush();
        assertNothingSent();
    }

    @Test
    void flushesBeforeItWaits() throws Exception {
        byte[] requests = Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "b"));
        try (Background requester = Background.run("requester", () -> {
            peer.write(requests);
            assertArrayEquals(requests, peer.read(requests.length)); // or else both ends wait for ever
            peer.shutdownOutput();
        })) {
            for (Frame frame = pipe.readFrame(); frame != null; frame = pipe.readFrame()) {
                pipe.writeFrame(frame.channelId(), frame.payload());
            }
        }
    }

    @Test
    void doesNotFlushWhileFramesAreAtHand() throws Exception {
        peer.write(Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "b")));
        pipe.writeFrame(pipe.readFrame().channelId(), ByteBuffer.wrap(new byte[1]));
        assertEquals(2, pipe.readFrame().channelId());
        assertNothingSent();
    }

    @Test
    void advancesThePositionPastAFrameThatWasWrittenAndNotPastOneThatWasRefused() throws Exception {
        ByteBuffer payload =
                ByteBuffer.wrap(new byte[] {9, 1, 2, 9}).position(1).limit(3);
        pipe.writeFrame(1, payload.asReadOnlyBuffer());
        assertEquals(1, payload.position());
        pipe.writeFrame(1, payload);
        assertEquals(3, payload.position());
        payload.position(2);
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(65536, payload));
        assertEquals(2, payload.position());
    }

    @Test
    void refusesWhatNoReaderWouldAccept() throws Exception {
        ByteBuffer one = ByteBuffer.allocate(1);
        byte[] tooLong = new byte[(64 << 20) + 1];
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(-1, one));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(65536, one));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(1, ByteBuffer.allocate(0)));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(1, new byte[1], 1, 0));
        assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(1, tooLong, 0, tooLong.length));
        assertThrows(IndexOutOfBoundsException.class, () -> pipe.writeFrame(1, new byte[4], 2, 3));
        pipe.flush();
        assertNothingSent();
    }

    @ParameterizedTest
    @ValueSource(
            ints = {1, 65_529, 65_530, 65_531, 65_593, 65_594, 131_072, 262_138, 262_143, 262_144, 262_145, 1 << 20})
    void writesFramesOfAnyLengthFromAnyMemory(int length) throws Exception {
        byte[] bytes = Frames.pattern(length, length);
        ByteBuffer direct = ByteBuffer.allocateDirect(length + 2).position(1).limit(1 + length);
        direct.put(1, bytes);
        byte[] expected = Frames.concat(
                Frames.frame(1, "small"), Frames.frame(2, bytes), Frames.frame(3, bytes), Frames.frame(4, bytes));
        try (Background reader =
                Background.run("reader", () -> assertArrayEquals(expected, peer.read(expected.length)))) {
            pipe.writeFrame(1, ByteBuffer.wrap("small".getBytes(UTF_8)));
            pipe.writeFrame(2, direct);
            assertFalse(direct.hasRemaining());
            pipe.writeFrame(3, ByteBuffer.wrap(bytes));
            pipe.writeFrame(4, Frames.concat(new byte[3], bytes), 3, length);
            pipe.flush();
        }
    }

    // row 13
    @Test
    void writesThroughTheSmallestSocketBuffer() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        pair[1].tinySendBuffer();
        byte[] payload = Frames.pattern(5, 300_000);
        ByteBuffer direct = ByteBuffer.allocateDirect(payload.length).put(0, payload);
        byte[] expected = Frames.concat(Frames.frame(1, payload), Frames.frame(2, payload));
        try (RawSocket other = pair[0];
                BlockingPipe narrow = BlockingPipe.adopt(pair[1].release());
                Background reader =
                        Background.run("reader", () -> assertArrayEquals(expected, other.read(expected.length)))) {
            narrow.writeFrame(1, direct);
            narrow.writeFrame(2, payload, 0, payload.length);
            narrow.flush();
        }
    }

    // row 17
    @Test
    void reportsALostReaderOnceAndReadsOn() throws Exception {
        peer.write(Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "b")));
        peer.close();
        assertEquals(1, pipe.readFrame().channelId());
        pipe.writeFrame(1, ByteBuffer.allocate(1));
        NativeIoException e = assertThrows(NativeIoException.class, pipe::flush);
        assertEquals("EPIPE", e.errnoName());
        assertEquals(2, pipe.readFrame().channelId());
        assertNull(pipe.readFrame());
        IOException later = assertThrows(IOException.class, () -> pipe.writeFrame(1, ByteBuffer.allocate(1)));
        assertSame(e, later.getCause());
        assertSame(e, assertThrows(IOException.class, pipe::flush).getCause());
        pipe.close();
    }

    @Test
    void allocatesNothingPerFrame() throws Exception {
        int frames = 20_000;
        RawSocket[] pair = RawSocket.pair();
        BlockingPipe echo = BlockingPipe.adopt(pair[0].release());
        Background other = Background.run("echo", () -> {
            try (echo) {
                for (Frame frame = echo.readFrame(); frame != null; frame = echo.readFrame()) {
                    echo.writeFrame(frame.channelId(), frame.payload());
                }
            }
        });
        try (BlockingPipe near = BlockingPipe.adopt(pair[1].release())) {
            ByteBuffer payload = ByteBuffer.allocateDirect(64);
            byte[] array = new byte[64];
            exchange(near, payload, array, frames);
            var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadAllocatedBytes();
            exchange(near, payload, array, frames);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < frames, () -> allocated + " bytes for " + frames + " frames");
            near.shutdownOutput();
            other.close();
        }
    }

    private static void exchange(BlockingPipe pipe, ByteBuffer payload, byte[] array, int frames) throws IOException {
        for (int count = 0; count < frames; count += 2) {
            pipe.writeFrame(1, payload.clear());
            pipe.writeFrame(2, array, 0, array.length);
            assertEquals(1, pipe.readFrame().channelId());
            assertEquals(2, pipe.readFrame().channelId());
        }
    }

    // life -------------------------------------------------------------------------------------------------------

    /** In one piece, in pieces, and from where it lies. */
    @Test
    @EnabledForJreRange(minVersion = 22)
    void aPayloadWhoseArenaIsClosedIsRefusedAndNothingOfItIsSent() throws Exception {
        for (int length : new int[] {1000, 64 * 1024, 512 * 1024}) {
            ByteBuffer payload = ClosedArena.buffer(length);
            assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, payload));
        }
        pipe.writeFrame(2, new byte[] {7}, 0, 1);
        pipe.flush();
        assertArrayEquals(Frames.frame(2, (byte) 7), peer.read(7));
    }
}
