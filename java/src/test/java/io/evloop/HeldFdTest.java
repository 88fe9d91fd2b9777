package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Descriptors that are still held: by the reader of a pulled frame, or for frames that nobody will take any more. */
class HeldFdTest {

    private static final byte[] FIRST = Frames.frame(1, "a");
    private static final byte[] SECOND = Frames.frame(2, "bc");

    /** More than the kernel takes at once. */
    private static final byte[] ANSWER = Frames.pattern(3, 4_000_000);

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

    private void answerAndClose() {
        pipe.writeFrame(3, ANSWER, 0, ANSWER.length);
        pipe.closeAfterFlush();
    }

    private void assertAnswered() {
        byte[] expected = Frames.frame(3, ANSWER);
        assertArrayEquals(expected, Await.bytes(loop, peered.peer(), expected.length));
        assertNull(peered.awaitClose());
        assertEquals(List.of(), test.takeErrors());
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

    @Test
    void readingThatIsResumedCutsNoLastFlushOff() throws Exception {
        pipe.acceptFds(1).onReadable(from -> {});
        RawFds.sendAll(peered.peer(), Arrays.copyOf(FIRST, 1), passed.writeEnd());
        Await.idle(loop);
        peered.peer().write(Arrays.copyOfRange(FIRST, 1, FIRST.length));
        RawFds.sendAll(peered.peer(), Arrays.copyOf(SECOND, 1), passed.writeEnd());
        Await.idle(loop);
        answerAndClose();
        Await.idle(loop);
        pipe.resumeReading();
        assertAnswered();
    }

    @Test
    void tooManyBehindTheFrameThatIsAnsweredCutNoLastFlushOff() throws Exception {
        pipe.acceptFds(1).onFrame((from, channelId, payload) -> answerAndClose());
        peered.peer().write(FIRST);
        RawFds.sendAll(peered.peer(), Arrays.copyOf(SECOND, 7), passed.writeEnd(), passed.readEnd());
        Await.turns(loop, "the answer", () -> pipe.stats().framesOut() > 0);
        assertAnswered();
    }
}
