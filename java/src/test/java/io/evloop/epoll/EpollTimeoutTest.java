package io.evloop.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.ExactCalls;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Together;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long a wait takes: never less than asked for. */
class EpollTimeoutTest {

    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;

    @Test
    @ExactCalls("one wait, which a signal may end")
    void neverReturnsEarly() throws Exception {
        long[] timeouts = {
            1, 999, MICRO, 50 * MICRO, 999_999, MILLI, MILLI + 1, 2 * MILLI - 1, 5 * MILLI + 500_001, 20 * MILLI
        };
        try (Epoll epoll = Epoll.open(1)) {
            for (int round = 0; round < 5; round++) {
                for (long timeout : timeouts) {
                    long start = System.nanoTime();
                    assertEquals(0, epoll.await(timeout));
                    long elapsed = System.nanoTime() - start;
                    assertTrue(elapsed >= timeout, () -> "asked for " + timeout + " ns, waited " + elapsed);
                }
            }
        }
    }

    @Test
    void doesNotWaitForWhatIsReady() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (Epoll epoll = Epoll.open(1);
                RawSocket socket = pair[0];
                RawSocket peer = pair[1]) {
            peer.write("x");
            epoll.add(socket.fd(), Epoll.IN, 1);
            long[] timeouts = {0, 1, MILLI, Long.MAX_VALUE, Long.MAX_VALUE - 1, -1, Long.MIN_VALUE};
            for (long timeout : timeouts) {
                assertEquals(1, assertTimeoutPreemptively(DEADLINE, () -> epoll.await(timeout)));
            }
        }
    }

    @Test
    @ExactCalls("one wait, which a signal may end")
    void waitsOutTheLongestTimeoutsUntilItIsWoken() throws Exception {
        long[] timeouts = {Long.MAX_VALUE, Long.MAX_VALUE / 2, 1L << 62, Long.MIN_VALUE, -1};
        try (Epoll epoll = Epoll.open(1)) {
            for (long timeout : timeouts) {
                long start = System.nanoTime();
                try (Together waking = Together.start(1, index -> {
                    while (System.nanoTime() - start < 20 * MILLI) {
                        Thread.onSpinWait();
                    }
                    epoll.wakeup();
                })) {
                    assertEquals(0, assertTimeoutPreemptively(DEADLINE, () -> epoll.await(timeout)));
                    assertTrue(System.nanoTime() - start >= 20 * MILLI, () -> "returned early of " + timeout);
                }
            }
        }
    }
}
