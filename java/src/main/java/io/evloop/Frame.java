package io.evloop;

import io.evloop.frame.FrameReader;
import java.nio.ByteBuffer;

/**
 * One frame of {@link Pipe#readFrame} or {@link BlockingPipe#readFrame}: a flyweight, the same object each time, valid until
 * the next {@code readFrame} or the return of the handler.
 */
public final class Frame {

    private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

    private int channelId;
    private long declaredLength;
    private boolean valid;
    private ByteBuffer payload = EMPTY;
    private FrameFds fds;

    Frame() {}

    Frame wrap(FrameReader reader, ByteBuffer newPayload) {
        channelId = reader.channelId();
        declaredLength = reader.declaredLength();
        valid = newPayload != null;
        payload = valid ? newPayload : EMPTY.duplicate();
        return this;
    }

    /** Who keeps what comes with the frames; null: nobody. */
    Frame fds(FrameFds newFds) {
        fds = newFds;
        return this;
    }

    /** The channel that stood in the header, 0 to 65535. */
    public int channelId() {
        return channelId;
    }

    /** The length that stood in the header, bytes, 0 to 2^32 - 1. */
    public long declaredLength() {
        return declaredLength;
    }

    /** The payload from its position to its limit, off-heap and big-endian; empty if the frame is not valid. */
    public ByteBuffer payload() {
        return payload;
    }

    /** False if the declared length was 0 or above the pipe's {@code maxFrameLength}. */
    public boolean isValid() {
        return valid;
    }

    /**
     * Takes the descriptor that came with the frame, or the next one of several: see {@link Pipe#acceptFds}. What is not taken
     * is closed when the frame's life ends.
     *
     * @return the caller's to close; -1 if there is none, or no more
     */
    public int takeFd() {
        return fds == null ? FrameFds.NONE : fds.take();
    }

    @Override
    public String toString() {
        return "Frame[channel=" + channelId + ", length=" + declaredLength + (valid ? "" : ", invalid") + "]";
    }
}
