package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.IdleTimeoutException;
import io.evloop.testing.Await;
import io.evloop.testing.BusyPipe;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawPipe;
import io.evloop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The idle timeout where one side alone has something to do: it is the peer's fault, or ours. */
class OneSidedTimeoutsTest {

    private static final Duration TIMEOUT = Duration.ofMillis(60);
    private static final PipeOptions IDLE =
            PipeOptions.builder().idleTimeout(TIMEOUT).build();

    private TestLoop test;
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    private void pass() {
        long start = System.nanoTime();
        Await.turns(loop, "twice the timeout", () -> System.nanoTime() - start > 2 * TIMEOUT.toNanos());
    }

    @Test
    void aPipeOfWhichNobodyWantsAnythingIsNotGivenUp() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop, IDLE)) {
            pass();
            assertFalse(peered.isClosed());
        }
    }

    /** One event may be the only one, or one of many: it is the wait after that, with room for more, that tells. */
    @Test
    void aPeerIsGivenUpByALoopThatBeganWithRoomForOneEvent() throws Exception {
        try (TestLoop small = TestLoop.open(EventLoopOptions.builder().maxEvents(1));
                PeeredPipe peered = PeeredPipe.adopt(small.loop(), IDLE).pushed()) {
            assertInstanceOf(IdleTimeoutException.class, peered.awaitClose());
        }
    }

    @Test
    void aPeerIsGivenUpByALoopThatBeganSoAndAlwaysFindsSomethingBySpinning() throws Exception {
        EventLoopOptions.Builder options =
                EventLoopOptions.builder().maxEvents(1).spin(Duration.ofMinutes(1));
        try (TestLoop small = TestLoop.open(options);
                BusyPipe busy = BusyPipe.adopt(small.loop());
                PeeredPipe peered = PeeredPipe.adopt(small.loop(), IDLE).pushed()) {
            busy.start();
            assertInstanceOf(IdleTimeoutException.class, peered.awaitClose());
        }
    }

    private static void spin(long until) {
        while (System.nanoTime() - until < 0) {
            Thread.onSpinWait();
        }
    }

    private void assertWholeTimeoutSince(PeeredPipe peered, long takenNanos) {
        assertInstanceOf(IdleTimeoutException.class, peered.awaitClose());
        assertTrue(System.nanoTime() - takenNanos >= TIMEOUT.toNanos(), "the whole time");
    }

    @Test
    void theTimeThatAFrameWaitsToBePulledDoesNotCount() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop, IDLE)) {
            peered.pipe().onReadable(pipe -> {});
            peered.peer().write(Frames.frame(1, "a"));
            long until = System.nanoTime() + TIMEOUT.toNanos() * 9 / 5;
            while (System.nanoTime() - until < 0) {
                loop.poll(0); // a wait would last until the next look at the timeout
            }
            long taken = System.nanoTime();
            assertTrue(peered.pipe().readFrame().isValid());
            assertWholeTimeoutSince(peered, taken);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theTimeThatAFrameIsHandledDoesNotCount(boolean pulled) throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop, IDLE)) {
            long[] handled = {0};
            Runnable handler = () -> {
                spin(System.nanoTime() + TIMEOUT.toNanos() * 3 / 4);
                handled[0] = System.nanoTime();
            };
            if (pulled) {
                peered.pipe().onReadable(pipe -> {
                    pipe.readFrame();
                    handler.run();
                });
            } else {
                peered.pipe().onFrame((pipe, channelId, payload) -> handler.run());
            }
            peered.peer().write(Frames.frame(1, "a"));
            Await.turns(loop, "the frame", () -> handled[0] != 0);
            assertWholeTimeoutSince(peered, handled[0]);
        }
    }

    @Test
    void aPeerThatTakesNothingIsGivenUpThoughNobodyWantsHisFrames() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop, IDLE)) {
            while (peered.pipe().stats().queuedBytes() == 0) {
                peered.pipe().writeFrame(1, new byte[50_000], 0, 50_000);
                Await.idle(loop);
            }
            assertInstanceOf(IdleTimeoutException.class, peered.awaitClose());
        }
    }

    @Test
    void theWriteEndOfAPipeOnWhichNothingMovesIsGivenUp() throws Exception {
        try (RawPipe raw = RawPipe.open()) {
            List<Throwable> causes = new ArrayList<>();
            Pipe.adopt(loop, raw.releaseWriteEnd(), 0, IDLE).onClose((closed, cause) -> causes.add(cause));
            Await.turns(loop, "the timeout", () -> !causes.isEmpty());
            assertInstanceOf(IdleTimeoutException.class, causes.get(0));
        }
    }

    @Test
    void aFrameThatIsNotTakenIsNoFaultOfThePeer() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop, IDLE)) {
            peered.pipe().onReadable(from -> {});
            peered.peer().write(Frames.frame(1, "x"));
            pass();
            assertEquals("1:x", PeeredPipe.describe(peered.pipe().readFrame()));
            assertInstanceOf(IdleTimeoutException.class, peered.awaitClose());
        }
    }
}
