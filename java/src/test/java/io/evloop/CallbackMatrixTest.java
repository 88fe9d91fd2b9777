package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.error.EventLoopClosedException;
import io.evloop.testing.Await;
import io.evloop.testing.CallbackPlace;
import io.evloop.testing.CallbackStage;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every callback times what may be done inside one. */
class CallbackMatrixTest {

    private static final long WATCHDOG_NANOS = TimeUnit.SECONDS.toNanos(20);

    private CallbackStage stage;
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        stage = CallbackStage.open();
        loop = stage.loop();
    }

    @AfterEach
    void close() throws Exception {
        stage.close();
    }

    // row 25
    @ParameterizedTest
    @EnumSource
    void mayCloseItself(CallbackPlace place) throws Exception {
        stage.perform(place, () -> {
            int closesBefore = stage.closes().size();
            stage.endSelf();
            stage.endSelf();
            assertEquals(closesBefore, stage.closes().size(), "onClose inside close");
        });
        assertEquals(1, stage.calls());
        if (place.isStream()) {
            assertEquals(1, stage.closes().size());
            assertNull(stage.closes().get(0));
        }
        assertOtherLives();
    }

    // row 25
    @ParameterizedTest
    @EnumSource
    void mayCloseAnother(CallbackPlace place) throws Exception {
        List<String> before = new ArrayList<>();
        stage.other().peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b"), Frames.frame(1, "c")));
        stage.perform(place, () -> {
            stage.other().pipe().close();
            before.addAll(stage.other().heard());
        });
        before.add("closed");
        assertEquals(before, stage.other().heard());
    }

    // row 25
    @ParameterizedTest
    @EnumSource
    void mayCloseTheLoop(CallbackPlace place) throws Exception {
        boolean[] returned = new boolean[1];
        List<String> otherBefore = new ArrayList<>();
        loop.schedule(WATCHDOG_NANOS, loop::stop);
        stage.arm(place, () -> {
            int closesBefore = stage.closes().size();
            otherBefore.addAll(stage.other().heard());
            loop.close();
            loop.close();
            assertEquals(closesBefore, stage.closes().size(), "onClose inside close");
            assertEquals(otherBefore, stage.other().heard(), "onClose inside close");
            returned[0] = true;
        });
        loop.run();
        assertTrue(returned[0]);
        assertTrue(loop.isClosed());
        otherBefore.add("closed");
        assertEquals(otherBefore, stage.other().heard());
        if (place.isStream()) {
            assertEquals(1, stage.closes().size());
        }
        if (place.isStream() && place != CallbackPlace.CLOSE) {
            assertInstanceOf(EventLoopClosedException.class, stage.closes().get(0));
        }
        assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> {}));
    }

    // row 25
    @ParameterizedTest
    @EnumSource
    void mayStopTheLoop(CallbackPlace place) throws Exception {
        Timer watchdog = loop.schedule(WATCHDOG_NANOS, loop::stop);
        stage.arm(place, loop::stop);
        loop.run();
        assertTrue(watchdog.cancel());
        Await.idle(loop);
        assertOtherLives();
    }

    // row 25
    @ParameterizedTest
    @EnumSource
    void mayAdopt(CallbackPlace place) throws Exception {
        List<PeeredPipe> adopted = new ArrayList<>();
        stage.perform(place, () -> {
            PeeredPipe one = PeeredPipe.adopt(loop).pushed();
            adopted.add(one);
            one.peer().write(Frames.frame(9, "new"));
            assertEquals(List.of(), one.heard(), "onFrame inside adopt");
        });
        try (PeeredPipe one = adopted.get(0)) {
            assertEquals(List.of("9:new"), one.heard());
        }
        assertOtherLives();
    }

    // row 25
    @ParameterizedTest
    @EnumSource
    void mayRemoveWhatIsReadyInTheSameTurn(CallbackPlace place) throws Exception {
        int[] calls = new int[2];
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket watched = pair[0];
                RawSocket peer = pair[1]) {
            peer.write("x");
            Watch watch = loop.watch(watched.fd(), Epoll.IN, (ready, events) -> calls[0]++);
            stage.perform(place, () -> {
                watch.cancel();
                calls[1] = calls[0];
            });
            assertEquals(calls[1], calls[0]);
            assertFalse(watch.isActive());
        }
        assertOtherLives();
    }

    // row 26
    @ParameterizedTest
    @EnumSource
    void mayNotRunOrPollTheLoop(CallbackPlace place) throws Exception {
        stage.perform(place, () -> {
            assertThrows(IllegalStateException.class, loop::run);
            assertThrows(IllegalStateException.class, () -> loop.poll(0));
            assertThrows(IllegalStateException.class, () -> loop.poll(-1));
        });
        assertOtherLives();
    }

    private void assertOtherLives() throws Exception {
        stage.other().takeHeard();
        stage.other().peer().write(Frames.frame(5, "alive"));
        Await.idle(loop);
        assertEquals(List.of("5:alive"), stage.other().heard());
    }
}
