package io.evloop.error;

import java.io.IOException;

/** The stream ended inside a frame. */
public final class TruncatedFrameException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long wantedBytes;
    private final long gotBytes;

    /**
     * @param wantedBytes the length of the whole frame, header included; of the header alone if that was cut
     * @param gotBytes how many of them arrived
     */
    public TruncatedFrameException(long wantedBytes, long gotBytes) {
        super("stream ended inside a frame: wanted " + wantedBytes + " bytes, got " + gotBytes);
        this.wantedBytes = wantedBytes;
        this.gotBytes = gotBytes;
    }

    /** Bytes of the whole frame, header included; 6 if the header itself was cut. */
    public long wantedBytes() {
        return wantedBytes;
    }

    /** Bytes of it that arrived, 1 to {@code wantedBytes() - 1}. */
    public long gotBytes() {
        return gotBytes;
    }
}
