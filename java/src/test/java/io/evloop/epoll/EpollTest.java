package io.evloop.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Native;
import io.evloop.testing.Allocation;
import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Together;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the binding reports of ready descriptors. */
@ExactCalls("the events that one wait reports")
class EpollTest {

    private static final long DEADLINE_NANOS = 30_000_000_000L;
    private static final int MAX_EVENTS = 8;

    private final List<RawSocket> sockets = new ArrayList<>();
    private Epoll epoll;

    @BeforeEach
    void open() throws IOException {
        epoll = Epoll.open(MAX_EVENTS);
    }

    @AfterEach
    void close() throws IOException {
        epoll.close();
        for (RawSocket socket : sockets) {
            socket.close();
        }
    }

    private RawSocket[] pair() throws IOException {
        RawSocket[] pair = RawSocket.pair();
        sockets.addAll(List.of(pair));
        return pair;
    }

    /** A socket that is readable at once. */
    private RawSocket readable() throws IOException {
        RawSocket[] pair = pair();
        pair[1].write("x");
        return pair[0];
    }

    /** The tokens of {@code count} ready descriptors. */
    private Set<Long> tokens(int count) {
        Set<Long> tokens = new HashSet<>();
        for (int index = 0; index < count; index++) {
            tokens.add(epoll.token(index));
        }
        return tokens;
    }

    @Test
    void reportsAllSixtyFourBitsOfAToken() throws Exception {
        RawSocket socket = readable();
        epoll.add(socket.fd(), Epoll.IN, 0);
        List<Long> tokens = new ArrayList<>(List.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE, 0x0123_4567_89AB_CDEFL));
        for (int bit = 0; bit < Long.SIZE; bit++) {
            tokens.add(1L << bit);
            tokens.add(~(1L << bit));
            tokens.add(Epoll.RESERVED_TOKEN ^ 1L << bit);
        }
        new Random(1).longs(100).forEach(tokens::add);
        for (long token : tokens) {
            epoll.modify(socket.fd(), Epoll.IN, token);
            assertEquals(1, epoll.await(0));
            assertEquals(token, epoll.token(0));
            assertEquals(Epoll.IN, epoll.events(0));
        }
    }

    @Test
    void keepsTheTokensOfManyDescriptorsApart() throws Exception {
        for (long token = 0; token < MAX_EVENTS; token++) {
            epoll.add(readable().fd(), Epoll.IN, token << 32 | ~token & 0xFFFF_FFFFL);
        }
        assertEquals(MAX_EVENTS, epoll.await(DEADLINE_NANOS));
        Set<Long> tokens = tokens(MAX_EVENTS);
        assertEquals(MAX_EVENTS, tokens.size());
        for (long token : tokens) {
            assertEquals(token >>> 32, ~token & 0xFFFF_FFFFL);
        }
    }

    @Test
    void refusesTheTokenOfItsOwnAndChangesNothing() throws Exception {
        RawSocket socket = readable();
        assertThrows(IllegalArgumentException.class, () -> epoll.add(socket.fd(), Epoll.IN, Epoll.RESERVED_TOKEN));
        assertEquals(0, epoll.await(0));
        epoll.add(socket.fd(), Epoll.IN, 5);
        assertThrows(IllegalArgumentException.class, () -> epoll.modify(socket.fd(), 0, Epoll.RESERVED_TOKEN));
        assertEquals(1, epoll.await(0));
        assertEquals(5, epoll.token(0));
    }

    @Test
    void reportsOnlyTheEventsAskedForAndTheEnd() throws Exception {
        RawSocket[] pair = pair();
        epoll.add(pair[0].fd(), Epoll.IN | Epoll.RDHUP, 1);
        assertEquals(0, epoll.await(0));
        pair[1].write("x");
        assertEquals(1, epoll.await(0));
        assertEquals(Epoll.IN, epoll.events(0));
        epoll.modify(pair[0].fd(), Epoll.IN | Epoll.OUT | Epoll.RDHUP, 2);
        assertEquals(1, epoll.await(0));
        assertEquals(Epoll.IN | Epoll.OUT, epoll.events(0));
        assertEquals(2, epoll.token(0));
        pair[1].shutdownOutput();
        assertEquals(1, epoll.await(0));
        assertEquals(Epoll.IN | Epoll.OUT | Epoll.RDHUP, epoll.events(0));
        epoll.modify(pair[0].fd(), 0, 3);
        assertEquals(0, epoll.await(0));
        pair[1].close();
        assertEquals(1, epoll.await(0)); // a hang-up is reported whether asked for or not
        assertEquals(Epoll.HUP, epoll.events(0) & Epoll.HUP);
    }

    @Test
    void isSilentAboutARemovedDescriptor() throws Exception {
        RawSocket first = readable();
        RawSocket second = readable();
        epoll.add(first.fd(), Epoll.IN, 1);
        epoll.add(second.fd(), Epoll.IN, 2);
        epoll.remove(first.fd());
        assertEquals(1, epoll.await(0));
        assertEquals(2, epoll.token(0));
        epoll.add(first.fd(), Epoll.IN, 3);
        assertEquals(2, epoll.await(0));
        assertEquals(Set.of(2L, 3L), tokens(2));
    }

    @Test
    void reportsOnceWhatIsOneShotUntilItIsModified() throws Exception {
        RawSocket socket = readable();
        epoll.add(socket.fd(), Epoll.IN | Epoll.ONESHOT, 1);
        assertEquals(1, epoll.await(0));
        assertEquals(0, epoll.await(0));
        epoll.modify(socket.fd(), Epoll.IN | Epoll.ONESHOT, 1);
        assertEquals(1, epoll.await(0));
        assertEquals(0, epoll.await(0));
    }

    @Test
    void reportsChangesOfWhatIsEdgeTriggeredAndStatesOfWhatIsNot() throws Exception {
        RawSocket[] pair = pair();
        epoll.add(pair[0].fd(), Epoll.IN | Epoll.EDGE_TRIGGERED, 1);
        for (int round = 0; round < 3; round++) {
            pair[1].write("x");
            assertEquals(1, epoll.await(0));
            assertEquals(0, epoll.await(0));
        }
        epoll.modify(pair[0].fd(), Epoll.IN, 1);
        for (int round = 0; round < 3; round++) {
            assertEquals(1, epoll.await(0));
        }
    }

    @Test
    void servesEveryDescriptorThoughMoreAreReadyThanFit() throws Exception {
        int count = 5 * MAX_EVENTS + 1;
        for (long token = 0; token < count; token++) {
            epoll.add(readable().fd(), Epoll.IN, token);
        }
        Set<Long> seen = new HashSet<>();
        for (int round = 0; round < 6; round++) { // the least number of rounds in which they fit
            assertEquals(MAX_EVENTS, epoll.await(DEADLINE_NANOS));
            seen.addAll(tokens(MAX_EVENTS));
        }
        assertEquals(count, seen.size());
    }

    @Test
    void servesEveryDescriptorWithRoomForOneAmongWakeups() throws Exception {
        epoll.maxEvents(1);
        for (long token = 0; token < 4; token++) {
            epoll.add(readable().fd(), Epoll.IN, token);
        }
        Set<Long> seen = new HashSet<>();
        for (int round = 0; round < 20; round++) {
            epoll.wakeup();
            int ready = epoll.await(0);
            assertTrue(ready == 0 || ready == 1, () -> "ready: " + ready);
            seen.addAll(tokens(ready));
        }
        assertEquals(4, seen.size());
    }

    @Test
    void changesTheNumberOfEventsThatFit() throws Exception {
        for (long token = 0; token < 20; token++) {
            epoll.add(readable().fd(), Epoll.IN, token);
        }
        assertEquals(MAX_EVENTS, epoll.maxEvents());
        for (int maxEvents : new int[] {20, 3, 1, 64}) {
            epoll.maxEvents(maxEvents);
            assertEquals(maxEvents, epoll.maxEvents());
            assertThrows(IndexOutOfBoundsException.class, () -> epoll.token(0));
            int ready = Math.min(20, maxEvents);
            assertEquals(ready, epoll.await(0));
            assertEquals(ready, tokens(ready).size());
        }
    }

    @Test
    void refusesANumberOfEventsOutOfRangeAndOpensNothing() throws Exception {
        for (int maxEvents : new int[] {0, -1, Integer.MIN_VALUE, (1 << 20) + 1, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> Epoll.open(maxEvents));
            assertThrows(IllegalArgumentException.class, () -> epoll.maxEvents(maxEvents));
        }
        assertEquals(MAX_EVENTS, epoll.maxEvents());
        epoll.maxEvents(1 << 20);
        epoll.add(readable().fd(), Epoll.IN, 1);
        assertEquals(1, epoll.await(0));
    }

    @Test
    void refusesAnIndexOutsideTheLastResult() throws Exception {
        assertThrows(IndexOutOfBoundsException.class, () -> epoll.token(0));
        assertThrows(IndexOutOfBoundsException.class, () -> epoll.events(0));
        RawSocket socket = readable();
        epoll.add(socket.fd(), Epoll.IN, 1);
        assertEquals(1, epoll.await(0));
        for (int index : new int[] {-1, 1, MAX_EVENTS, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThrows(IndexOutOfBoundsException.class, () -> epoll.token(index));
            assertThrows(IndexOutOfBoundsException.class, () -> epoll.events(index));
        }
        socket.readSome(1);
        assertEquals(0, epoll.await(0));
        assertThrows(IndexOutOfBoundsException.class, () -> epoll.token(0));
    }

    @Test
    void canBeNestedInAnotherEpoll() throws Exception {
        try (Epoll outer = Epoll.open(1)) {
            outer.add(epoll.fd(), Epoll.IN, 77);
            assertEquals(0, outer.await(0));
            RawSocket socket = readable();
            epoll.add(socket.fd(), Epoll.IN, 1);
            assertEquals(1, outer.await(DEADLINE_NANOS));
            assertEquals(77, outer.token(0));
            assertEquals(1, epoll.await(0));
            socket.readSome(1);
            assertEquals(0, epoll.await(0));
            assertEquals(0, outer.await(0));
            epoll.wakeup();
            assertEquals(1, outer.await(DEADLINE_NANOS));
            assertEquals(0, epoll.await(0));
            assertEquals(0, outer.await(0));
        }
    }

    @Test
    void closesOnExec() {
        assertEquals(1, Native.descriptorFlags(epoll.fd()));
    }

    @Test
    void seesADescriptorThatAnotherThreadAddsWhileItWaits() throws Exception {
        RawSocket socket = readable();
        Thread waiting = Thread.currentThread();
        try (Together adding = Together.start(1, index -> {
            Await.until("the wait", () -> isInNative(waiting));
            epoll.add(socket.fd(), Epoll.IN, 9);
        })) {
            assertEquals(1, epoll.await(DEADLINE_NANOS));
            assertEquals(9, epoll.token(0));
        }
    }

    private static boolean isInNative(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        return stack.length > 0 && stack[0].isNativeMethod();
    }

    @Test
    void allocatesNothingOnceItIsOpen() throws Exception {
        RawSocket socket = readable();
        epoll.add(socket.fd(), Epoll.IN, 1);
        double bytes = Allocation.bytesPerRound(20_000, () -> {
            epoll.modify(socket.fd(), Epoll.IN | Epoll.OUT, 1);
            epoll.wakeup();
            assertTrue(epoll.await(DEADLINE_NANOS) == 1 && epoll.token(0) == 1 && epoll.events(0) != 0);
        });
        assertTrue(bytes < 1, () -> bytes + " bytes per wait");
    }

    @Test
    void saysWhatItIs() throws Exception {
        assertTrue(epoll.toString().contains("fd=" + epoll.fd()), epoll.toString());
        assertFalse(epoll.toString().contains("closed"), epoll.toString());
        epoll.close();
        assertTrue(epoll.toString().contains("closed"), epoll.toString());
    }
}
