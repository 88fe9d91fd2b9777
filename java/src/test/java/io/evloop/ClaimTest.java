package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.CallbackPlace;
import io.evloop.testing.CallbackStage;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A frame encoded in place: {@code claim}, then {@code commit} or {@code abort}. */
class ClaimTest {

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
    void lendsExactlyTheLengthOffHeapAndBigEndian() throws Exception {
        ByteBuffer room = pipe.claim(7, 8);
        assertEquals(8, room.remaining());
        assertTrue(room.isDirect());
        assertSame(ByteOrder.BIG_ENDIAN, room.order());
        room.putLong(0x0102030405060708L);
        assertEquals(WriteResult.OK, pipe.commit());
        assertPeerReads(Frames.frame(7, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    }

    @Test
    void takesNoByteBeyondItsLimit() {
        ByteBuffer room = pipe.claim(7, 3);
        room.put((byte) 1).put((byte) 2).put((byte) 3);
        assertThrows(BufferOverflowException.class, () -> room.put((byte) 4));
        pipe.abort();
    }

    @Test
    void commitsAllBytesWhereverThePositionIs() throws Exception {
        pipe.claim(7, 4).putInt(0x01020304).flip().position(1).limit(2);
        pipe.commit();
        assertPeerReads(Frames.frame(7, new byte[] {1, 2, 3, 4}));
    }

    @Test
    void anAbortLeavesNoTrace() throws Exception {
        write("before");
        pipe.claim(7, 100_000).putInt(1);
        pipe.abort();
        write("after");
        assertPeerReads(Frames.concat(Frames.frame(1, "before"), Frames.frame(1, "after")));
        assertEquals(2, pipe.stats().framesOut());
    }

    @Test
    void anAbortOfTheFirstFrameLeavesNothingToSend() throws Exception {
        pipe.claim(7, 100);
        pipe.abort();
        Await.idle(loop);
        write("x");
        assertPeerReads(Frames.frame(1, "x"));
    }

    @Test
    void claimsAndWritesKeepTheirOrder() throws Exception {
        byte[][] expected = new byte[300][];
        for (int number = 0; number < expected.length; number++) {
            byte[] payload = Frames.pattern(number, 1 + number * 7);
            if (number % 2 == 0) {
                pipe.claim(number, payload.length).put(payload);
                pipe.commit();
            } else {
                pipe.writeFrame(number, ByteBuffer.wrap(payload));
            }
            expected[number] = Frames.frame(number, payload);
        }
        assertPeerReads(Frames.concat(expected));
    }

    @Test
    void anyOtherWriteInBetweenIsRefusedAndTheClaimIsNoneTheWorse() throws Exception {
        ByteBuffer payload = ByteBuffer.wrap(new byte[1]);
        ByteBuffer room = pipe.claim(7, 2);
        assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, payload));
        assertThrows(IllegalStateException.class, () -> pipe.writeFrame(1, new byte[1], 0, 1));
        assertThrows(IllegalStateException.class, () -> pipe.claim(1, 1));
        assertEquals(0, payload.position());
        room.put((byte) 'o').put((byte) 'k');
        assertEquals(WriteResult.OK, pipe.commit());
        assertPeerReads(Frames.frame(7, "ok"));
    }

    @Test
    void anotherPipeCanBeWrittenInBetween() throws Exception {
        try (PeeredPipe other = PeeredPipe.adopt(loop)) {
            pipe.claim(7, 1).put((byte) 'a');
            other.pipe().claim(8, 1).put((byte) 'b');
            other.pipe().commit();
            pipe.commit();
            assertPeerReads(Frames.frame(7, "a"));
            assertArrayEquals(Frames.frame(8, "b"), other.peer().read(7));
        }
    }

    @Test
    void commitAndAbortNeedAClaim() {
        assertThrows(IllegalStateException.class, pipe::commit);
        assertThrows(IllegalStateException.class, pipe::abort);
        pipe.claim(7, 1);
        pipe.commit();
        assertThrows(IllegalStateException.class, pipe::commit);
        pipe.claim(7, 1);
        pipe.abort();
        assertThrows(IllegalStateException.class, pipe::abort);
    }

    @Test
    void lateUseOfTheRoomIsDetected() throws Exception {
        ByteBuffer committed = pipe.claim(7, 1).put((byte) 'a');
        pipe.commit();
        assertThrows(BufferOverflowException.class, () -> committed.put((byte) 'b'));
        ByteBuffer aborted = pipe.claim(7, 1);
        pipe.abort();
        assertThrows(BufferOverflowException.class, () -> aborted.put((byte) 'b'));
        assertPeerReads(Frames.frame(7, "a"));
    }

    @Test
    void aClaimWhosePipeIsClosedMeanwhileIsCommittedInVain() throws Exception {
        pipe.claim(7, 1).put((byte) 'a');
        pipe.close();
        assertEquals(WriteResult.CLOSED, pipe.commit());
        peered.awaitClose();
        assertEquals(0, peered.peer().read(7).length);
    }

    @Test
    void aClaimAcrossAHalfCloseIsCommittedInVain() throws Exception {
        pipe.claim(7, 1).put((byte) 'a');
        pipe.shutdownOutput();
        assertEquals(WriteResult.CLOSED, pipe.commit());
        Await.idle(loop);
        assertEquals(0, peered.peer().read(7).length);
    }

    @Test
    void aClaimLeftOpenWhenTheLoopIsClosedIsAbortedToo() throws Exception {
        ByteBuffer room = pipe.claim(7, 1);
        loop.close();
        assertInstanceOf(IllegalStateException.class, test.takeError().error());
        assertThrows(BufferOverflowException.class, () -> room.put((byte) 'a'));
        assertThrows(IllegalStateException.class, pipe::commit);
        assertEquals(0, peered.peer().read(7).length);
    }

    @Test
    void aClaimOf64MiBIsOneContiguousRoom() {
        ByteBuffer room = pipe.claim(7, 64 << 20);
        assertEquals(64 << 20, room.remaining());
        pipe.abort();
    }

    @Test
    void aClaimThatWouldBeFullIsNullAndADrainFollows() throws Exception {
        peered.drained();
        int accepted = 0;
        while (pipe.claim(7, 1 << 20) != null) {
            assertTrue(pipe.commit().isAccepted());
            accepted++;
        }
        Await.idle(loop);
        assertEquals(List.of(), peered.heard());
        peered.peerReads(accepted * (6 + (1 << 20)));
        Await.idle(loop);
        assertEquals(List.of("drain"), peered.heard());
        assertThrows(IllegalStateException.class, pipe::commit); // a null claim is none
    }

    @Test
    void aClosedPipeLendsNothing() {
        pipe.close();
        assertNull(pipe.claim(7, 1));
    }

    @ParameterizedTest
    @EnumSource
    void aClaimLeftOpenWhenTheCallbackReturnsIsAbortedAndTheErrorHandlerHearsOfIt(CallbackPlace place)
            throws Exception {
        try (CallbackStage stage = CallbackStage.open()) {
            stage.perform(place, () -> stage.other().pipe().claim(7, 100_000));
            TestLoop.Heard heard = stage.test().takeError();
            assertInstanceOf(IllegalStateException.class, heard.error());
            assertSame(stage.other().pipe(), heard.source());
            assertThrows(IllegalStateException.class, stage.other().pipe()::commit);
            stage.other().pipe().writeFrame(1, ByteBuffer.wrap(new byte[] {'x'}));
            Await.idle(stage.loop());
            assertArrayEquals(Frames.frame(1, "x"), stage.other().peer().readSome(100));
        }
    }

    @Test
    void claimsOfManyPipesKeepTheLimitOfTheLoop() throws Exception {
        EventLoopOptions.Builder limited = EventLoopOptions.builder().maxQueuedBytes(1_000_000);
        try (TestLoop small = TestLoop.open(limited);
                PeeredPipe one = PeeredPipe.adopt(small.loop());
                PeeredPipe two = PeeredPipe.adopt(small.loop())) {
            ByteBuffer room = one.pipe().claim(1, 600_000);
            assertNotNull(room);
            assertNull(two.pipe().claim(1, 600_000), "together they are above the limit");
            assertEquals(WriteResult.FULL, two.pipe().writeFrame(1, ByteBuffer.allocate(600_000)));
            one.pipe().abort();
            assertNotNull(two.pipe().claim(1, 600_000));
            two.pipe().abort();
            assertEquals(0, small.loop().openContext().queuedBytes());
        }
    }

    @Test
    void aClaimLeftOpenByOneFramesHandlerIsAbortedBeforeTheNextFrame() throws Exception {
        List<WriteResult> results = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> {
            if (channelId == 1) {
                from.claim(7, 10);
            } else {
                results.add(from.writeFrame(2, payload));
            }
        });
        byte[] first = Frames.frame(2, "a"); // a claim is not left open by the first frame of the run only
        byte[] last = Frames.frame(2, "b");
        peered.peer().write(Frames.concat(first, Frames.frame(1, "claim"), last)); // one read, one turn
        Await.turns(loop, "all frames", () -> results.size() == 2);
        assertEquals(List.of(WriteResult.OK, WriteResult.OK), results);
        assertInstanceOf(IllegalStateException.class, test.takeError().error());
        Await.idle(loop);
        assertArrayEquals(Frames.concat(first, last), peered.peer().readSome(100));
    }

    private void write(String payload) {
        pipe.writeFrame(1, ByteBuffer.wrap(payload.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Exactly this, and nothing more. */
    private void assertPeerReads(byte[] expected) throws Exception {
        assertArrayEquals(expected, peered.peerReads(expected.length));
        Await.idle(loop);
        assertEquals(0, peered.peer().readAvailable().length);
    }

    // row 27
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anErrorHandlerMayEndTheOtherClaimThatWasLeftOpen(boolean inOnFrame) throws Exception {
        List<Object> heard = new ArrayList<>();
        List<Pipe> pipes = new ArrayList<>();
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> {
                    heard.add(source);
                    pipes.get(source == pipes.get(0) ? 1 : 0).abort();
                })
                .build();
        try (EventLoop own = EventLoop.open(options);
                PeeredPipe source = PeeredPipe.adopt(own);
                PeeredPipe one = PeeredPipe.adopt(own);
                PeeredPipe another = PeeredPipe.adopt(own)) {
            pipes.addAll(List.of(one.pipe(), another.pipe()));
            Runnable leavesBoth = () -> pipes.forEach(each -> each.claim(1, 10));
            if (inOnFrame) {
                source.pipe().onFrame((of, channelId, payload) -> leavesBoth.run());
                source.peer().write(Frames.frame(1, "a"));
            } else {
                own.execute(leavesBoth);
            }
            Await.idle(own);
            assertEquals(1, heard.size(), "one was ended by the error handler, which heard " + heard);
            assertFalse(source.isClosed(), "its handler has thrown nothing");
            for (Pipe each : pipes) {
                assertEquals(WriteResult.OK, each.writeFrame(1, new byte[1], 0, 1));
            }
        }
    }
}
