package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.error.InvalidFrameException;
import io.evloop.frame.FrameReader;

/** What is thrown, or ends a pipe, for a frame that cannot be. */
final class FrameErrors {

    private static final int SHOWN_BYTES = 48;

    private FrameErrors() {}

    /** For the invalid frame that the reader has just found at the start of the unread bytes. */
    static InvalidFrameException invalid(Object pipe, FrameReader reader, InputBuffer input) {
        PipeEvent.invalidFrame(pipe, reader.channelId(), reader.declaredLength());
        return new InvalidFrameException(
                reader.channelId(),
                reader.declaredLength(),
                "invalid frame: channel " + reader.channelId() + ", length " + reader.declaredLength() + " is not 1 to "
                        + reader.maxFrameLength() + "; the stream goes on with "
                        + EscapedBytes.quote(input.bytes(), input.start(), input.end(), SHOWN_BYTES));
    }
}
