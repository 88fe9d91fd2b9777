package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whom a loop that spins reads from without asking epoll: each such read that finds nothing is counted by the pipe. */
class SpinSetTest {

    private static final long VAIN_NANOS = 1_000_000;

    private final List<PeeredPipe> pipes = new ArrayList<>();
    private TestLoop test;
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open(EventLoopOptions.builder().spin(Duration.ofMinutes(1)));
        loop = test.loop();
        for (int index = 0; index < 6; index++) {
            PeeredPipe peered = PeeredPipe.adopt(loop);
            peered.pushed();
            pipes.add(peered);
        }
    }

    @AfterEach
    void close() throws Exception {
        for (PeeredPipe peered : pipes) {
            peered.close();
        }
        test.close();
    }

    private void hearFrom(int... indexes) throws Exception {
        for (int index : indexes) {
            PeeredPipe peered = pipes.get(index);
            peered.peer().write(Frames.frame(1, "x"));
            Await.turns(loop, "a frame", () -> !peered.heard().isEmpty());
            peered.heard().clear();
        }
    }

    /** The pipes that are read from in vain. */
    private List<Integer> readFrom() {
        List<Long> before = new ArrayList<>();
        pipes.forEach(peered -> before.add(peered.pipe().stats().emptyReads()));
        loop.poll(VAIN_NANOS);
        List<Integer> read = new ArrayList<>();
        for (int index = 0; index < pipes.size(); index++) {
            if (pipes.get(index).pipe().stats().emptyReads() > before.get(index)) {
                read.add(index);
            }
        }
        return read;
    }

    @Test
    void theLastFourToHaveHadBytesAreReadFrom() throws Exception {
        assertEquals(List.of(), readFrom());
        hearFrom(0, 1);
        assertEquals(List.of(0, 1), readFrom());
        hearFrom(2, 3, 0, 4, 5);
        assertEquals(List.of(2, 3, 4, 5), readFrom());
        hearFrom(1);
        assertEquals(List.of(1, 3, 4, 5), readFrom());
    }

    @Test
    void oneThatIsClosedMakesRoom() throws Exception {
        hearFrom(0, 1, 2, 3);
        pipes.get(1).pipe().close();
        Await.idle(loop);
        assertEquals(List.of(0, 2, 3), readFrom());
        hearFrom(4);
        assertEquals(List.of(0, 2, 3, 4), readFrom());
    }

    @Test
    void aReadInVainLeavesNoMemoryLeased() throws Exception {
        hearFrom(0);
        assertEquals(List.of(0), readFrom());
        assertEquals(0, loop.stats().leasedBytes());
    }

    /** Or else one of them would be closed for want of memory, although there is nothing to be read. */
    @Test
    void readsInVainNeedOneBlockInAll() throws Exception {
        hearFrom(0, 1, 2, 3);
        long retained = loop.openContext().pool.retainedBytes();
        assertEquals(List.of(0, 1, 2, 3), readFrom());
        assertEquals(retained, loop.openContext().pool.retainedBytes());
        assertEquals(0, loop.stats().leasedBytes());
    }

    @Test
    void thePartOfAFrameHoldsALittleBlockOnceItWasReadForInVain() throws Exception {
        PeeredPipe peered = pipes.get(0);
        byte[] frame = Frames.frame(1, new byte[1 << 20]);
        try (Background sender = Background.run("sender", () -> peered.peer().write(frame))) {
            Await.turns(loop, "a frame", () -> !peered.heard().isEmpty());
        }
        peered.peer().write(Frames.header(1, 1 << 20));
        Await.turns(loop, "its header", () -> peered.pipe().stats().bytesIn() > frame.length);
        assertEquals(List.of(0), readFrom());
        assertEquals(4096 + 64, loop.stats().leasedBytes());
    }
}
