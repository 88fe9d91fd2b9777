package io.evloop;

import io.evloop.sys.Fd;
import io.evloop.testing.Frames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Frames of many lengths from one pipe to another, or to a worker that sends them back: each is compared as it comes. */
final class FaultStream {

    private static final int SMALL = 200;
    private static final int LARGE = 70_000;

    /** Long enough to go past the queue. */
    private static final int HUGE = 300_000;

    private static final int FRAMES_PER_TURN = 50;
    private static final int OFFSETS = 4096;
    private static final int NO_FD = -1;

    private static final ByteBuffer CONTENT =
            ByteBuffer.allocateDirect(OFFSETS + HUGE).put(0, Frames.pattern(1, OFFSETS + HUGE));

    private final Pipe from;
    private final int count;
    private final int passedFd;
    private int sent;
    private int received;
    private boolean waiting;

    /** Sets the handlers of frames and of drains. */
    FaultStream(Pipe from, Pipe to, int count) {
        this(from, to, count, NO_FD);
    }

    /**
     * @param passedFd goes with every third frame; stays the caller's
     */
    FaultStream(Pipe from, Pipe to, int count, int passedFd) {
        this.from = from;
        this.count = count;
        this.passedFd = passedFd;
        from.onDrain(pipe -> waiting = false);
        to.onFrame(this::receive);
    }

    private static int length(int number) {
        if (number % 151 == 50) {
            return HUGE;
        }
        return number % 97 == 13 ? LARGE + number : 1 + number * 7 % SMALL;
    }

    static ByteBuffer content(int number) {
        return CONTENT.slice(number * 31 % OFFSETS, length(number));
    }

    private boolean hasFd(int number) {
        return passedFd != NO_FD && number % 3 == 0;
    }

    /** Writes some more, unless it was told to wait. */
    void pump() throws IOException {
        for (int written = 0; written < FRAMES_PER_TURN && sent < count && !waiting; written++) {
            WriteResult result =
                    hasFd(sent) ? from.writeFrame(sent, content(sent), passedFd) : from.writeFrame(sent, content(sent));
            if (result == WriteResult.CLOSED) {
                return;
            }
            waiting = result != WriteResult.OK;
            sent += result == WriteResult.FULL ? 0 : 1;
        }
    }

    private void receive(Pipe to, int channelId, ByteBuffer payload) {
        int number = received++;
        if (number >= count || channelId != number || content(number).mismatch(payload) >= 0) {
            throw new AssertionError(
                    "frame " + number + " came with channel " + channelId + " and " + payload.remaining()
                            + " bytes, wrong at " + content(number).mismatch(payload));
        }
        if (passedFd != NO_FD) {
            checkFd(to, number);
        }
    }

    private void checkFd(Pipe to, int number) {
        int fd = to.takeFd();
        if (hasFd(number) != (fd != NO_FD)) {
            throw new AssertionError("frame " + number + (fd == NO_FD ? " has no descriptor" : " has one"));
        }
        if (fd != NO_FD) {
            try {
                Fd.close(fd);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Whether all have come. */
    boolean isDone() {
        return received == count;
    }
}
