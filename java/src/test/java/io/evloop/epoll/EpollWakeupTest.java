package io.evloop.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Together;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Waking a wait, from any thread. */
class EpollWakeupTest {

    private static final long DEADLINE_NANOS = 30_000_000_000L;
    private static final long MILLI = 1_000_000;
    private static final int THREADS = 8;

    @Test
    @ExactCalls("the wait that nothing ends")
    void endsTheNextWaitOnceHoweverOftenItIsCalled() throws Exception {
        try (Epoll epoll = Epoll.open(4)) {
            for (int round = 0; round < 3; round++) {
                for (int call = 0; call < 10; call++) {
                    epoll.wakeup();
                }
                awaitWoken(epoll);
                long start = System.nanoTime();
                assertEquals(0, epoll.await(2 * MILLI));
                assertTrue(System.nanoTime() - start >= 2 * MILLI, "it was woken twice");
            }
        }
    }

    @Test
    @ExactCalls("the events that one wait reports")
    void isNoneOfTheEventsThatAreReported() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (Epoll epoll = Epoll.open(8);
                RawSocket first = pair[0];
                RawSocket second = pair[1]) {
            // the wake-up stands before, between and behind the others in the kernel's list
            epoll.wakeup();
            epoll.add(first.fd(), Epoll.OUT, 1);
            epoll.add(second.fd(), Epoll.OUT, 2);
            assertTokens(epoll, Set.of(1L, 2L));
            for (int round = 0; round < 10; round++) {
                epoll.wakeup();
                assertTokens(epoll, Set.of(1L, 2L));
                assertTokens(epoll, Set.of(1L, 2L));
                epoll.modify(round % 2 == 0 ? first.fd() : second.fd(), Epoll.OUT, round % 2 == 0 ? 1 : 2);
            }
            epoll.remove(first.fd());
            epoll.wakeup();
            assertTokens(epoll, Set.of(2L));
        }
    }

    private static void awaitWoken(Epoll epoll) throws IOException {
        long start = System.nanoTime();
        assertEquals(0, epoll.await(DEADLINE_NANOS));
        assertTrue(System.nanoTime() - start < DEADLINE_NANOS, "the wake-up is lost");
    }

    private static void assertTokens(Epoll epoll, Set<Long> expected) throws IOException {
        int ready = epoll.await(DEADLINE_NANOS);
        Set<Long> tokens = new HashSet<>();
        for (int index = 0; index < ready; index++) {
            tokens.add(epoll.token(index));
            assertEquals(Epoll.OUT, epoll.events(index));
        }
        assertEquals(expected, tokens);
        assertEquals(expected.size(), ready);
    }

    // row 29
    @Test
    void costsOneWriteForABurstFromEightThreads() throws Exception {
        try (Epoll epoll = Epoll.open(4)) {
            int wakeupFd = wakeupFd(epoll);
            for (int round = 1; round <= 20; round++) {
                Together.start(THREADS, thread -> {
                            for (int call = 0; call < 100; call++) {
                                epoll.wakeup();
                            }
                        })
                        .close();
                assertEquals(round, eventFdCount(wakeupFd));
                assertEquals(round, epoll.wakeups());
                awaitWoken(epoll);
            }
        }
    }

    // row 29
    @Test
    void losesNoWakeupOfEightThreads() throws Exception {
        int rounds = 5_000;
        AtomicIntegerArray asked = new AtomicIntegerArray(THREADS);
        AtomicIntegerArray answered = new AtomicIntegerArray(THREADS);
        try (Epoll epoll = Epoll.open(4);
                Together waking = Together.start(THREADS, thread -> {
                    for (int round = 1; round <= rounds; round++) {
                        int ticket = round;
                        asked.set(thread, ticket);
                        epoll.wakeup();
                        spinThenWait(answered, thread, ticket);
                    }
                })) {
            long sum = 0;
            while (sum < (long) THREADS * rounds) {
                awaitWoken(epoll);
                sum = 0;
                for (int thread = 0; thread < THREADS; thread++) {
                    answered.set(thread, asked.get(thread));
                    sum += answered.get(thread);
                }
            }
        }
    }

    private static void spinThenWait(AtomicIntegerArray answered, int thread, int ticket) {
        for (int spin = 0; spin < 100; spin++) {
            if (answered.get(thread) >= ticket) {
                return;
            }
            Thread.onSpinWait();
        }
        Await.until("the answer to wake-up " + ticket, () -> answered.get(thread) >= ticket);
    }

    // row 29
    @Test
    void neverWritesIntoADescriptorThatReusesItsNumber() throws Exception {
        for (int round = 0; round < 100; round++) {
            Epoll epoll = Epoll.open(1);
            AtomicBoolean done = new AtomicBoolean();
            int[] reused = new int[3];
            try (Together waking = Together.start(THREADS, thread -> {
                while (!done.get()) {
                    epoll.wakeup();
                }
            })) {
                for (int turn = 0; turn < 5; turn++) {
                    awaitWoken(epoll);
                }
                epoll.close();
                for (int index = 0; index < reused.length; index++) {
                    reused[index] = Fd.check(Native.eventFd(), "eventfd");
                }
                done.set(true);
            }
            for (int fd : reused) {
                assertEquals(-Errno.EAGAIN, readCounter(fd), "somebody has written to it");
                Fd.close(fd);
            }
        }
    }

    private static int readCounter(int fd) {
        ByteBuffer counter = ByteBuffer.allocateDirect(Long.BYTES);
        try {
            return Native.read(fd, Native.addressOf(counter), Long.BYTES);
        } finally {
            Reference.reachabilityFence(counter);
        }
    }

    /** The only descriptor in the interest list of an epoll that is new. */
    private static int wakeupFd(Epoll epoll) throws IOException {
        return (int) number("tfd:\\s*(\\d+)", epoll.fd(), 10);
    }

    private static long eventFdCount(int fd) throws IOException {
        return number("eventfd-count:\\s*([0-9a-f]+)", fd, 16);
    }

    private static long number(String pattern, int fd, int radix) throws IOException {
        Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(Path.of("/proc/self/fdinfo/" + fd)));
        if (!matcher.find()) {
            throw new AssertionError("no " + pattern + " of " + fd);
        }
        return Long.parseLong(matcher.group(1), radix);
    }
}
