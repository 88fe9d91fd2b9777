package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The pull mode: {@code readFrame} in {@code onReadable}. */
class PipePullTest {

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop);
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    @Test
    void readFrameIsNullUntilTheFrameIsComplete() throws Exception {
        peered.pulled();
        assertNull(pipe.readFrame());
        peered.peer().write(Frames.header(7, 3));
        Await.idle(loop);
        assertNull(pipe.readFrame());
        peered.peer().write("ab");
        Await.idle(loop);
        assertNull(pipe.readFrame());
        assertEquals(List.of(), peered.heard());
        peered.peer().write("c");
        Await.idle(loop);
        assertEquals(List.of("7:abc"), peered.heard());
        assertNull(pipe.readFrame());
    }

    @Test
    void onReadableIsNotCalledForAPartOfAFrame() throws Exception {
        int[] calls = new int[1];
        pipe.onReadable(from -> calls[0]++);
        peered.peer().write(Frames.header(7, 3));
        Await.idle(loop);
        assertEquals(0, calls[0]);
    }

    @Test
    void aFrameIsAFlyweightWithABigEndianOffHeapPayload() throws Exception {
        List<Frame> frames = new ArrayList<>();
        pipe.onReadable(from -> {
            Frame frame = from.readFrame();
            frames.add(frame);
            assertTrue(frame.isValid());
            assertEquals(4, frame.declaredLength());
            assertEquals(258, frame.payload().getInt());
            assertTrue(frame.payload().isDirect());
            assertSame(ByteOrder.BIG_ENDIAN, frame.payload().order());
        });
        byte[] one = Frames.frame(65535, (byte) 0, (byte) 0, (byte) 1, (byte) 2);
        peered.peer().write(Frames.concat(one, one));
        Await.idle(loop);
        assertEquals(2, frames.size());
        assertSame(frames.get(0), frames.get(1));
        assertEquals(65535, frames.get(0).channelId());
    }

    @Test
    void oneThatTakesSomeFramesIsCalledAgainForTheRest() throws Exception {
        List<String> calls = new ArrayList<>();
        pipe.onReadable(from -> calls.add(
                from.readFrame().payload().get() + " " + from.readFrame().channelId()));
        peered.peer()
                .write(Frames.concat(
                        Frames.frame(1, (byte) 1),
                        Frames.frame(2, (byte) 2),
                        Frames.frame(3, (byte) 3),
                        Frames.frame(4, (byte) 4)));
        Await.idle(loop);
        assertEquals(List.of("1 2", "3 4"), calls);
    }

    @Test
    void oneThatTakesNothingIsNotCalledAgainUntilMoreBytesArrive() throws Exception {
        int[] calls = new int[1];
        pipe.onReadable(from -> calls[0]++);
        peered.peer().write(Frames.concat(Frames.frame(7, "a"), Frames.frame(7, "b")));
        Await.idle(loop);
        assertEquals(1, calls[0]);
        peered.peer().write((byte) 0);
        Await.idle(loop);
        assertEquals(2, calls[0]);
    }

    @Test
    void oneThatTakesNothingIsCalledAgainWhenReadingIsResumed() throws Exception {
        int[] calls = new int[1];
        pipe.onReadable(from -> calls[0]++);
        peered.peer().write(Frames.frame(7, "a"));
        Await.idle(loop);
        pipe.pauseReading();
        Await.idle(loop);
        assertEquals(1, calls[0]);
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(2, calls[0]);
    }

    @Test
    void aDeclinedFrameCanBeReadOutsideTheHandler() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.concat(Frames.frame(7, "a"), Frames.frame(8, "b")));
        Await.idle(loop);
        assertEquals("7:a", PeeredPipe.describe(pipe.readFrame()));
        assertEquals("8:b", PeeredPipe.describe(pipe.readFrame()));
        assertNull(pipe.readFrame());
    }

    @Test
    void aFrameReadOutsideTheHandlerIsOverAtTheNextRead() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.concat(Frames.frame(7, "a"), Frames.frame(8, "bc")));
        Await.idle(loop);
        Frame first = pipe.readFrame();
        assertEquals(7, first.channelId());
        assertSame(first, pipe.readFrame());
        assertEquals("8:bc", PeeredPipe.describe(first));
    }

    @Test
    void afterAPauseInsideOnReadableItIsNotCalledAgainUntilReadingIsResumed() throws Exception {
        List<String> got = new ArrayList<>();
        pipe.onReadable(from -> {
            got.add(PeeredPipe.describe(from.readFrame()));
            from.pauseReading();
        });
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b")));
        Await.idle(loop);
        assertEquals(List.of("1:a"), got);
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(List.of("1:a", "1:b"), got);
    }

    @Test
    void whilePausedThereIsNoFrameToRead() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.frame(7, "a"));
        Await.idle(loop);
        pipe.pauseReading();
        assertNull(pipe.readFrame());
        pipe.resumeReading();
        assertEquals("7:a", PeeredPipe.describe(pipe.readFrame()));
    }

    @Test
    void theEndWaitsForAFrameThatIsNotTaken() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.frame(7, "last words"));
        peered.peer().close();
        Await.idle(loop);
        assertFalse(pipe.isClosed());
        assertEquals("7:last words", PeeredPipe.describe(pipe.readFrame()));
        assertNull(peered.awaitClose());
    }

    @Test
    void theCloseOfThePeerWaitsForAFrameThatIsNotTakenAlsoWithAPipeThatIsKeptOpen() throws Exception {
        pipe.onReadable(from -> {});
        peered.keptOpen();
        peered.peer().write(Frames.frame(7, "last words"));
        peered.peer().close();
        Await.idle(loop);
        assertEquals(List.of(), peered.heard());
        assertEquals("7:last words", PeeredPipe.describe(pipe.readFrame()));
        assertNull(peered.awaitClose());
        assertEquals(List.of("end", "closed"), peered.heard());
    }

    @Test
    void aFrameThatIsNotTakenOutlivesAWriteThatFails() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.frame(7, "last words"));
        peered.peer().close();
        Await.idle(loop);
        pipe.writeFrame(1, ByteBuffer.wrap(new byte[1]));
        Await.idle(loop);
        assertEquals(List.of(), peered.heard());
        assertEquals("7:last words", PeeredPipe.describe(pipe.readFrame()));
        assertEquals(
                "EPIPE",
                assertInstanceOf(NativeIoException.class, peered.awaitClose()).errnoName());
    }

    // row 3
    @Test
    void aFrameOfLength0IsNotValidAndReadingBeginsAnewBehindIt() throws Exception {
        peered.pulled();
        peered.peer()
                .write(Frames.concat(
                        Frames.frame(1, "a"), Frames.header(65535, 0), Frames.header(2, 0), Frames.frame(3, "b")));
        Await.idle(loop);
        assertEquals(List.of("1:a", "65535 of 0 invalid", "2 of 0 invalid", "3:b"), peered.heard());
        assertFalse(pipe.isClosed());
    }

    // row 4
    @Test
    void aFrameThatIsTooLongIsNotValidAndReadingBeginsAnewBehindItsHeader() throws Exception {
        peered.pulled();
        peered.peer()
                .write(Frames.concat(
                        Frames.header(7, (64 << 20) + 1),
                        Frames.header(8, 0x80000000L),
                        Frames.header(9, 0xFFFFFFFFL),
                        Frames.frame(3, "b")));
        Await.idle(loop);
        assertEquals(
                List.of("7 of 67108865 invalid", "8 of 2147483648 invalid", "9 of 4294967295 invalid", "3:b"),
                peered.heard());
    }

    @Test
    void anInvalidFrameHasAnEmptyPayload() throws Exception {
        List<Integer> remaining = new ArrayList<>();
        pipe.onReadable(from -> remaining.add(from.readFrame().payload().remaining()));
        peered.peer().write(Frames.concat(Frames.frame(1, "abc"), Frames.header(1, 0), Frames.frame(1, "de")));
        Await.idle(loop);
        assertEquals(List.of(3, 0, 2), remaining);
    }

    @Test
    void aPulledPipeCannotPush() {
        pipe.onReadable(from -> {});
        assertThrows(IllegalStateException.class, () -> pipe.onFrame((from, channelId, payload) -> {}));
        assertThrows(IllegalStateException.class, () -> pipe.onFrame(7, (from, channelId, payload) -> {}));
    }

    @Test
    void framesAreCounted() throws Exception {
        peered.pulled();
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b")));
        Await.idle(loop);
        assertEquals(2, pipe.stats().framesIn());
        assertEquals(14, pipe.stats().bytesIn());
    }

    @Test
    void isOfferedAgainIfItResumesWithinTheCall() throws Exception {
        int[] calls = {0};
        pipe.onReadable(from -> {
            if (calls[0]++ == 0) { // what it began was done at once
                from.pauseReading();
                from.resumeReading();
            }
        });
        peered.peer().write(Frames.frame(1, "a"));
        Await.turns(loop, "the second call", () -> calls[0] == 2);
        Await.idle(loop);
        assertEquals(2, calls[0], "nothing was resumed any more");
    }
}
