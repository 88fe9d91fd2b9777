package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.PeeredPipe;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
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
