package io.evloop;

import static io.evloop.WriteResult.FULL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@link EventLoopOptions#maxQueuedBytes}: what all pipes of a loop together may have queued. */
@ExactCalls("the socket that takes no more")
class LoopBoundTest {

    private static final int BOUND = 500_000;
    private static final int PAYLOAD = 10_000;

    private final List<PeeredPipe> all = new ArrayList<>();
    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe greedy;
    private PeeredPipe modest;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open(EventLoopOptions.builder().maxQueuedBytes(BOUND));
        loop = test.loop();
        greedy = blocked();
        modest = blocked();
        while (write(greedy.pipe()) != FULL) {
            continue;
        }
        Await.idle(loop);
    }

    /** A pipe whose peer does not read, and from which the kernel takes nothing any more. */
    private PeeredPipe blocked() throws Exception {
        PeeredPipe peered = PeeredPipe.adopt(loop).drained();
        all.add(peered);
        Pipe pipe = peered.pipe();
        while (pipe.stats().queuedBytes() == 0) {
            write(pipe);
            Await.idle(loop);
        }
        return peered;
    }

    @AfterEach
    void close() throws Exception {
        for (PeeredPipe peered : all) {
            peered.close();
        }
        test.close();
    }

    private static WriteResult write(Pipe pipe) {
        return pipe.writeFrame(1, new byte[PAYLOAD], 0, PAYLOAD);
    }

    private long queued() {
        return all.stream()
                .mapToLong(peered -> peered.pipe().stats().queuedBytes())
                .sum();
    }

    @Test
    void holdsForAllPipesTogether() {
        assertTrue(queued() <= BOUND && queued() > BOUND - 2 * PAYLOAD, "queued " + queued());
        assertEquals(FULL, write(modest.pipe()));
        assertNull(modest.pipe().claim(1, PAYLOAD));
        assertTrue(modest.pipe().stats().queuedBytes() < BOUND / 4);
        Quiet.assertQuiet(loop);
        assertEquals(List.of(), modest.heard());
        assertEquals(List.of(), greedy.heard());
    }

    @Test
    void aStarvedPipeIsDrainedWhenAnotherHasSent() throws Exception {
        PeeredPipe third = blockedWith(modest);
        assertEquals(FULL, write(modest.pipe()));
        assertEquals(FULL, write(modest.pipe()));
        assertEquals(FULL, write(third.pipe()));
        Await.idle(loop);
        assertEquals(List.of(), modest.heard());
        Reader reader = new Reader(greedy.peer());
        Await.turns(loop, "the drains", () -> {
            reader.readAll();
            return !modest.heard().isEmpty() && !third.heard().isEmpty();
        });
        assertEquals(List.of("drain"), modest.heard());
        assertEquals(List.of("drain"), third.heard());
        assertTrue(write(modest.pipe()).isAccepted());
    }

    /** A third one, for which the first gives way a little. */
    private PeeredPipe blockedWith(PeeredPipe other) throws Exception {
        greedy.pipe().close();
        Await.idle(loop);
        all.remove(greedy);
        greedy.close();
        PeeredPipe third = blocked();
        greedy = blocked();
        while (write(greedy.pipe()) != FULL) {
            continue;
        }
        Await.idle(loop);
        other.takeHeard();
        return third;
    }

    @Test
    void aStarvedPipeIsDrainedWhenAnotherIsClosed() {
        assertEquals(FULL, write(modest.pipe()));
        Await.idle(loop);
        assertEquals(List.of(), modest.heard());
        greedy.pipe().close();
        Await.turns(loop, "the drain", () -> !modest.heard().isEmpty());
        assertTrue(write(modest.pipe()).isAccepted());
    }

    @Test
    void aSenderOfAStarvedPipeGoesOnWhenAnotherHasSent() throws Exception {
        Sender sender = modest.pipe().sender();
        assertEquals(WriteResult.OK, sender.writeFrame(1, new byte[PAYLOAD], 0, PAYLOAD));
        Await.idle(loop);
        assertTrue(sender.queuedBytes() > 0);
        Reader reader = new Reader(greedy.peer());
        Await.turns(loop, "the frame", () -> {
            reader.readAll();
            return sender.queuedBytes() == 0;
        });
        assertEquals(List.of(), modest.heard(), "the pipe's own writers were not told to wait");
    }

    @Test
    void aFrameAboveTheBoundIsTakenWhileNothingIsQueued() throws Exception {
        greedy.pipe().close();
        modest.pipe().close();
        Await.idle(loop);
        try (PeeredPipe alone = PeeredPipe.adopt(loop)) {
            assertTrue(alone.pipe()
                    .writeFrame(1, new byte[2 * BOUND], 0, 2 * BOUND)
                    .isAccepted());
        }
    }

    @Test
    void aPipeClosedWhileItStarvedWasKept() throws Exception {
        EndpointBatch starved = loop.openContext().starved;
        int before = starved.size();
        try (PeeredPipe empty = PeeredPipe.adopt(loop).drained()) {
            assertEquals(FULL, write(empty.pipe()));
            Await.idle(loop);
            assertEquals(before + 1, starved.size());
            empty.pipe().close();
            empty.awaitClose();
            assertEquals(before, starved.size());
            assertEquals(List.of("closed"), empty.heard());
        }
    }
}
