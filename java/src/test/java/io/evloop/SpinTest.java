package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.Await;
import io.evloop.testing.BusyPipe;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A loop that spins, while one pipe always has a little to read: whatever else happens is noticed all the same. */
class SpinTest {

    private static final int WARM_UP_TURNS = 100;

    private TestLoop test;
    private EventLoop loop;
    private BusyPipe busy;
    private PeeredPipe other;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open(EventLoopOptions.builder().spin(Duration.ofMinutes(1)));
        loop = test.loop();
        busy = BusyPipe.adopt(loop);
        other = PeeredPipe.adopt(loop);
        busy.start();
    }

    @AfterEach
    void close() throws Exception {
        other.close();
        busy.close();
        test.close();
    }

    private void takeTurns() {
        for (int turn = 0; turn < WARM_UP_TURNS; turn++) {
            loop.poll(-1);
        }
    }

    @Test
    void aQuietPipeIsReadFrom() throws Exception {
        other.pushed();
        takeTurns();
        other.peer().write(Frames.frame(2, "quiet"));
        Await.turns(loop, "the frame of the quiet pipe", () -> !other.heard().isEmpty());
        assertEquals(List.of("2:quiet"), other.heard());
    }

    @Test
    void eachOfSeveralBusyPipesHasItsTurns() throws Exception {
        try (BusyPipe second = BusyPipe.adopt(loop)) {
            second.start();
            takeTurns();
            long before = second.pipe().stats().framesIn();
            long all = loop.stats().frames();
            Await.turns(loop, "more frames", () -> loop.stats().frames() - all >= WARM_UP_TURNS);
            long share = second.pipe().stats().framesIn() - before;
            assertEquals(0.5, share / (double) (loop.stats().frames() - all), 0.2);
        }
    }

    @Test
    void aPipeWhoseQueueWaitsForRoomIsSent() throws Exception {
        takeTurns();
        byte[] payload = new byte[8 * 1024 * 1024];
        other.pipe().writeFrame(2, payload, 0, payload.length);
        Reader reader = new Reader(other.peer());
        Await.turns(loop, "the whole frame", () -> {
            reader.readAll();
            return reader.count() == 6 + payload.length;
        });
    }
}
