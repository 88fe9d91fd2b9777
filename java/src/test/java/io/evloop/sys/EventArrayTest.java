package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.testing.ExactCalls;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code struct epoll_event} off-heap, laid out as C has it. */
class EventArrayTest {

    private static final int CTL_ADD = 1;
    private static final int IN = 1;
    private static final int OUT = 4;

    private int epoll;
    private int first;
    private int second;

    @BeforeEach
    void open() throws IOException {
        epoll = Fd.check(Native.epollCreate(), "epoll_create1");
        long pair = Fd.check(Native.socketPair(), "socketpair");
        first = Fd.first(pair);
        second = Fd.second(pair);
    }

    @AfterEach
    void close() throws IOException {
        Fd.close(first);
        Fd.close(second);
        Fd.close(epoll);
    }

    @Test
    void isPackedOnX86AndPaddedElsewhere() {
        boolean packed = System.getProperty("os.arch").matches("amd64|x86_64");
        assertEquals(packed ? 12 : 16, Native.epollEventSize());
        assertEquals(0, Native.epollEventEventsOffset());
        assertEquals(packed ? 4 : 8, Native.epollEventDataOffset());
    }

    @Test
    @ExactCalls("the events that one wait reports")
    void holdsWhatTheKernelWroteAtEveryIndex() throws Exception {
        EventArray events = new EventArray(2);
        assertEquals(2, events.length());
        add(first, OUT, 0x8123_4567_89AB_CDEFL);
        add(second, OUT | IN, -2);
        assertEquals(2, events.await(epoll, 0));
        assertEquals(0x8123_4567_89AB_CDEFL, events.token(0));
        assertEquals(OUT, events.events(0));
        assertEquals(-2, events.token(1));
        assertEquals(OUT, events.events(1));
        events.move(1, 0);
        assertEquals(-2, events.token(0));
        assertEquals(-2, events.token(1));
    }

    private void add(int fd, int interest, long token) throws IOException {
        Fd.check(Native.epollControl(epoll, CTL_ADD, fd, interest, token), "epoll_ctl");
    }

    @Test
    void keepsErrorsAsTheyAre() {
        EventArray events = new EventArray(1);
        assertEquals(-Errno.EBADF, events.await(-1, 0));
        assertEquals(-Errno.EINVAL, events.await(first, 0));
        assertEquals(0, events.await(epoll, 0));
    }

    @Test
    void refusesALengthThatNoMemoryHasAndAnIndexOutsideIt() {
        assertThrows(ArithmeticException.class, () -> new EventArray(Integer.MAX_VALUE));
        EventArray events = new EventArray(1);
        assertThrows(IndexOutOfBoundsException.class, () -> events.token(1));
        assertThrows(IndexOutOfBoundsException.class, () -> events.events(-1));
    }
}
