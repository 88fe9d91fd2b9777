package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Descriptors;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose a descriptor is, and what descriptors can be adopted. */
class AdoptTest {

    private TestLoop test;
    private EventLoop loop;
    private final List<String> heard = new ArrayList<>();
    private Throwable cause;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    private Pipe record(Pipe pipe) {
        return pipe.onFrame((from, channelId, payload) -> heard.add(channelId + ":" + Frames.latin(payload)))
                .onClose((from, why) -> {
                    heard.add("closed");
                    cause = why;
                });
    }

    @Test
    void anAdoptedDescriptorIsNonBlockingAndItsPeerIsNot() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
            assertTrue(Descriptors.isNonBlocking(peered.pipe().connection().fd()));
            assertFalse(Descriptors.isNonBlocking(peered.peer().fd()));
        }
    }

    // row 24
    @Test
    void aRegularFileIsRefusedAndStaysTheCallers(@TempDir Path directory) throws Exception {
        int fd = Descriptors.openFile(Files.createFile(directory.resolve("file")));
        try {
            assertRefused("EPERM", "epoll_ctl", fd);
            Descriptors.assertOpen(fd);
            assertFalse(Descriptors.isNonBlocking(fd));
        } finally {
            Fd.close(fd);
        }
    }

    // row 24
    @Test
    void aSocketThatIsNoStreamIsRefusedAndStaysTheCallers() throws Exception {
        int fd = Fd.check(Native.datagramSocket(Native.AF_UNIX), "socket");
        try {
            assertRefused("EPROTOTYPE", "getsockopt", fd);
            NativeIoException e = assertThrows(NativeIoException.class, () -> BlockingPipe.adopt(fd));
            assertEquals("EPROTOTYPE", e.errnoName());
            Descriptors.assertOpen(fd);
        } finally {
            Fd.close(fd);
        }
    }

    // row 24
    @Test
    void aDescriptorThatIsThereAlreadyIsRefusedAndTheFirstGoesOn() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            Await.idle(loop);
            int fd = peered.pipe().connection().fd();
            assertRefused("EEXIST", "epoll_ctl", fd);
            Descriptors.assertOpen(fd);
            peered.peer().write(Frames.frame(7, "a"));
            Await.idle(loop);
            assertEquals(List.of("7:a"), peered.heard());
        }
    }

    // row 24
    @Test
    void aNumberThatIsNoDescriptorIsRefused() {
        assertRefused("EBADF", "fcntl", -1);
        assertRefused("EBADF", "fcntl", 1 << 20);
    }

    /** By both ways of adopting; and nothing is left of it: the loop is idle, and nobody hears a close. */
    private void assertRefused(String errno, String systemCall, int fd) {
        NativeIoException e = assertThrows(NativeIoException.class, () -> Pipe.adopt(loop, fd, 0));
        assertEquals(errno, e.errnoName());
        assertEquals(systemCall, e.systemCall());
        e = assertThrows(
                NativeIoException.class,
                () -> loop.adopt(fd, 0, new ConnectionHandler() {
                    @Override
                    public void onReadable(Connection connection) {
                        heard.add("readable");
                    }

                    @Override
                    public void onClose(Connection connection, Throwable why) {
                        heard.add("closed");
                    }
                }));
        assertEquals(errno, e.errnoName());
        assertEquals(0, loop.poll(0));
        assertEquals(List.of(), heard);
    }

    @Test
    void aRefusedDescriptorCanBeAdoptedLater() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket end = pair[0];
                RawSocket peer = pair[1]) {
            Watch watch = loop.watch(end.fd(), 0, (w, events) -> {});
            assertRefused("EEXIST", "epoll_ctl", end.fd());
            watch.cancel();
            record(Pipe.adopt(loop, end.release(), 0));
            peer.write(Frames.frame(7, "a"));
            Await.idle(loop);
            assertEquals(List.of("7:a"), heard);
        }
    }

    // pipe(2) ----------------------------------------------------------------------------------------------------

    @Test
    void theReadEndOfAPipeReadsFramesUntilTheWriterIsGone() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe pipe = record(Pipe.adopt(loop, raw.releaseReadEnd(), 0));
            raw.write(Frames.concat(Frames.frame(7, "a"), Frames.frame(8, "b")));
            Await.idle(loop);
            assertEquals(List.of("7:a", "8:b"), heard);
            assertEquals(WriteResult.CLOSED, pipe.writeFrame(1, ByteBuffer.wrap(new byte[1])));
            assertNull(pipe.claim(1, 1));
            raw.write(Frames.frame(9, "c"));
            raw.closeWriteEnd();
            Await.idle(loop);
            assertEquals(List.of("7:a", "8:b", "9:c", "closed"), heard);
            assertNull(cause);
        }
    }

    @Test
    void theWriteEndOfAPipeWritesFrames() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe pipe = record(Pipe.adopt(loop, raw.releaseWriteEnd(), 0));
            byte[] payload = Frames.pattern(1, 200_000); // more than a pipe holds
            assertEquals(WriteResult.OK, pipe.writeFrame(7, ByteBuffer.wrap(payload)));
            ByteBuffer got = ByteBuffer.allocate(6 + payload.length);
            while (got.hasRemaining()) {
                Await.idle(loop);
                got.put(raw.read(Math.min(got.remaining(), 1000)));
            }
            assertArrayEquals(Frames.frame(7, payload), got.array());
            pipe.close();
            Await.idle(loop);
            assertNull(cause);
            assertEquals(0, raw.read(1).length);
        }
    }

    // row 17
    @Test
    void theWriteEndOfAPipeWhoseReaderIsGoneEndsWithEpipe() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe pipe = record(Pipe.adopt(loop, raw.releaseWriteEnd(), 0));
            raw.closeReadEnd();
            pipe.writeFrame(7, ByteBuffer.wrap(new byte[1]));
            Await.idle(loop);
            assertEpipe();
        }
    }

    @Test
    void theWriteEndOfAPipeHearsThatItsReaderIsGoneWithoutAWrite() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            record(Pipe.adopt(loop, raw.releaseWriteEnd(), 0));
            Await.idle(loop);
            raw.closeReadEnd();
            Await.idle(loop);
            assertEpipe();
        }
    }

    private void assertEpipe() {
        assertEquals(List.of("closed"), heard);
        assertEquals("EPIPE", assertInstanceOf(NativeIoException.class, cause).errnoName());
    }

    @Test
    void aPipeIsNoSocketAndCannotBeHalfClosed() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            Pipe pipe = record(Pipe.adopt(loop, raw.releaseWriteEnd(), 0));
            assertThrows(UnsupportedOperationException.class, pipe::shutdownOutput);
            assertThrows(UnsupportedOperationException.class, pipe.connection()::shutdownOutput);
            assertEquals(WriteResult.OK, pipe.writeFrame(7, ByteBuffer.wrap(new byte[1])));
        }
    }

    /** The kernel would not know: what is suspended is not in the epoll. */
    @Test
    void aDescriptorThatHasAnOwnerIsRefusedAlsoWhileItIsSuspended() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        Connection connection = loop.adopt(pair[0].release(), 0, from -> heard.add("readable"));
        int fd = connection.fd();
        connection.pauseReading();
        pair[1].write("x");
        Await.idle(loop);
        for (int round = 0; round < 2; round++) {
            assertEquals(
                    "EEXIST",
                    assertThrows(NativeIoException.class, () -> loop.adopt(fd, 1, from -> {}))
                            .errnoName());
            assertEquals(
                    "EEXIST",
                    assertThrows(NativeIoException.class, () -> Pipe.adopt(loop, fd, 1))
                            .errnoName());
            assertEquals(
                    "EEXIST",
                    assertThrows(NativeIoException.class, () -> loop.watch(fd, Epoll.IN, (watch, events) -> {}))
                            .errnoName());
            connection.resumeReading();
            Await.turns(loop, "the byte", () -> heard.contains("readable"));
        }
        pair[1].close();
        connection.close();
        Await.idle(loop);
    }
}
