package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.PeeredPipe;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The list of those that have something to deliver. */
class ReadyListTest {

    @Test
    void servesInTheOrderOfComingHoweverItGrowsAndWraps() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            List<PeeredPipe> pipes = new ArrayList<>();
            try {
                for (int count = 0; count < 70; count++) {
                    pipes.add(PeeredPipe.adopt(loop));
                }
                for (long seed = 0; seed < 200; seed++) {
                    serve(pipes, new Random(seed));
                }
            } finally {
                for (PeeredPipe pipe : pipes) {
                    pipe.close();
                }
            }
        }
    }

    @Test
    void whoHasHadAPlaceForTooLongGivesItToWhoWaitsAndToNobodyElse() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            List<PeeredPipe> pipes = new ArrayList<>();
            try {
                for (int count = 0; count < 2 * ReadyList.BULK_PLACES + 1; count++) {
                    pipes.add(PeeredPipe.adopt(loop));
                }
                assertReassigned(pipes.stream()
                        .map(peered -> peered.pipe().endpoint().inbound())
                        .toList());
            } finally {
                for (PeeredPipe pipe : pipes) {
                    pipe.close();
                }
            }
        }
    }

    /** The last one brings little; before it two wait for a place. */
    private static void assertReassigned(List<Inbound> all) {
        ReadyList list = new ReadyList();
        Inbound quiet = all.get(all.size() - 1);
        all.subList(0, all.size() - 1).forEach(list::addBulk);
        list.addLast(quiet);
        assertTrue(list.hasWaiting());
        assertEquals(all.size(), list.size());
        list.served(all.get(1), true);
        long late = System.nanoTime() + Duration.ofDays(1).toNanos();
        list.reassign(late);
        assertEquals(Set.of(0, 2, 4), turnsOf(list, all), "of the one who has had a turn");
        list.served(all.get(0), true);
        list.reassign(late + 1);
        assertEquals(Set.of(0, 2, 4), turnsOf(list, all), "too early");
        list.served(all.get(2), false);
        assertEquals(Set.of(0, 2, 3, 4), turnsOf(list, all), "the first of those who wait is the next");
        list.reassign(late + Duration.ofDays(1).toNanos());
        assertEquals(Set.of(1, 2, 3, 4), turnsOf(list, all));
        assertEquals(all.size(), list.size());
        assertTrue(list.hasWaiting());
    }

    /** Who has turns; the list is as it was. */
    private static Set<Integer> turnsOf(ReadyList list, List<Inbound> all) {
        Set<Integer> turns = new HashSet<>();
        Inbound first = list.first();
        do {
            Inbound next = list.removeFirst();
            turns.add(all.indexOf(next));
            list.addLast(next);
        } while (list.first() != first);
        return turns;
    }

    private static void serve(List<PeeredPipe> pipes, Random random) {
        ReadyList list = new ReadyList();
        Deque<Inbound> model = new ArrayDeque<>();
        for (int step = 0; step < 500; step++) {
            boolean add = random.nextInt(100) < (step < 250 ? 65 : 35);
            if (add && model.size() < pipes.size()) {
                Inbound next = pipes.get(random.nextInt(pipes.size()))
                        .pipe()
                        .endpoint()
                        .inbound();
                list.addLast(next);
                model.addLast(next);
            } else if (!model.isEmpty()) {
                assertSame(model.removeFirst(), list.removeFirst());
            }
            assertEquals(model.size(), list.size());
            assertEquals(model.isEmpty(), list.isEmpty());
        }
        while (!model.isEmpty()) {
            assertSame(model.removeFirst(), list.removeFirst());
        }
        assertTrue(list.isEmpty());
    }
}
