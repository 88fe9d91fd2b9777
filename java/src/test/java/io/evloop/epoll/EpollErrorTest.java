package io.evloop.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.sys.FileDescriptors;
import io.evloop.sys.Native;
import io.evloop.testing.Errors;
import io.evloop.testing.HighNumbers;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Together;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What the kernel or the binding refuses. */
class EpollErrorTest {

    private RawSocket socket;
    private RawSocket peer;
    private Epoll epoll;

    @BeforeEach
    void open() throws IOException {
        RawSocket[] pair = RawSocket.pair();
        socket = pair[0];
        peer = pair[1];
        epoll = Epoll.open(4);
    }

    @AfterEach
    void close() throws IOException {
        epoll.close();
        socket.close();
        peer.close();
    }

    private static void assertRefused(int errno, String name, String operation, int fd, Executable call) {
        NativeIoException failure = Errors.assertFails(errno, name, "epoll_ctl", call);
        assertTrue(
                failure.getMessage().startsWith("epoll_ctl: " + operation + " fd " + fd + ": " + name),
                failure.getMessage());
    }

    // row 24
    @Test
    void refusesADescriptorTwiceAndKeepsTheFirstRegistration() throws Exception {
        int fd = socket.fd();
        peer.write("x");
        epoll.add(fd, Epoll.IN, 1);
        assertRefused(Errors.EEXIST, "EEXIST", "add", fd, () -> epoll.add(fd, Epoll.OUT, 2));
        assertEquals(1, epoll.await(0));
        assertEquals(1, epoll.token(0));
        assertEquals(Epoll.IN, epoll.events(0));
    }

    // row 24
    @Test
    void refusesToModifyOrRemoveWhatWasNotAdded() throws Exception {
        int fd = socket.fd();
        assertRefused(Errors.ENOENT, "ENOENT", "modify", fd, () -> epoll.modify(fd, Epoll.OUT, 1));
        assertRefused(Errors.ENOENT, "ENOENT", "remove", fd, () -> epoll.remove(fd));
        assertEquals(0, epoll.await(0));
        epoll.add(fd, Epoll.OUT, 1);
        epoll.remove(fd);
        assertRefused(Errors.ENOENT, "ENOENT", "remove", fd, () -> epoll.remove(fd));
    }

    // row 24
    @Test
    void refusesARegularFile() throws Exception {
        int file = FileDescriptors.open("/proc/self/exe", FileDescriptors.O_RDONLY);
        try {
            assertRefused(Errors.EPERM, "EPERM", "add", file, () -> epoll.add(file, Epoll.IN, 1));
            assertEquals(0, epoll.await(0));
        } finally {
            Fd.close(file);
        }
    }

    // row 24
    @Test
    void refusesWhatIsNotOpen() throws Exception {
        int closed = HighNumbers.eventFd();
        Fd.close(closed);
        for (int fd : new int[] {-1, closed, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertRefused(Errors.EBADF, "EBADF", "add", fd, () -> epoll.add(fd, Epoll.IN, 1));
            assertRefused(Errors.EBADF, "EBADF", "modify", fd, () -> epoll.modify(fd, Epoll.IN, 1));
            assertRefused(Errors.EBADF, "EBADF", "remove", fd, () -> epoll.remove(fd));
        }
    }

    // row 24
    @Test
    void refusesItselfAndACircle() throws Exception {
        int fd = epoll.fd();
        assertRefused(Errors.EINVAL, "EINVAL", "add", fd, () -> epoll.add(fd, Epoll.IN, 1));
        try (Epoll outer = Epoll.open(1)) {
            outer.add(fd, Epoll.IN, 1);
            int outerFd = outer.fd();
            assertRefused(Errors.ELOOP, "ELOOP", "add", outerFd, () -> epoll.add(outerFd, Epoll.IN, 1));
        }
    }

    @Test
    void refusesEverythingButWakeupOnceClosed() throws Exception {
        epoll.add(socket.fd(), Epoll.OUT, 1);
        assertEquals(1, epoll.await(0));
        epoll.close();
        epoll.wakeup();
        epoll.close();
        Executable[] calls = {
            () -> epoll.add(peer.fd(), Epoll.IN, 1),
            () -> epoll.modify(socket.fd(), Epoll.IN, 1),
            () -> epoll.remove(socket.fd()),
            () -> epoll.await(0),
            () -> epoll.token(0),
            () -> epoll.events(0),
            epoll::fd,
            epoll::maxEvents,
            () -> epoll.maxEvents(8)
        };
        for (Executable call : calls) {
            assertThrows(IllegalStateException.class, call);
        }
    }

    // row 32
    @Test
    void closesItsDescriptorsOnceThoughManyThreadsClose() throws Exception {
        for (int round = 0; round < 200; round++) {
            Epoll shared = Epoll.open(1);
            int[] reused = new int[4];
            try (Together closing = Together.start(4, index -> {
                shared.close();
                reused[index] = Fd.check(Native.eventFd(), "eventfd"); // takes a number that was just given up
            })) {
                shared.close();
            }
            for (int fd : reused) {
                Fd.close(fd); // EBADF if a second close took it
            }
        }
    }

    // row 36
    @Test
    void givesEverythingBackWhenItCannotBeOpened() throws Exception {
        JavaProcess.Result result = JavaProcess.of(OpenWithoutDescriptors.class)
                .prefix("sh", "-c", "ulimit -n 256; exec \"$@\"", "sh")
                .run();
        assertEquals(0, result.exitCode(), result.output());
    }

    /** Opens epolls while none, then only one, of the two descriptors is to be had. */
    static final class OpenWithoutDescriptors {

        private OpenWithoutDescriptors() {}

        public static void main(String[] arguments) throws Exception {
            Errors.assertFails(Errors.EBADF, "EBADF", "close", () -> Fd.close(-1)); // loads the classes
            Epoll.open(1).close();
            int[] taken = new int[256];
            int count = 0;
            int fd = Native.eventFd();
            while (fd >= 0) {
                taken[count++] = fd;
                fd = Native.eventFd();
            }
            Throwable none = failureOfOpening();
            Fd.close(taken[--count]);
            Throwable second = failureOfOpening();
            Throwable again = failureOfOpening();
            Fd.close(taken[--count]);
            Epoll.open(1).close();
            Epoll.open(1).close();
            while (count > 0) {
                Fd.close(taken[--count]);
            }
            assertEquals("epoll_create1: EMFILE (Too many open files)", none.getMessage());
            assertEquals("eventfd: EMFILE (Too many open files)", second.getMessage());
            assertEquals("eventfd: EMFILE (Too many open files)", again.getMessage());
            assertEquals(0, second.getSuppressed().length);
        }

        private static Throwable failureOfOpening() {
            try (Epoll epoll = Epoll.open(1)) {
                return new AssertionError("opened " + epoll);
            } catch (IOException e) {
                return e;
            }
        }
    }
}
