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

    Frame() {}

    Frame wrap(FrameReader reader, ByteBuffer newPayload) {
        channelId = reader.channelId();
        declaredLength = reader.declaredLength();
        valid = newPayload != null;
        payload = valid ? newPayload : EMPTY.duplicate();
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

    @Override
    public String toString() {
        return "Frame[channel=" + channelId + ", length=" + declaredLength + (valid ? "" : ", invalid") + "]";
    }
}
