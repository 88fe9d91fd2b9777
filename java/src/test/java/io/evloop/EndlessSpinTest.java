package io.evloop;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.BusyPipe;
import io.evloop.testing.LoopThread;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A loop that never waits, and a pipe that it finds something in so often that it is not in the epoll. */
class EndlessSpinTest {

    /** More than a socket holds. */
    private static final int LARGE = 4 * 1024 * 1024;

    private final AtomicBoolean closed = new AtomicBoolean();
    private LoopThread thread;
    private BusyPipe busy;

    @BeforeEach
    void open() throws Exception {
        thread = LoopThread.start("spinning", EventLoopOptions.builder().spin(Duration.ofHours(1)));
        busy = thread.call(() -> BusyPipe.adopt(thread.loop()));
        thread.call(() -> busy.pipe().onClose((pipe, cause) -> closed.set(true)));
        busy.start();
        Await.until("the bypass", () -> !busy.isInEpoll());
    }

    @AfterEach
    void close() throws Exception {
        thread.close();
        busy.close();
    }

    /** A task's turn asks the epoll for all of them, so these are run before. */
    private List<BusyPipe> others(int count) throws Exception {
        List<BusyPipe> others = thread.call(() -> {
            List<BusyPipe> adopted = new ArrayList<>();
            for (int index = 0; index < count; index++) {
                adopted.add(BusyPipe.adopt(thread.loop()));
            }
            return adopted;
        });
        Await.until("the bypass", () -> !busy.isInEpoll());
        return others;
    }

    private void close(List<BusyPipe> others) throws Exception {
        thread.call(() -> {
            others.forEach(BusyPipe::close);
            return null;
        });
    }

    private static void awaitFrame(BusyPipe from) {
        int frames = from.frames();
        Await.until("a frame", () -> from.frames() > frames);
    }

    @Test
    void anotherPipeIsHeardMeanwhile() throws Exception {
        List<BusyPipe> others = others(1);
        others.get(0).start();
        awaitFrame(others.get(0));
        awaitFrame(busy);
        close(others);
    }

    /** The loop reads from no more than the four that had something most recently. */
    @Test
    void onceOthersAreReadFromInItsPlaceItIsHeardByTheEpoll() throws Exception {
        List<BusyPipe> others = others(4);
        busy.rest();
        for (BusyPipe other : others) {
            other.start();
            awaitFrame(other);
        }
        Await.until("its return", busy::isInEpoll);
        int frames = busy.frames();
        busy.write();
        Await.until("its frame", () -> busy.frames() > frames);
        close(others);
    }

    @Test
    void aHangUpIsToldAlthoughNobodyTakesFramesAnyMore() throws Exception {
        busy.onRest(() -> {
            busy.pipe().onFrame(null);
            busy.close();
        });
        assertFalse(busy.isInEpoll());
        busy.rest();
        Await.until("the close", closed::get);
    }

    /** The peer gets rid of what it has to send before it reads. */
    @Test
    void aCloseBehindTheOutputReadsOn() throws Exception {
        busy.onRest(() -> {
            busy.pipe().writeFrame(1, new byte[LARGE], 0, LARGE);
            busy.pipe().closeAfterFlush();
        });
        assertFalse(busy.isInEpoll());
        busy.rest();
        Await.until("the last frame", busy::hasHeardTheLast);
        try (Background peer = Background.run("peer", () -> busy.writeThenReadToTheEnd(LARGE))) {
            Await.until("the close", closed::get);
        }
    }
}
