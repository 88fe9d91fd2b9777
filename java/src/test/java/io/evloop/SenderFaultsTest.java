package io.evloop;

import static io.evloop.WriteResult.CLOSED;
import static io.evloop.WriteResult.FULL;
import static io.evloop.WriteResult.OK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults that the way from a {@link Sender} to its pipe had once, each by what it did. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SenderFaultsTest {

    private static final int CAPACITY = 4096;
    private static final byte[] EIGHTH = new byte[CAPACITY / 8 - 8];

    private static WriteResult write(Sender sender, byte[] payload) {
        return sender.writeFrame(7, payload, 0, payload.length);
    }

    private static int fill(Sender sender) {
        int accepted = 0;
        while (write(sender, EIGHTH) != FULL) {
            accepted++;
        }
        return accepted;
    }

    @Test
    void aFullQueueTakenInOneGoMadeTheLoopServeItForEver() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Sender sender = peered.pipe().sender(CAPACITY);
            sender.onDrain(drained -> write(drained, EIGHTH)); // calls for the loop while it is being served
            int accepted = fill(sender);
            Await.idle(test.loop());
            assertEquals(accepted + 1, peered.pipe().stats().framesOut());
        }
    }

    @Test
    void aFullQueueAtTheEndWasSentFourTimes() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Sender sender = peered.pipe().sender(CAPACITY);
            int accepted = fill(sender);
            assertEquals(CAPACITY, sender.queuedBytes());
            peered.pipe().closeAfterFlush();
            peered.awaitClose();
            assertEquals(accepted, peered.pipe().stats().framesOut());
            byte[] bytes = peered.peer().read(1_000_000);
            assertEquals(accepted * (6 + EIGHTH.length), bytes.length);
        }
    }

    @Test
    void aDrainOfThePipeMadeTheLoopServeASenderForEver() throws Exception {
        PipeOptions options =
                PipeOptions.builder().highWater(2 * CAPACITY).lowWater(0).build();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            Pipe pipe = peered.pipe();
            Sender sender = pipe.sender(CAPACITY);
            int queued = fillKernel(test.loop(), pipe) + fillQueue(pipe);
            int accepted = fill(sender);
            Await.idle(test.loop()); // nothing is moved: the pipe is above its high water mark
            // in the turn of the drain it has called for the loop already, and does so again once it is served
            pipe.onDrain(any -> assertEquals(FULL, write(sender, EIGHTH)));
            sender.onDrain(any -> write(sender, EIGHTH));
            peered.peer().nonBlocking();
            Await.turns(test.loop(), "every frame", () -> {
                drainKernel(peered);
                return pipe.stats().framesOut() > queued + accepted;
            });
            Await.idle(test.loop());
            assertEquals(0, sender.queuedBytes());
        }
    }

    /** Writes until the kernel takes no more; how many frames. */
    private static int fillKernel(EventLoop loop, Pipe pipe) {
        int frames = 0;
        while (pipe.stats().queuedBytes() == 0) {
            pipe.writeFrame(1, EIGHTH, 0, EIGHTH.length);
            frames++;
            Await.idle(loop);
        }
        return frames;
    }

    /** Writes until the pipe is above its high water mark; how many frames. */
    private static int fillQueue(Pipe pipe) {
        int frames = 1;
        while (pipe.writeFrame(1, EIGHTH, 0, EIGHTH.length) == OK) {
            frames++;
        }
        return frames;
    }

    private static void drainKernel(PeeredPipe peered) {
        try {
            while (peered.peer().readSome(65536).length > 0) {
                continue;
            }
        } catch (IOException e) {
            return; // EAGAIN
        }
    }

    @Test
    void aSenderWhoseFrameDidNotFitWasForgottenOnceAnothersDid() throws Exception {
        int longest = 2000;
        PipeOptions options = PipeOptions.builder()
                .maxFrameLength(longest)
                .highWater(longest + 6)
                .lowWater(0)
                .maxQueuedBytes(longest + 6)
                .build();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            Pipe pipe = peered.pipe();
            Sender large = pipe.sender(2 * CAPACITY);
            Sender small = pipe.sender(CAPACITY);
            fillKernel(test.loop(), pipe);
            assertEquals(OK, write(large, new byte[longest]));
            Await.idle(test.loop()); // it does not fit now
            assertEquals(OK, write(small, new byte[1]));
            Await.idle(test.loop()); // this one does
            assertEquals(0, small.queuedBytes());
            peered.peer().nonBlocking();
            Await.turns(test.loop(), "the large frame", () -> {
                drainKernel(peered);
                return large.queuedBytes() == 0;
            });
        }
    }

    @Test
    void aSenderDrainedAfterItsPipeWasClosed() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            Sender sender = pipe.sender(CAPACITY).onDrain(any -> peered.heard().add("drain"));
            pipe.onFrame((p, channelId, payload) -> { // behind the turn's look at the senders
                fill(sender);
                p.close();
            });
            peered.peer().write(Frames.frame(1, "x"));
            assertNull(peered.awaitClose());
            Await.idle(test.loop());
            assertEquals(List.of("closed"), peered.heard());
        }
    }

    @Test
    void aSenderMadeAfterTheEndOfItsPipeTookFrames() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe closed = PeeredPipe.adopt(test.loop());
                PeeredPipe halfClosed = PeeredPipe.adopt(test.loop());
                PeeredPipe flushing = PeeredPipe.adopt(test.loop())) {
            closed.pipe().close();
            Await.idle(test.loop());
            assertEquals(CLOSED, write(closed.pipe().sender(), EIGHTH));
            halfClosed.pipe().shutdownOutput();
            assertEquals(CLOSED, write(halfClosed.pipe().sender(), EIGHTH));
            flushing.pipe().closeAfterFlush();
            assertEquals(CLOSED, write(flushing.pipe().sender(), EIGHTH));
        }
    }

    @Test
    void aSenderMadeInADrainOfAnotherEndedThePipe() throws Exception {
        PipeOptions options = PipeOptions.builder().highWater(0).lowWater(0).build();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            Pipe pipe = peered.pipe();
            List<Sender> made = new ArrayList<>();
            Sender first = pipe.sender(CAPACITY).onDrain(any -> made.add(pipe.sender(CAPACITY)));
            fillKernel(test.loop(), pipe);
            fill(first);
            peered.peer().nonBlocking();
            Await.turns(test.loop(), "the drain", () -> {
                drainKernel(peered);
                return !made.isEmpty();
            });
            Await.idle(test.loop());
            assertEquals(List.of(), peered.heard());
            assertEquals(OK, write(made.get(0), EIGHTH));
        }
    }

    @Test
    void aClaimLeftOpenAtTheEndSpoiltTheFramesOfSenders() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            byte[] payload = Frames.pattern(5, 300);
            test.loop().execute(() -> {
                ByteBuffer claimed = pipe.claim(1, 200);
                assertEquals(OK, pipe.sender().writeFrame(2, payload, 0, payload.length));
                pipe.closeAfterFlush();
                assertThrows(RuntimeException.class, () -> claimed.put(new byte[200]));
                assertEquals(CLOSED, pipe.commit());
            });
            Await.idle(test.loop());
            byte[] expected = Frames.frame(2, payload);
            assertEquals(
                    Arrays.toString(expected), Arrays.toString(peered.peer().read(expected.length + 1)));
        }
    }

    @Test
    void framesLeftAtTheCloseWereUnsentButNeverOut() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            Pipe pipe = peered.pipe();
            Sender sender = pipe.sender(CAPACITY);
            test.loop().execute(() -> {
                assertEquals(OK, sender.writeFrame(1, ByteBuffer.allocate(10)));
                assertEquals(OK, sender.writeFrame(1, ByteBuffer.allocate(20)));
                pipe.close();
            });
            peered.awaitClose();
            PipeStats stats = pipe.stats();
            assertEquals(List.of(2L, 2L), List.of(stats.unsentFrames(), stats.framesOut()));
            assertEquals(List.of(42L, 42L), List.of(stats.unsentBytes(), stats.bytesOut()));
        }
    }

    @Test
    void aClaimLeftOpenInADrainWasLentToASenderToo() throws Exception {
        PipeOptions options =
                PipeOptions.builder().highWater(2 * CAPACITY).lowWater(0).build();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            Pipe pipe = peered.pipe();
            List<String> seen = new ArrayList<>();
            Sender sender = pipe.sender(CAPACITY).onDrain(any -> {
                assertThrows(IllegalStateException.class, pipe::commit);
                seen.add("drain of the sender");
            });
            fillKernel(test.loop(), pipe);
            fillQueue(pipe);
            fill(sender);
            pipe.onDrain(any -> {
                pipe.claim(1, 100);
                seen.add("drain of the pipe");
            });
            peered.peer().nonBlocking();
            Await.turns(test.loop(), "both drains", () -> {
                drainKernel(peered);
                return seen.contains("drain of the sender");
            });
            assertEquals(List.of("drain of the pipe", "drain of the sender"), seen);
            assertEquals(IllegalStateException.class, test.takeError().error().getClass());
        }
    }

    @Test
    void theFirstSenderTookAllTheRoomThatADrainMade() throws Exception {
        PipeOptions options = PipeOptions.builder().highWater(0).lowWater(0).build();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            Pipe pipe = peered.pipe();
            Sender flooder = pipe.sender(CAPACITY);
            Sender quiet = pipe.sender(CAPACITY);
            fillKernel(test.loop(), pipe);
            fill(flooder);
            write(quiet, EIGHTH);
            peered.peer().nonBlocking();
            Await.turns(test.loop(), "the frame of the quiet sender", () -> {
                fill(flooder);
                drainKernel(peered);
                return quiet.queuedBytes() == 0;
            });
        }
    }

    @Test
    void aPumpThatFillsThePipeAtEachDrainDoesNotKeepASenderWaiting() throws Exception {
        for (WriteResult last : List.of(WriteResult.ABOVE_HIGH_WATER, WriteResult.FULL)) {
            try (TestLoop test = TestLoop.open();
                    PeeredPipe peered = PeeredPipe.adopt(
                            test.loop(),
                            PipeOptions.builder()
                                    .maxQueuedBytes(4 * 1024 * 1024)
                                    .maxFrameLength(64 * 1024)
                                    .build())) {
                Pipe pipe = peered.pipe();
                byte[] chunk = new byte[32 * 1024];
                int[] drains = {0};
                Runnable pump = () -> {
                    WriteResult result = WriteResult.OK;
                    while (result != last) {
                        result = pipe.writeFrame(1, chunk, 0, chunk.length);
                    }
                };
                pipe.onDrain(from -> {
                    drains[0]++;
                    pump.run();
                });
                Sender sender = pipe.sender();
                pump.run();
                assertEquals(WriteResult.OK, sender.writeFrame(2, chunk, 0, 3));
                Reader reader = new Reader(peered.peer());
                Await.turns(test.loop(), "the frame of the sender", () -> {
                    reader.readAll();
                    return reader.frames().stream().anyMatch(frame -> frame.channelId() == 2);
                });
                int before = drains[0];
                Await.turns(test.loop(), "the pump goes on", () -> {
                    reader.readAll();
                    return drains[0] > before;
                });
            }
        }
    }

    @Test
    void isToldThatTheOutputHasFailedWhileReadingIsPaused() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed()) {
            Sender sender = peered.pipe().sender();
            peered.pipe().pauseReading();
            peered.peer().close();
            byte[] payload = {1};
            peered.pipe().writeFrame(1, payload, 0, 1);
            Await.turns(
                    test.loop(),
                    "the failed write",
                    () -> peered.pipe().writeFrame(1, payload, 0, 1) == WriteResult.CLOSED);
            assertEquals(WriteResult.CLOSED, sender.writeFrame(1, payload, 0, 1));
            peered.pipe().resumeReading();
            peered.awaitClose();
        }
    }
}
