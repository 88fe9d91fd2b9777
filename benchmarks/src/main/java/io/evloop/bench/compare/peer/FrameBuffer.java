package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/** Frames, encoded one behind the other in a direct buffer, on their way out. */
final class FrameBuffer {

    private final ByteBuffer bytes;
    private int length;

    FrameBuffer(int capacity) {
        bytes = ByteBuffer.allocateDirect(capacity);
    }

    boolean fits(int payloadLength) {
        return bytes.capacity() - length >= Wire.HEADER_LENGTH + payloadLength;
    }

    boolean isEmpty() {
        return length == 0;
    }

    void append(int channelId, ByteBuffer source, int offset, int payloadLength) {
        int frame = length;
        appendHeader(channelId, payloadLength);
        bytes.put(frame + Wire.HEADER_LENGTH, source, offset, payloadLength);
        length += payloadLength;
    }

    void appendHeader(int channelId, int payloadLength) {
        Wire.putHeader(bytes, length, channelId, payloadLength);
        length += Wire.HEADER_LENGTH;
    }

    /** The encoded bytes, position to limit; the buffer counts as empty from here on. */
    ByteBuffer take() {
        bytes.limit(length).position(0);
        length = 0;
        return bytes;
    }

    /** Undoes the limit that {@link #take} has set. */
    void clear() {
        bytes.clear();
    }
}
