package io.evloop.bench.compare.peer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Unread bytes at the beginning of a direct buffer. Sizes as in {@code bench_buffers.h}. */
final class ReadBuffer {

    private static final int CAPACITY = 256 * 1024;
    private static final int LARGE_FRAME = 256 * 1024;

    private final ByteBuffer bytes;
    private final int readLimit;

    ReadBuffer(Job job) {
        int frame = job.frameLength();
        bytes = ByteBuffer.allocateDirect(Math.max(CAPACITY, frame + Wire.HEADER_LENGTH));
        // A read that stops behind a large frame leaves nothing to move.
        readLimit = frame >= LARGE_FRAME ? frame + Wire.HEADER_LENGTH : bytes.capacity();
    }

    /** One read behind the unread bytes; the result of {@link ByteStreams#read}. */
    int fill(ByteStreams streams, int stream) throws IOException {
        bytes.limit(bytes.position() < readLimit ? readLimit : bytes.capacity());
        return streams.read(stream, bytes);
    }

    /** Parses and consumes the complete frames. */
    void parse(Party party, FrameOutput output) {
        int end = bytes.position();
        int consumed = FrameParser.parse(bytes, 0, end, party, output);
        if (consumed > 0) {
            bytes.limit(end).position(consumed);
            bytes.compact();
        }
    }

    /** Moves what is unread into {@code rest}. */
    void moveTo(ByteBuffer rest) {
        bytes.flip();
        rest.clear();
        rest.put(bytes);
        bytes.clear();
    }

    /** Takes what {@link #moveTo} has moved; for an empty buffer. */
    void takeFrom(ByteBuffer rest) {
        rest.flip();
        bytes.clear();
        bytes.put(rest);
    }
}
