package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evloop.error.FdLimitException;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawFds;
import io.evloop.testing.RawPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Descriptors that cannot travel with frames: nothing is queued, and nothing leaks. */
class FdRefusalTest {

    private static ByteBuffer payload(int length) {
        return ByteBuffer.wrap(Frames.pattern(length, length));
    }

    @Test
    void onlyUnixSocketsPassDescriptors() throws Exception {
        try (TestLoop test = TestLoop.open();
                RawPipe probe = RawPipe.open()) {
            Pipe[] ends = SocketKind.TCP4.connect(test.loop(), PipeOptions.DEFAULT);
            assertThrows(UnsupportedOperationException.class, () -> ends[0].acceptFds(1));
            assertThrows(
                    UnsupportedOperationException.class, () -> ends[0].writeFrame(1, payload(1), probe.writeEnd()));
            assertEquals(0, ends[0].stats().framesOut());
        }
    }

    @Test
    void aBadDescriptorQueuesNothing() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            ByteBuffer payload = payload(5);
            NativeIoException refused = assertThrows(NativeIoException.class, () -> pipe.writeFrame(1, payload, -1));
            assertEquals("EBADF", refused.errnoName());
            assertEquals(5, payload.remaining());
            assertEquals(0, pipe.stats().framesOut());
            pipe.writeFrame(2, payload(1));
            Await.idle(test.loop());
            assertArrayEquals(Frames.frame(2, payload(1).array()), peered.peer().read(7));
            for (int limit : new int[] {0, -1, 254}) {
                assertThrows(IllegalArgumentException.class, () -> pipe.acceptFds(limit));
            }
            assertThrows(IllegalArgumentException.class, () -> pipe.writeFrame(1, ByteBuffer.allocate(0), 0));
        }
    }

    /** The number that would be given next tells whether all before it were closed. */
    private static int nextFd() throws Exception {
        try (RawPipe probe = RawPipe.open()) {
            return probe.readEnd();
        }
    }

    @Test
    void aPulledPipeWithTooManyEndsOnceTheFramesBeforeAreTaken() throws Exception {
        int before = nextFd();
        try (TestLoop test = TestLoop.open();
                RawPipe passed = RawPipe.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            pipe.acceptFds(1).onReadable(from -> {});
            peered.peer().write(Frames.frame(1, "a"));
            Await.idle(test.loop());
            byte[] next = Frames.frame(2, "bc");
            RawFds.sendAll(peered.peer(), Arrays.copyOf(next, 7), passed.readEnd(), passed.writeEnd());
            Await.idle(test.loop());
            RawFds.sendAll(peered.peer(), Arrays.copyOfRange(next, 7, 8), passed.readEnd());
            assertEquals(1, pipe.readFrame().channelId());
            assertInstanceOf(FdLimitException.class, peered.awaitClose());
        }
        assertEquals(before, nextFd());
    }

    @ParameterizedTest
    @EnumSource
    void whatElseASocketWasAskedForTakesNoRoom(RawFds.Also also) throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (TestLoop test = TestLoop.open();
                RawPipe passed = RawPipe.open();
                RawSocket peer = pair[1]) {
            askForIfTheKernelCan(pair[0], also);
            List<Integer> fds = new ArrayList<>();
            Pipe pipe = Pipe.adopt(test.loop(), pair[0].release(), 0);
            pipe.acceptFds(1).onFrame((from, channelId, payload) -> {
                int fd = from.takeFd();
                fds.add(fd);
                Native.close(fd);
            });
            RawFds.send(peer, Frames.frame(1, "a"), passed.readEnd());
            Await.turns(test.loop(), "the frame", () -> !fds.isEmpty());
            assertTrue(fds.get(0) >= 0, fds::toString);
            assertFalse(pipe.isClosed());
        }
    }

    private static void askForIfTheKernelCan(RawSocket socket, RawFds.Also also) throws IOException {
        try {
            RawFds.askFor(socket, also);
        } catch (NativeIoException e) {
            socket.close();
            assumeFalse("ENOPROTOOPT".equals(e.errnoName()), () -> "this kernel has no " + also);
            throw e;
        }
    }
}
