package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Fd;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawFds;
import io.evloop.testing.RawPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Descriptors of a pulled frame, which its reader still holds when those of the next frame have come. */
class FdPullTest {

    private static final byte[] FIRST = Frames.frame(1, "a");
    private static final byte[] SECOND = Frames.frame(2, "bc");

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;
    private RawPipe passed;

    /** Whether the handler takes no frame. */
    private boolean declining = true;

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop);
        pipe = peered.pipe();
        passed = RawPipe.open();
    }

    @AfterEach
    void close() throws IOException {
        passed.close();
        peered.close();
        test.close();
    }

    /** How many descriptors there were; they are closed. */
    private static int takeAll(Frame frame) throws IOException {
        int count = 0;
        for (int fd = frame.takeFd(); fd >= 0; fd = frame.takeFd()) {
            Fd.close(fd);
            count++;
        }
        return count;
    }

    private void sendRestOfSecond(int from) throws IOException {
        peered.peer().write(Arrays.copyOfRange(SECOND, from, SECOND.length));
        Await.idle(loop);
    }

    private void assertSecondBrings(int count) throws IOException {
        Frame second = pipe.readFrame();
        assertEquals(2, second.channelId());
        assertEquals(count, takeAll(second));
        assertFalse(pipe.isClosed());
    }

    @Test
    void thoseOfAFrameThatWasReadOutsideTheHandlerDoNotCountForTheNext() throws Exception {
        pipe.acceptFds(1).onReadable(from -> {});
        RawFds.sendAll(peered.peer(), FIRST, passed.writeEnd());
        Await.idle(loop);
        Frame first = pipe.readFrame();
        RawFds.sendAll(peered.peer(), Arrays.copyOf(SECOND, 1), passed.writeEnd());
        Await.idle(loop);
        assertFalse(pipe.isClosed(), pipe::toString);
        assertEquals(1, takeAll(first));
        sendRestOfSecond(1);
        assertSecondBrings(1);
    }

    @Test
    void thoseOfAFrameInWhoseHandlerReadingIsResumedDoNotCountForTheNext() throws Exception {
        int[] taken = {0};
        pipe.acceptFds(2).onReadable(from -> {
            Frame first = declining ? null : from.readFrame();
            if (first != null) {
                from.resumeReading();
                try {
                    taken[0] += takeAll(first);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                declining = true;
            }
        });
        RawFds.sendAll(peered.peer(), FIRST, passed.writeEnd());
        Await.idle(loop);
        RawFds.sendAll(peered.peer(), Arrays.copyOf(SECOND, 7), passed.writeEnd(), passed.readEnd());
        Await.idle(loop);
        declining = false;
        pipe.resumeReading();
        Await.turns(loop, "the first frame", () -> declining || pipe.isClosed());
        assertFalse(pipe.isClosed(), pipe::toString);
        assertEquals(1, taken[0]);
        sendRestOfSecond(7);
        assertSecondBrings(2);
        assertTrue(test.takeErrors().isEmpty());
    }
}
