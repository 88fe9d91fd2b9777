package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Errno;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The unread bytes of a stream. */
@ExactCalls("what one read brings")
class InputBufferTest {

    private static final int KIB = 1024;
    private static final int NO_LIMIT = 1 << 30;

    private final BufferPool pool = new BufferPool(0, () -> {});
    private final InputBuffer input = new InputBuffer(pool);
    private RawSocket socket;
    private RawSocket peer;

    @BeforeEach
    void open() throws IOException {
        RawSocket[] pair = RawSocket.pair();
        socket = pair[0].nonBlocking();
        peer = pair[1];
    }

    @AfterEach
    void close() throws IOException {
        input.release();
        socket.close();
        peer.close();
        assertEquals(0, pool.leasedBytes());
    }

    private int fill(int capacity, int unreadLimit) {
        return input.fill(socket.fd(), capacity, 0, unreadLimit);
    }

    private byte[] unread() {
        byte[] unread = new byte[input.length()];
        if (unread.length > 0) {
            input.bytes().get(input.start(), unread);
        }
        return unread;
    }

    @Test
    void holdsMemoryOnlyFromTheReadToTheLastByteTaken() throws Exception {
        assertFalse(input.hasBuffer());
        peer.write("abc");
        assertEquals(3, fill(4 * KIB, NO_LIMIT));
        assertTrue(input.hasBuffer());
        assertEquals(3, input.length());
        assertArrayEquals(new byte[] {'a', 'b', 'c'}, unread());
        input.start(input.start() + 2);
        input.releaseIfEmpty();
        assertArrayEquals(new byte[] {'c'}, unread());
        input.start(input.end());
        assertTrue(input.isEmpty());
        input.releaseIfEmpty();
        assertFalse(input.hasBuffer());
        assertEquals(0, pool.leasedBytes());
    }

    @Test
    void tellsNothingThereFromTheEndAndFromAnError() throws Exception {
        assertEquals(-Errno.EAGAIN, fill(4 * KIB, NO_LIMIT));
        peer.write("x");
        peer.close();
        assertEquals(1, fill(4 * KIB, NO_LIMIT));
        assertEquals(0, fill(4 * KIB, NO_LIMIT));
        assertEquals(-Errno.EBADF, input.fill(-1, 4 * KIB, 0, NO_LIMIT));
        assertArrayEquals(new byte[] {'x'}, unread());
    }

    // row 5
    @Test
    void growsWithTheBytesThatWereReceived() throws Exception {
        byte[] stream = Frames.pattern(1, 2 << 20);
        int sent = 0;
        while (sent < stream.length) {
            int end = Math.min(stream.length, sent + 10_000);
            peer.write(Arrays.copyOfRange(stream, sent, end));
            while (input.length() < end) {
                assertTrue(fill(4 * KIB, NO_LIMIT) > 0);
                int unread = input.length();
                long held = pool.leasedBytes();
                assertTrue(held <= 2L * unread + 4 * KIB + 128, () -> held + " bytes for " + unread + " unread");
            }
            sent = end;
        }
        assertArrayEquals(stream, unread());
    }

    @Test
    void aReadStopsAtItsGoal() throws Exception {
        peer.write(Frames.pattern(4, 9_000));
        assertEquals(5_000, input.fill(socket.fd(), 8 * KIB, 5_000, NO_LIMIT));
        assertEquals(1_000, input.fill(socket.fd(), 8 * KIB, 6_000, NO_LIMIT));
        assertEquals(500, input.fill(socket.fd(), 8 * KIB, 9_000, 6_500), "the limit holds all the same");
        assertArrayEquals(Arrays.copyOf(Frames.pattern(4, 9_000), 6_500), unread());
    }

    // row 5
    @Test
    void aGoalGetsNoMoreMemoryAtOnceThanTheStreamHasFilledBefore() throws Exception {
        peer.write(Frames.pattern(5, 100));
        assertEquals(100, input.fill(socket.fd(), 4 * KIB, 1 << 20, NO_LIMIT));
        assertTrue(pool.leasedBytes() <= 4 * KIB + 64, "claimed, and never filled");
        fillUpTo(100 * KIB);
        long grown = pool.leasedBytes();
        claim(64 << 20);
        assertEquals(grown, pool.leasedBytes());
        claim(0);
        assertTrue(pool.leasedBytes() <= 4 * KIB + 64, "nothing is claimed");
    }

    // row 5
    @Test
    void aLargeGoalGetsNoMemoryAtOnceButWhatThePoolHas() throws Exception {
        fillUpTo(5 << 20);
        final long grown = pool.leasedBytes();
        claim(6 << 20);
        assertEquals(grown, pool.leasedBytes(), "the pool has kept it");
        input.release();
        pool.trim();
        claim(6 << 20);
        assertTrue(pool.leasedBytes() <= (4 << 20) + 64, "it would be fresh memory");
    }

    /** A new frame, of which the first bytes have come; 0: its header has not. */
    private void claim(int length) throws Exception {
        input.release();
        peer.write(new byte[100]);
        assertEquals(100, input.fill(socket.fd(), 4 * KIB, length, NO_LIMIT));
    }

    private void fillUpTo(int length) throws Exception {
        while (input.length() < length) {
            peer.write(new byte[1_000]);
            assertTrue(fill(4 * KIB, NO_LIMIT) > 0);
        }
    }

    // row 5
    @Test
    void holdsOneBlockForABlockOfBytesHoweverSlowlyTheyCome() throws Exception {
        for (int count = 1; count <= 2_000; count++) {
            peer.write((byte) count);
            assertEquals(1, fill(4 * KIB, NO_LIMIT));
            assertTrue(pool.leasedBytes() <= 4 * KIB + 64);
        }
        assertEquals(2_000, input.length());
    }

    @Test
    void readsUpToItsLimitAndNoFurtherUntilSomeIsTaken() throws Exception {
        byte[] stream = Frames.pattern(2, 30_000);
        peer.write(stream);
        int limit = 12_345;
        while (input.length() < limit) {
            assertTrue(fill(4 * KIB, limit) > 0);
        }
        assertEquals(limit, input.length());
        assertEquals(InputBuffer.NO_ROOM, fill(4 * KIB, limit));
        assertEquals(InputBuffer.NO_ROOM, fill(4 * KIB, limit - 1));
        assertArrayEquals(Arrays.copyOf(stream, limit), unread());
        input.start(input.start() + 10);
        assertEquals(10, fill(4 * KIB, limit));
        assertEquals(InputBuffer.NO_ROOM, fill(4 * KIB, limit));
        assertArrayEquals(Arrays.copyOfRange(stream, 10, limit + 10), unread());
    }

    // row 10
    @Test
    void refusesToTakeWhatIsNotThere() throws Exception {
        peer.write("abcdef");
        fill(4 * KIB, NO_LIMIT);
        input.start(input.start() + 2);
        int start = input.start();
        for (int index : new int[] {start - 1, -1, input.end() + 1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> input.start(index));
        }
        assertEquals(start, input.start());
        assertArrayEquals(new byte[] {'c', 'd', 'e', 'f'}, unread());
        input.start(start);
        assertEquals(4, input.length());
    }

    @Test
    void showsItsBytesThroughOneViewUntilTheBlockChanges() throws Exception {
        peer.write("abcdef");
        fill(4 * KIB, NO_LIMIT);
        ByteBuffer view = input.view(input.start() + 1, input.end());
        assertArrayEquals(new byte[] {'b', 'c', 'd', 'e', 'f'}, Frames.bytes(view));
        assertSame(view, input.view(input.start(), input.start() + 1));
        assertEquals('a', view.get());
        input.hideView();
        assertEquals(0, view.limit());
        input.release();
        input.hideView();
        assertEquals(0, input.length());
    }

    @Test
    void movesASmallRemainderIntoASmallBlock() throws Exception {
        byte[] stream = Frames.pattern(3, 20_000);
        peer.write(stream);
        fill(64 * KIB, NO_LIMIT);
        assertEquals(20_000, input.length());
        long large = pool.leasedBytes();
        input.start(input.start() + 15_000);
        input.compactIfSmall();
        assertEquals(large, pool.leasedBytes()); // 5,000 are not few
        input.start(input.start() + 1_000);
        input.compactIfSmall();
        assertTrue(pool.leasedBytes() < 5 * KIB, () -> pool.leasedBytes() + " bytes");
        assertArrayEquals(Arrays.copyOfRange(stream, 16_000, 20_000), unread());
        long small = pool.leasedBytes();
        input.compactIfSmall();
        assertEquals(small, pool.leasedBytes());
        peer.write("x");
        assertEquals(1, fill(64 * KIB, NO_LIMIT)); // and back into a large one
        assertEquals(4_001, input.length());
        assertEquals('x', input.bytes().get(input.end() - 1));
    }

    @Test
    void dropsWhatIsUnreadWhenItIsReleased() throws Exception {
        peer.write("abc");
        fill(4 * KIB, NO_LIMIT);
        input.release();
        assertTrue(input.isEmpty());
        input.release();
        peer.write("de");
        assertEquals(2, fill(4 * KIB, NO_LIMIT));
        assertArrayEquals(new byte[] {'d', 'e'}, unread());
    }

    @Test
    void isTheStreamWhateverIsReadTakenAndMoved() throws Exception {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            byte[] stream = Frames.pattern((int) seed, 200_000);
            int sent = 0;
            int taken = 0;
            int limit = 1 + random.nextInt(40_000);
            for (int step = 0; step < 60; step++) {
                int length = Math.min(stream.length - sent, random.nextInt(20_000));
                if (length > 0 && input.length() == sent - taken) {
                    peer.write(Arrays.copyOfRange(stream, sent, sent + length));
                    sent += length;
                }
                int result = fill(4 * KIB << random.nextInt(4), limit);
                assertTrue(result > 0 || result == -Errno.EAGAIN || result == InputBuffer.NO_ROOM, "seed " + seed);
                int unread = input.length();
                assertTrue(unread <= limit);
                assertArrayEquals(Arrays.copyOfRange(stream, taken, taken + unread), unread(), "seed " + seed);
                int take = random.nextInt(4) == 0 ? unread : random.nextInt(unread + 1);
                input.start(input.start() + take);
                taken += take;
                if (random.nextBoolean()) {
                    input.compactIfSmall();
                }
                input.releaseIfEmpty();
            }
            input.release();
            while (fill(64 * KIB, NO_LIMIT) > 0) {
                input.release(); // for the next seed
            }
            input.release();
        }
    }
}
