package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Handlers that are exchanged while frames are unread: from pushed to pulled and back. */
class HandlerSwitchTest {

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
    void aPushedPipeMayBePulledFromTheNextFrameOn() throws Exception {
        pipe.onFrame((from, channelId, payload) -> {
            from.onFrame(null);
            peered.pulled();
        });
        peered.peer()
                .write(Frames.concat(Frames.frame(1, (byte) 'a'), Frames.frame(2, (byte) 'b'), Frames.header(3, 2)));
        Await.idle(loop);
        assertEquals(List.of("2:b"), peered.heard());
        assertEquals(0, pipe.stats().droppedFrames());
    }

    @Test
    void aPushedPipeIsNotPulledForAPartOfAFrame() throws Exception {
        int[] calls = new int[1];
        pipe.onFrame((from, channelId, payload) -> {
            from.onFrame(null);
            from.onReadable(readable -> calls[0]++);
        });
        peered.peer().write(Frames.concat(Frames.frame(1, (byte) 'a'), Frames.header(2, 3)));
        Await.idle(loop);
        assertEquals(0, calls[0]);
        peered.peer().write("bcd");
        Await.idle(loop);
        assertEquals(1, calls[0]);
    }

    @Test
    void aPushedPipeIsNotPulledForAPartOfAFrameWhereEachFrameIsATurn() throws Exception {
        close();
        test = TestLoop.open(EventLoopOptions.builder().bytesPerTurn(1));
        loop = test.loop();
        peered = PeeredPipe.adopt(loop);
        pipe = peered.pipe();
        aPushedPipeIsNotPulledForAPartOfAFrame();
    }

    @Test
    void whatAFormerHandlerHasDeclinedIsPushedToTheNextOneToTheEnd() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.burst(1000, 10));
        peered.peer().shutdownOutput();
        Await.idle(loop);
        pipe.onReadable(null);
        peered.pushed();
        assertNull(peered.awaitClose());
        assertEquals(1001, peered.heard().size());
    }

    @Test
    void whatAFormerHandlerHasDeclinedIsOfferedToTheNextOne() throws Exception {
        pipe.onReadable(from -> {});
        peered.peer().write(Frames.frame(1, "a"));
        Await.idle(loop);
        peered.pulled();
        Await.idle(loop);
        assertEquals(List.of("1:a"), peered.heard());
    }

    @Test
    void aPullingHandlerThatTakesNothingMayNameItsSuccessor() throws Exception {
        pipe.onReadable(from -> peered.pulled());
        peered.peer().write(Frames.frame(1, "a"));
        Await.idle(loop);
        assertEquals(List.of("1:a"), peered.heard());
    }

    @Test
    void aPullingHandlerThatSetsItselfAndTakesNothingIsNotCalledAgain() throws Exception {
        int[] calls = new int[1];
        pipe.onReadable(new Consumer<>() {
            @Override
            public void accept(Pipe from) {
                calls[0]++;
                from.onReadable(this);
            }
        });
        peered.peer().write(Frames.frame(1, "a"));
        Await.idle(loop);
        assertEquals(1, calls[0]);
    }

    @Test
    void nothingIsPulledInsideAPush() throws Exception {
        List<Throwable> refused = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> {
            from.onFrame(null);
            refused.add(assertThrows(IllegalStateException.class, from::readFrame));
            peered.pulled();
        });
        peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(2, "b"), Frames.frame(3, "c")));
        Await.idle(loop);
        assertEquals(1, refused.size());
        assertEquals(List.of("2:b", "3:c"), peered.heard());
        assertEquals(3, pipe.stats().framesIn());
    }
}
