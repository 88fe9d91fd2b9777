package io.evloop.error;

import java.io.IOException;

/** A header declared a length of 0 or above the pipe's {@code maxFrameLength}: the stream cannot be followed further. */
public final class InvalidFrameException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int channelId;
    private final long declaredLength;

    public InvalidFrameException(int channelId, long declaredLength, String message) {
        super(message);
        this.channelId = channelId;
        this.declaredLength = declaredLength;
    }

    /** The channel that stood in the header, 0 to 65535. */
    public int channelId() {
        return channelId;
    }

    /** The length that stood in the header, bytes, 0 to 2^32 - 1. */
    public long declaredLength() {
        return declaredLength;
    }
}
