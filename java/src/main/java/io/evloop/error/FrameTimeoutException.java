package io.evloop.error;

import java.io.IOException;
import java.time.Duration;

/** A peer began a frame and did not finish it within the pipe's {@code partialFrameTimeout}. */
public final class FrameTimeoutException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long wantedBytes;
    private final long gotBytes;

    /**
     * @param wantedBytes the length of the whole frame, header included; of the header alone if that is not complete
     * @param gotBytes how many of them arrived
     */
    public FrameTimeoutException(long wantedBytes, long gotBytes, Duration timeout) {
        super("a frame was not complete after " + timeout + ": wanted " + wantedBytes + " bytes, got " + gotBytes);
        this.wantedBytes = wantedBytes;
        this.gotBytes = gotBytes;
    }

    /** Bytes of the whole frame, header included; 6 if the header itself is not complete. */
    public long wantedBytes() {
        return wantedBytes;
    }

    /** Bytes of it that arrived, 1 to {@code wantedBytes() - 1}. */
    public long gotBytes() {
        return gotBytes;
    }
}
