package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Frames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One end of a pair of pipes, and beside it the naive model of {@link PipePairModelTest}: lists and flags. */
final class ModelSide {

    static final int OWN_CHANNEL = 1;
    static final int SENDER_CHANNEL = 2;

    final Pipe pipe;
    final Sender sender;
    final List<List<byte[]>> accepted = List.of(new ArrayList<>(), new ArrayList<>());
    final int[] received = new int[2];
    long receivedBytes;
    long refused;
    long stalls;
    boolean aboveHighWater;
    boolean toldToWait;
    boolean paused;

    /** It has ended its output, or all of itself. */
    boolean outputEnded;

    /** By a close at the end of the turn: until then a sender, which may stand on any thread, accepts what will be unsent. */
    boolean cut;

    /** It takes nothing in any more. */
    boolean inputEnded;

    /** It has closed itself while more could have come. */
    boolean closedEarly;

    boolean endTold;
    boolean closeTold;
    Throwable cause;
    private final PipeOptions options;
    private ModelSide other;
    private int nextSeed;

    ModelSide(Pipe pipe, PipeOptions options, int senderCapacity) {
        this.pipe = pipe;
        this.options = options;
        this.sender = pipe.sender(senderCapacity);
        pipe.onFrame(this::onFrame);
        pipe.onDrain(drained -> onDrain());
        pipe.onClose((closed, why) -> onClose(why));
    }

    void connect(ModelSide to, boolean keepsOpen) {
        other = to;
        if (keepsOpen) {
            pipe.onEnd(ended -> {
                assertFalse(endTold || closeTold || inputEnded, "an end after the end");
                endTold = true;
            });
        }
    }

    // what the pipe tells -----------------------------------------------------------------------------------------

    private void onFrame(Pipe from, int channelId, ByteBuffer payload) {
        assertFalse(paused || inputEnded || endTold || closeTold, "a frame at the wrong time: " + pipe);
        int way = channelId - OWN_CHANNEL;
        assertTrue(received[way] < other.accepted.get(way).size(), "a frame that nobody wrote");
        assertArrayEquals(other.accepted.get(way).get(received[way]), Frames.bytes(payload), "order or content");
        received[way]++;
        receivedBytes += 6 + payload.remaining();
    }

    private void onDrain() {
        assertTrue(toldToWait, "a drain that nobody waits for");
        assertFalse(closeTold);
        assertTrue(pipe.stats().queuedBytes() <= options.lowWater(), "drained at " + pipe.stats());
        toldToWait = false;
        aboveHighWater = false;
    }

    private void onClose(Throwable why) {
        assertFalse(closeTold, "closed twice");
        closeTold = true;
        outputEnded = true;
        inputEnded = true;
        cause = why;
    }

    // what the test does ------------------------------------------------------------------------------------------

    private byte[] payload(int length) {
        return Frames.pattern(nextSeed++, length);
    }

    void write(int length) {
        byte[] payload = payload(length);
        check(pipe.writeFrame(OWN_CHANNEL, payload, 0, length), payload);
    }

    void claim(int length) {
        byte[] payload = payload(length);
        long before = pipe.stats().refusedWrites();
        ByteBuffer claimed = pipe.claim(OWN_CHANNEL, length);
        if (claimed != null) {
            claimed.put(payload);
            check(pipe.commit(), payload);
        } else {
            check(pipe.stats().refusedWrites() > before ? WriteResult.FULL : WriteResult.CLOSED, payload);
        }
    }

    private void check(WriteResult result, byte[] payload) {
        long queued = pipe.stats().queuedBytes();
        if (outputEnded) {
            assertEquals(WriteResult.CLOSED, result);
            return;
        }
        switch (result) {
            case OK -> assertTrue(queued <= options.highWater() && !aboveHighWater, "ok at " + queued);
            case ABOVE_HIGH_WATER -> {
                assertTrue(
                        queued > options.highWater()
                                || aboveHighWater
                                || sender.queuedBytes() > 0
                                || !accepted.get(1).isEmpty(),
                        "above high water at " + queued);
                stalls += aboveHighWater ? 0 : 1;
                aboveHighWater = true;
                toldToWait = true;
            }
            case FULL -> {
                assertTrue(queued > 0, "full, and empty");
                refused++;
                toldToWait = true;
            }
            default -> assertTrue(other.outputEnded || other.inputEnded, "closed, and both are open");
        }
        if (result.isAccepted()) {
            accepted.get(0).add(payload);
        }
        assertTrue(queued <= options.maxQueuedBytes());
    }

    void send(int length) {
        byte[] payload = payload(length);
        WriteResult result = sender.writeFrame(SENDER_CHANNEL, payload, 0, length);
        if (result.isAccepted()) {
            assertFalse(closeTold || outputEnded && !cut, "accepted after the end");
            accepted.get(1).add(payload);
        } else if (result == WriteResult.CLOSED) {
            assertTrue(outputEnded || other.outputEnded || other.inputEnded, "closed, and both are open");
        }
    }

    void pause() {
        pipe.pauseReading();
        paused = true;
    }

    void resume() {
        pipe.resumeReading();
        paused = false;
    }

    void shutdownOutput() {
        pipe.shutdownOutput();
        outputEnded = true;
    }

    void closeAfterFlush() {
        closedEarly |= !closeTold;
        pipe.closeAfterFlush();
        outputEnded = true;
        inputEnded = true;
    }

    void close() {
        closedEarly |= !closeTold;
        pipe.close();
        cut = true;
        outputEnded = true;
        inputEnded = true;
    }

    // at the end --------------------------------------------------------------------------------------------------

    long acceptedFrames() {
        return (long) accepted.get(0).size() + accepted.get(1).size();
    }

    long sentBytes() {
        return pipe.stats().bytesOut() - pipe.stats().unsentBytes();
    }

    long receivedFrames() {
        return (long) received[0] + received[1];
    }
}
