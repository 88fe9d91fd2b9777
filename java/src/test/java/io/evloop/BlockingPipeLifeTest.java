package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of a pipe that blocks: half-closed, closed, refused. */
class BlockingPipeLifeTest {

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

    @Test
    void flushesAndHalfClosesAndReadsOn() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[] {5}));
        pipe.shutdownOutput();
        pipe.shutdownOutput();
        assertArrayEquals(Frames.frame(1, (byte) 5), peer.read(1000));
        assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, ByteBuffer.allocate(1)));
        peer.write(Frames.frame(2, "answer"));
        assertEquals("answer", Frames.text(pipe.readFrame().payload()));
    }

    @Test
    void sendsWhatIsGatheredWhenItIsClosed() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[] {5}));
        pipe.close();
        assertTrue(pipe.isClosed());
        assertArrayEquals(Frames.frame(1, (byte) 5), peer.read(1000));
    }

    // row 32
    @Test
    void closesItsDescriptorOnce() throws Exception {
        pipe.close();
        RawSocket[] reusing = RawSocket.pair();
        pipe.close();
        reusing[0].write((byte) 1);
        assertEquals(1, reusing[1].readSome(1)[0]);
        reusing[0].close();
        reusing[1].close();
    }

    @Test
    void closesItsDescriptorThoughTheLastFlushFails() throws Exception {
        pipe.writeFrame(1, ByteBuffer.allocate(1));
        peer.close();
        assertThrows(NativeIoException.class, pipe::close);
        assertTrue(pipe.isClosed()); // and LeakCheck counts descriptors
    }

    // row 33
    @Test
    void refusesEverythingButCloseAndQuestionsOnceItIsClosed() throws Exception {
        peer.write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b")));
        ByteBuffer payload = pipe.readFrame().payload();
        pipe.close();
        assertThrows(IllegalStateException.class, pipe::readFrame);
        assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, ByteBuffer.allocate(1)));
        assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, new byte[1], 0, 1));
        assertThrows(IllegalStateException.class, pipe::flush);
        assertThrows(IllegalStateException.class, pipe::shutdownOutput);
        assertThrows(BufferUnderflowException.class, payload::get);
        assertTrue(pipe.toString().startsWith("BlockingPipe[fd="), pipe.toString());
        assertTrue(pipe.maxFrameLength() > 0 && pipe.fd() >= 0);
    }

    @Test
    void leavesADescriptorThatItCannotAdoptToTheCaller() throws Exception {
        NativeIoException e = assertThrows(NativeIoException.class, () -> BlockingPipe.adopt(1_000_000));
        assertEquals("EBADF", e.errnoName());
        RawSocket[] pair = RawSocket.pair();
        assertThrows(IllegalArgumentException.class, () -> BlockingPipe.adopt(pair[0].fd(), 0));
        assertThrows(IllegalArgumentException.class, () -> BlockingPipe.adopt(pair[0].fd(), (64 << 20) + 1));
        pair[0].write((byte) 1);
        pair[0].close();
        pair[1].close();
    }

    @Test
    void isNotInheritedByAProcessThatIsNoWorker() {
        IOException e = assertThrows(IOException.class, BlockingPipe::inherited);
        assertTrue(e.getMessage().contains("EVLOOP_FD"), e.getMessage());
    }
}
