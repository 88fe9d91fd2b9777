package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.sys.Errno;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** A block of memory, its view, and reads and writes within its bounds. */
class OffHeapBufferTest {

    private final OffHeapBuffer buffer = OffHeapBuffer.allocate(64);

    @Test
    void showsItsBytesThroughOneViewThatForgetsWhatWasDoneToIt() {
        buffer.bytes().put(10, new byte[] {1, 2, 3, 4});
        ByteBuffer view = buffer.view(10, 14);
        assertEquals(0x0102_0304, view.getInt());
        view.order(ByteOrder.LITTLE_ENDIAN).clear();
        assertSame(view, buffer.view(11, 13));
        assertSame(ByteOrder.BIG_ENDIAN, view.order());
        assertArrayEquals(new byte[] {2, 3}, Frames.bytes(view));
        assertEquals(0, buffer.bytes().position());
        assertEquals(64, buffer.bytes().limit());
    }

    // row 9
    @Test
    void refusesALateUseOfTheView() {
        ByteBuffer view = buffer.view(0, 64);
        buffer.hideView();
        assertEquals(0, view.remaining());
        assertThrows(BufferUnderflowException.class, view::get);
        assertThrows(IndexOutOfBoundsException.class, () -> view.get(0));
        assertThrows(IndexOutOfBoundsException.class, () -> view.putInt(0, 1));
    }

    @Test
    @ExactCalls("the bytes that each call moves")
    void movesExactlyTheBytesThatAreNamed() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket socket = pair[0];
                RawSocket peer = pair[1]) {
            peer.write("abcdef");
            assertEquals(4, buffer.readFrom(socket.fd(), 60, 4));
            assertEquals(2, buffer.readFrom(socket.fd(), 0, 8));
            assertEquals('a', buffer.bytes().get(60));
            assertEquals('f', buffer.bytes().get(1));
            for (boolean isSocket : new boolean[] {true, false}) {
                assertEquals(3, buffer.writeTo(new Sink(socket.fd(), isSocket), 61, 3));
                assertArrayEquals(new byte[] {'b', 'c', 'd'}, peer.read(3));
            }
        }
    }

    @Test
    void returnsErrorsAsTheyAre() {
        assertEquals(-Errno.EBADF, buffer.readFrom(-1, 0, 64));
        assertEquals(-Errno.EBADF, buffer.writeTo(new Sink(-1, true), 0, 64));
        assertEquals(-Errno.EBADF, buffer.writeTo(new Sink(-1, false), 0, 64));
    }

    @Test
    void refusesToTouchWhatIsNotItsMemory() {
        int[][] ranges = {{-1, 1}, {0, 65}, {64, 1}, {65, 0}, {1, 64}, {0, -1}, {1, Integer.MAX_VALUE}};
        for (int[] range : ranges) {
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.readFrom(-1, range[0], range[1]));
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.writeTo(new Sink(-1, true), range[0], range[1]));
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.address(range[0], range[1]));
        }
        assertThrows(IllegalArgumentException.class, () -> buffer.view(0, 65));
        assertThrows(IllegalArgumentException.class, () -> buffer.view(3, 2));
    }
}
