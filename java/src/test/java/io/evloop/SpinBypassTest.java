package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.BusyPipe;
import io.evloop.testing.Faults;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.TestLoop;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pipe that always has something while its loop spins is not in the epoll then. Here the loop spins a little, and waits. */
class SpinBypassTest {

    private static final long DEADLINE_SECONDS = 60;
    private static final long SHORT_NANOS = 2_000_000;

    private TestLoop test;
    private EventLoop loop;
    private BusyPipe busy;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open(EventLoopOptions.builder().spin(Duration.ofMillis(1)));
        loop = test.loop();
        busy = BusyPipe.adopt(loop);
        bypass(loop, busy);
    }

    @AfterEach
    void close() throws Exception {
        busy.close();
        test.close();
    }

    /** Nothing is to be read afterwards. */
    private static void bypass(EventLoop loop, BusyPipe busy) {
        busy.start();
        while (busy.isInEpoll()) {
            loop.poll(-1);
        }
        busy.rest();
        awaitFrame(loop, busy);
    }

    /** Without a limit: if the frame is not noticed it never returns. */
    private static void awaitFrame(EventLoop loop, BusyPipe busy) {
        int frames = busy.frames();
        while (busy.frames() == frames) {
            loop.poll(-1);
        }
    }

    private void hearAFrame() {
        int frames = busy.frames();
        awaitFrame(loop, busy);
        assertEquals(frames + 1, busy.frames());
    }

    @Test
    void whatComesBeforeTheLoopWaitsIsRead() {
        busy.write();
        hearAFrame();
    }

    @Test
    void aLoopThatWaitedHasItInTheEpollAgain() throws Exception {
        Await.turns(loop, "a wait", busy::isInEpoll);
        busy.write();
        hearAFrame();
    }

    @Test
    void whatComesWhileTheLoopWaitsWakesIt() throws Exception {
        try (Background writer = Background.run("writer", () -> {
            Await.until("the loop to wait", busy::isInEpoll);
            busy.write();
        })) {
            hearAFrame();
        }
    }

    @Test
    void aTurnThatDoesNotWaitAsksTheEpollForItToo() throws Exception {
        loop.poll(0);
        assertTrue(busy.isInEpoll());
        busy.write();
        Await.turns(loop, "a frame", () -> loop.poll(0) > 0);
    }

    @Test
    void aPausedPipeIsHeardAgain() {
        int frames = busy.frames();
        busy.pipe().pauseReading();
        busy.write();
        loop.poll(SHORT_NANOS);
        assertEquals(frames, busy.frames());
        busy.pipe().resumeReading();
        hearAFrame();
    }

    @Test
    void aPipeThatIsKeptBehindItsEndIsAskedForNoMore() throws Exception {
        boolean[] told = new boolean[1];
        busy.pipe().onEnd(pipe -> told[0] = true);
        busy.shutdownOutput();
        while (!told[0]) {
            loop.poll(-1);
        }
        assertEquals(0, loop.poll(SHORT_NANOS));
        busy.close();
        Await.turns(loop, "the hang-up", busy.pipe()::isClosed);
    }

    /** In a JVM of its own, whose {@code epoll_ctl(2)} fails. */
    @Test
    void onlyThePipeEndsThatTheKernelRefusesToTakeBack() throws Exception {
        JavaProcess.Result result = Faults.run(DEADLINE_SECONDS, Refused.class);
        assertEquals(0, result.exitCode(), result::output);
    }

    static final class Refused {

        private Refused() {}

        public static void main(String[] arguments) throws Exception {
            EventLoopOptions options =
                    EventLoopOptions.builder().spin(Duration.ofMillis(1)).build();
            try (EventLoop loop = EventLoop.open(options);
                    BusyPipe busy = BusyPipe.adopt(loop)) {
                Throwable[] cause = new Throwable[1];
                busy.pipe().onClose((pipe, why) -> cause[0] = why);
                bypass(loop, busy);
                Faults.map(Path.of(arguments[0])).arm("epoll_ctl", 1, 1, Errno.ENOMEM);
                loop.poll(-1); // or else it waits for ever
                assertEquals(
                        Errno.ENOMEM,
                        assertInstanceOf(NativeIoException.class, cause[0]).errno());
            }
        }
    }
}
