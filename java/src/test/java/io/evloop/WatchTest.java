package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.testing.Await;
import io.evloop.testing.Descriptors;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The raw readiness of a descriptor that stays the caller's. */
class WatchTest {

    private TestLoop test;
    private EventLoop loop;
    private RawSocket watched;
    private RawSocket peer;
    private final List<Integer> heard = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        RawSocket[] pair = RawSocket.pair();
        watched = pair[0];
        peer = pair[1];
    }

    @AfterEach
    void close() throws Exception {
        test.close();
        watched.close();
        peer.close();
    }

    private Watch watch(int interest) throws Exception {
        return loop.watch(watched.fd(), interest, (watch, readyEvents) -> heard.add(readyEvents));
    }

    @Test
    void isCalledOnceATurnWhileTheDescriptorIsReady() throws Exception {
        watch(Epoll.IN);
        loop.poll(0);
        assertEquals(List.of(), heard);
        peer.write("x");
        loop.poll(0);
        loop.poll(0);
        assertEquals(List.of(Epoll.IN, Epoll.IN), heard);
        watched.readSome(1);
        assertEquals(0, loop.poll(0));
        assertEquals(2, heard.size());
    }

    @Test
    void leavesTheDescriptorAsItIs() throws Exception {
        Watch watch = watch(Epoll.IN);
        assertFalse(Descriptors.isNonBlocking(watched.fd()));
        assertEquals(watched.fd(), watch.fd());
        watch.cancel();
        Descriptors.assertOpen(watched.fd());
    }

    @Test
    void anotherInterestReplacesTheFirst() throws Exception {
        Watch watch = watch(Epoll.IN);
        watch.modify(Epoll.OUT);
        peer.write("x");
        loop.poll(0);
        assertEquals(List.of(Epoll.OUT), heard);
        watch.modify(Epoll.IN | Epoll.OUT);
        loop.poll(0);
        assertEquals(List.of(Epoll.OUT, Epoll.IN | Epoll.OUT), heard);
    }

    @Test
    void aOneShotIsSilentUntilItIsModified() throws Exception {
        Watch watch = watch(Epoll.IN | Epoll.ONESHOT);
        peer.write("x");
        Await.idle(loop);
        assertEquals(List.of(Epoll.IN), heard);
        watch.modify(Epoll.IN | Epoll.ONESHOT);
        Await.idle(loop);
        assertEquals(List.of(Epoll.IN, Epoll.IN), heard);
    }

    @Test
    void withoutInterestAHangUpIsReportedAllTheSame() throws Exception {
        watch(0);
        peer.write("x");
        loop.poll(0);
        assertEquals(List.of(), heard);
        peer.close();
        loop.poll(0);
        assertTrue((heard.get(0) & Epoll.HUP) != 0, heard::toString);
    }

    @Test
    void aCancelledOneIsNotCalledAgainNotEvenForWhatIsReadyByNow() throws Exception {
        Watch watch = watch(Epoll.IN);
        peer.write("x");
        assertTrue(watch.isActive());
        watch.cancel();
        watch.cancel();
        assertFalse(watch.isActive());
        assertEquals(0, loop.poll(0));
        assertEquals(List.of(), heard);
        assertThrows(IllegalStateException.class, () -> watch.modify(Epoll.IN));
    }

    @Test
    void mayBeMadeAgainAfterItWasCancelled() throws Exception {
        watch(Epoll.IN).cancel();
        Watch again = watch(Epoll.OUT);
        loop.poll(0);
        assertEquals(List.of(Epoll.OUT), heard);
        again.cancel();
    }

    // row 29
    @Test
    void anEventForADescriptorWhoseNumberIsUsedAgainIsDropped() throws Exception {
        RawSocket[] other = RawSocket.pair();
        PeeredPipe[] successor = new PeeredPipe[1];
        boolean[] first = {true};
        Watch[] watches = new Watch[2];
        int[] calls = new int[2];
        RawSocket[] sockets = {watched, other[0]};
        for (int index = 0; index < 2; index++) {
            int self = index;
            watches[index] = loop.watch(sockets[index].fd(), Epoll.IN, (watch, readyEvents) -> {
                calls[self]++;
                if (first[0]) {
                    first[0] = false;
                    successor[0] = replace(watches[1 - self], sockets[1 - self]);
                    end(watches[self]);
                }
            });
        }
        peer.write("x");
        other[1].write("x"); // both are ready in the same turn; the first one called closes the other
        Await.idle(loop);
        assertEquals(1, calls[0] + calls[1]);
        assertEquals(List.of(), successor[0].heard());
        assertFalse(successor[0].pipe().isClosed());
        successor[0].close();
        other[0].close();
        other[1].close();
    }

    /** Ends a watch, closes its descriptor, and adopts one that gets the number. */
    private PeeredPipe replace(Watch watch, RawSocket socket) {
        try {
            watch.cancel();
            socket.close();
            return PeeredPipe.adopt(loop).pushed();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void end(Watch watch) {
        try {
            watch.cancel();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    // row 24
    @Test
    void aRegularFileIsRefused(@TempDir Path directory) throws Exception {
        int fd = Descriptors.openFile(Files.createFile(directory.resolve("file")));
        try {
            NativeIoException e = assertThrows(
                    NativeIoException.class, () -> loop.watch(fd, Epoll.IN, (watch, readyEvents) -> heard.add(1)));
            assertEquals("EPERM", e.errnoName());
            assertEquals("epoll_ctl", e.systemCall());
            assertTrue(e.getMessage().contains("fd " + fd), e::getMessage);
            Descriptors.assertOpen(fd);
            assertEquals(0, loop.poll(0));
        } finally {
            Fd.close(fd);
        }
    }

    // row 24
    @Test
    void aDescriptorThatIsWatchedAlreadyIsRefusedAndTheFirstGoesOn() throws Exception {
        watch(Epoll.IN);
        NativeIoException e = assertThrows(
                NativeIoException.class,
                () -> loop.watch(watched.fd(), Epoll.OUT, (watch, readyEvents) -> heard.add(-1)));
        assertEquals("EEXIST", e.errnoName());
        peer.write("x");
        loop.poll(0);
        assertEquals(List.of(Epoll.IN), heard);
    }

    // row 24
    @Test
    void aNumberThatIsNoDescriptorIsRefused() {
        NativeIoException e = assertThrows(
                NativeIoException.class, () -> loop.watch(-1, Epoll.IN, (watch, readyEvents) -> heard.add(-1)));
        assertEquals("EBADF", e.errnoName());
    }

    @Test
    void watchesAnotherLoopsEpoll() throws Exception {
        try (Epoll nested = Epoll.open(8)) {
            nested.add(watched.fd(), Epoll.IN, 7);
            Watch watch = loop.watch(nested.fd(), Epoll.IN, (ready, readyEvents) -> heard.add(readyEvents));
            loop.poll(0);
            assertEquals(List.of(), heard);
            peer.write("x");
            loop.poll(0);
            assertEquals(List.of(Epoll.IN), heard);
            watch.cancel();
        }
    }

    @Test
    void whatWasReportedBeforeTheInterestWasReplacedIsNotToldAnyMore() throws Exception {
        RawSocket[] other = RawSocket.pair();
        Watch[] watches = new Watch[2];
        List<Watch> told = new ArrayList<>();
        WatchHandler handler = (watch, events) -> {
            told.add(watch);
            try {
                watches[watch == watches[0] ? 1 : 0].modify(0);
                watch.modify(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        watches[0] = loop.watch(watched.fd(), Epoll.IN, handler);
        watches[1] = loop.watch(other[0].fd(), Epoll.IN, handler);
        peer.write("x");
        other[1].write("x");
        assertTrue(loop.poll(-1) > 0);
        assertEquals(1, told.size());
        watches[1].cancel();
        other[0].close();
        other[1].close();
    }
}
