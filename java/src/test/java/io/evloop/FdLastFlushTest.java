package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

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

/** A pipe that only sends what is queued, while descriptors are held that came with frames which nobody will take. */
class FdLastFlushTest {

    private static final byte[] FIRST = Frames.frame(1, "a");
    private static final byte[] SECOND = Frames.frame(2, "bc");

    /** More than the kernel takes at once. */
    private static final byte[] ANSWER = Frames.pattern(3, 4_000_000);

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;
    private RawPipe passed;

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
    void readingThatIsResumedCutsNothingOff() throws Exception {
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
    void tooManyBehindTheFrameThatIsAnsweredCutNothingOff() throws Exception {
        pipe.acceptFds(1).onFrame((from, channelId, payload) -> answerAndClose());
        peered.peer().write(FIRST);
        RawFds.sendAll(peered.peer(), Arrays.copyOf(SECOND, 7), passed.writeEnd(), passed.readEnd());
        Await.turns(loop, "the answer", () -> pipe.stats().framesOut() > 0);
        assertAnswered();
    }
}
