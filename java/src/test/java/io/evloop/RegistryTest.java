package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Errors;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens and who is behind them. */
class RegistryTest {

    /** Keeps the events that it hears. */
    private static final class Listener implements Pollable {
        private final List<Integer> heard = new ArrayList<>();

        @Override
        public void onEvents(int events) {
            heard.add(events);
        }

        @Override
        public void onLoopClose(Throwable cause) {}
    }

    private RawSocket first;
    private RawSocket second;
    private Epoll epoll;
    private Registry registry;

    @BeforeEach
    void open() throws IOException {
        RawSocket[] pair = RawSocket.pair();
        first = pair[0];
        second = pair[1];
        epoll = Epoll.open(8);
        registry = new Registry(epoll);
    }

    @AfterEach
    void close() throws IOException {
        epoll.close();
        first.close();
        second.close();
    }

    @Test
    void handsEventsToTheirOwner() throws Exception {
        Listener one = new Listener();
        Listener two = new Listener();
        registry.add(registry.reserve(one), first.fd(), Epoll.OUT);
        registry.add(registry.reserve(two), second.fd(), Epoll.OUT | Epoll.IN);
        first.write("x");
        int ready = epoll.await(0);
        assertEquals(2, ready);
        for (int index = 0; index < ready; index++) {
            assertTrue(registry.dispatch(index));
        }
        assertEquals(List.of(Epoll.OUT), one.heard);
        assertEquals(List.of(Epoll.OUT | Epoll.IN), two.heard);
        assertEquals(2, registry.size());
        assertEquals(Set.of(one, two), Set.copyOf(registry.snapshot()));
    }

    // row 25
    @Test
    void dropsTheEventOfWhatWentAwayInTheSameBatch() throws Exception {
        Listener gone = new Listener();
        long token = registry.reserve(gone);
        registry.add(token, first.fd(), Epoll.OUT);
        assertEquals(1, epoll.await(0));
        registry.remove(first.fd());
        registry.release(token);
        assertFalse(registry.dispatch(0));
        assertEquals(0, registry.size());
        assertEquals(List.of(), registry.snapshot());
        assertEquals(List.of(), gone.heard);
    }

    // row 25
    @Test
    void dropsTheEventOfWhatWentAwayThoughItsSlotIsTakenAgain() throws Exception {
        Listener gone = new Listener();
        Listener next = new Listener();
        long token = registry.reserve(gone);
        registry.add(token, first.fd(), Epoll.OUT);
        assertEquals(1, epoll.await(0));
        registry.remove(first.fd());
        registry.release(token);
        long again = registry.reserve(next);
        assertEquals((int) token, (int) again, "the slot");
        assertFalse(registry.dispatch(0));
        registry.add(again, first.fd(), Epoll.OUT);
        assertEquals(1, epoll.await(0));
        assertTrue(registry.dispatch(0));
        assertEquals(List.of(), gone.heard);
        assertEquals(List.of(Epoll.OUT), next.heard);
    }

    @Test
    void givesEveryoneATokenOfItsOwnAndNeverOneThatWasGiven() {
        Random random = new Random(1);
        Map<Long, Pollable> live = new HashMap<>();
        Set<Long> given = new HashSet<>();
        for (int step = 0; step < 20_000; step++) {
            if (live.isEmpty() || live.size() < 100 && random.nextBoolean()) {
                Pollable pollable = new Listener();
                long token = registry.reserve(pollable);
                assertTrue(given.add(token));
                assertTrue(token != Epoll.RESERVED_TOKEN);
                live.put(token, pollable);
            } else {
                Long token = live.keySet().iterator().next();
                live.remove(token);
                registry.release(token);
            }
            assertEquals(live.size(), registry.size());
        }
        assertEquals(new HashSet<>(live.values()), new HashSet<>(registry.snapshot()));
    }

    // row 24
    @Test
    void leavesNothingHalfRegisteredWhenTheKernelRefuses() throws Exception {
        int fd = first.fd();
        Registration registration = new Registration(registry, fd);
        registration.open(new Listener(), Epoll.IN);
        Registration twice = new Registration(registry, fd);
        Errors.assertFails(Errors.EEXIST, "EEXIST", "epoll_ctl", () -> twice.open(new Listener(), Epoll.IN));
        assertFalse(twice.isOpen());
        assertEquals(1, registry.size());
        twice.close();
        assertTrue(registration.isOpen());
        registration.close();
        assertFalse(registration.isOpen());
        registration.close();
        assertEquals(0, registry.size());
        twice.open(new Listener(), Epoll.IN);
        twice.close();
    }

    @Test
    void registersForNothingByTakingOut() throws Exception {
        Listener listener = new Listener();
        Registration registration = new Registration(registry, first.fd());
        registration.open(listener, Epoll.IN);
        assertTrue(registration.has(Epoll.IN));
        registration.disarm(Epoll.IN);
        assertFalse(registration.has(Epoll.IN));
        second.close(); // a hang-up, which a registration for nothing would report for ever
        assertEquals(0, epoll.await(0));
        registration.arm(Epoll.IN);
        assertEquals(1, epoll.await(0));
        assertTrue(registry.dispatch(0));
        assertEquals(Epoll.HUP, listener.heard.get(0) & Epoll.HUP);
        registration.arm(Epoll.OUT);
        assertTrue(registration.has(Epoll.IN | Epoll.OUT));
        registration.disarm(Epoll.IN);
        assertTrue(registration.has(Epoll.OUT));
        assertFalse(registration.has(Epoll.IN | Epoll.OUT));
        registration.close();
        registration.arm(Epoll.IN);
        registration.set(Epoll.IN);
        assertEquals(0, epoll.await(0));
    }
}
