package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The push mode: {@code onFrame} gets each frame. */
class PipePushTest {

    private static final FrameHandler NOTHING = (from, channelId, payload) -> {};

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
    void deliversAFrameAndAnswersIt() throws Exception {
        pipe.onFrame((from, channelId, payload) -> from.writeFrame(channelId, payload));
        peered.peer().write(Frames.frame(7, "ping"));
        Await.idle(loop);
        assertEquals(
                "\0\7\0\0\0\4ping", Frames.latin(ByteBuffer.wrap(peered.peer().read(10))));
        peered.peer().close();
        assertNull(peered.awaitClose());
    }

    @Test
    void handsOutOneDirectBigEndianViewOfExactlyThePayload() throws Exception {
        Set<ByteBuffer> views = Collections.newSetFromMap(new IdentityHashMap<>());
        List<String> seen = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> {
            views.add(payload);
            assertTrue(payload.isDirect());
            assertSame(ByteOrder.BIG_ENDIAN, payload.order());
            seen.add(payload.remaining() + " " + payload.getInt());
            payload.order(ByteOrder.LITTLE_ENDIAN).position(payload.limit()); // the next one is none the worse
        });
        peered.peer()
                .write(Frames.concat(
                        Frames.frame(1, (byte) 0, (byte) 0, (byte) 1, (byte) 2),
                        Frames.frame(1, (byte) 0, (byte) 0, (byte) 0, (byte) 3, (byte) 9),
                        Frames.frame(1, (byte) 0, (byte) 0, (byte) 0, (byte) 4)));
        Await.idle(loop);
        assertEquals(List.of("4 258", "5 3", "4 4"), seen);
        assertEquals(1, views.size(), "views");
    }

    // row 9
    @Test
    void aPayloadThatIsReadAfterItsCallbackIsDetected() throws Exception {
        List<ByteBuffer> kept = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> kept.add(payload));
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.header(1, 100)));
        Await.idle(loop);
        assertThrows(BufferUnderflowException.class, kept.get(0)::get);
    }

    // row 8
    @Test
    void channelsAreUnsigned() throws Exception {
        peered.pushed();
        peered.peer().write(Frames.concat(Frames.frame(0, "a"), Frames.frame(0x8000, "b"), Frames.frame(65535, "c")));
        Await.idle(loop);
        assertEquals(List.of("0:a", "32768:b", "65535:c"), peered.heard());
    }

    // row 8
    @Test
    void aChannelWithoutAHandlerGoesToTheDefaultHandler() throws Exception {
        List<String> own = new ArrayList<>();
        peered.pushed();
        pipe.onFrame(0, (from, channelId, payload) -> own.add("0:" + Frames.latin(payload)));
        pipe.onFrame(65535, (from, channelId, payload) -> own.add("65535:" + Frames.latin(payload)));
        peered.peer()
                .write(Frames.concat(
                        Frames.frame(0, "a"),
                        Frames.frame(1, "b"),
                        Frames.frame(65535, "c"),
                        Frames.frame(65534, "d"),
                        Frames.frame(256, "e")));
        Await.idle(loop);
        assertEquals(List.of("0:a", "65535:c"), own);
        assertEquals(List.of("1:b", "65534:d", "256:e"), peered.heard());
    }

    @Test
    void aChannelWhoseHandlerIsRemovedGoesToTheDefaultHandler() throws Exception {
        peered.pushed();
        pipe.onFrame(7, NOTHING).onFrame(7, null);
        peered.peer().write(Frames.frame(7, "a"));
        Await.idle(loop);
        assertEquals(List.of("7:a"), peered.heard());
    }

    // row 8
    @Test
    void aFrameThatNobodyHandlesIsDroppedAndCounted() throws Exception {
        List<String> own = new ArrayList<>();
        pipe.onFrame(7, (from, channelId, payload) -> own.add(Frames.latin(payload)));
        peered.peer().write(Frames.concat(Frames.frame(8, "a"), Frames.frame(7, "b"), Frames.frame(9, "c")));
        Await.idle(loop);
        assertEquals(List.of("b"), own);
        assertEquals(2, pipe.stats().droppedFrames());
        assertEquals(3, pipe.stats().framesIn());
    }

    @Test
    void aHandlerMayReplaceItself() throws Exception {
        List<String> second = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> from.onFrame((f, c, p) -> second.add(Frames.latin(p))));
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b"), Frames.frame(1, "c")));
        Await.idle(loop);
        assertEquals(List.of("b", "c"), second);
    }

    @Test
    void aPipeWithNoHandlerIsNotReadUntilItHasOne() throws Exception {
        peered.peer().write(Frames.concat(Frames.frame(7, "a"), Frames.frame(7, "b")));
        Await.idle(loop);
        assertEquals(0, pipe.stats().bytesIn());
        peered.pushed();
        Await.idle(loop);
        assertEquals(List.of("7:a", "7:b"), peered.heard());
    }

    @Test
    void aPushingPipeCannotBePulled() throws Exception {
        pipe.onFrame(NOTHING);
        assertThrows(IllegalStateException.class, () -> pipe.onReadable(from -> {}));
        assertThrows(IllegalStateException.class, pipe::readFrame);
        peered.pushed();
        peered.peer().write(Frames.frame(7, "still pushing"));
        Await.idle(loop);
        assertEquals(List.of("7:still pushing"), peered.heard());
    }

    @Test
    void aPipeThatPushesOneChannelCannotBePulled() {
        pipe.onFrame(7, NOTHING);
        assertThrows(IllegalStateException.class, () -> pipe.onReadable(from -> {}));
        assertThrows(IllegalStateException.class, pipe::readFrame);
    }

    @Test
    void aHandlerForAChannelOutOfRangeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> pipe.onFrame(-1, NOTHING));
        assertThrows(IllegalArgumentException.class, () -> pipe.onFrame(65536, NOTHING));
    }

    @Test
    void afterAPauseInsideOnFrameNoFurtherFrameIsDelivered() throws Exception {
        List<String> got = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> {
            got.add(Frames.latin(payload));
            from.pauseReading();
        });
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b"), Frames.frame(1, "c")));
        Await.idle(loop);
        assertEquals(List.of("a"), got);
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(List.of("a", "b"), got);
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals(List.of("a", "b", "c"), got);
    }

    @Test
    void theEndOfTheStreamWaitsUntilReadingIsResumed() throws Exception {
        peered.pushed();
        pipe.pauseReading();
        peered.peer().write(Frames.frame(1, "last words"));
        peered.peer().close();
        Await.idle(loop);
        assertEquals(List.of(), peered.heard());
        pipe.resumeReading();
        assertNull(peered.awaitClose());
        assertEquals(List.of("1:last words", "closed"), peered.heard());
    }

    @Test
    void resumingInsideTheFrameThatPausedChangesNothing() throws Exception {
        List<String> got = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> {
            from.pauseReading();
            from.resumeReading();
            got.add(Frames.latin(payload));
        });
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b")));
        Await.idle(loop);
        assertEquals(List.of("a", "b"), got);
    }
}
