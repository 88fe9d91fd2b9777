package io.evloop;

import java.nio.ByteBuffer;

/** Takes the frames of a {@link Pipe}, one call each, in the order of the stream, on the loop's thread. */
@FunctionalInterface
public interface FrameHandler {

    /**
     * Takes one frame, which is consumed even if this throws; what it throws ends the pipe.
     *
     * @param channelId 0 to 65535
     * @param payload the payload from its position to its limit, 1 byte or more, big-endian, off-heap; valid until
     *     this returns: the object is used again for the next frame; the bytes outside position and limit are not the caller's
     */
    void onFrame(Pipe pipe, int channelId, ByteBuffer payload);
}
