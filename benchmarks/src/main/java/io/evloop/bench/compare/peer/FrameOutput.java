package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/** Where a party's frames go. */
interface FrameOutput {

    /** False while the payload of an earlier frame is still in use; {@link Party#onRoom} will follow. */
    default boolean isReady() {
        return true;
    }

    /**
     * Takes one frame; the payload is {@code [offset, offset + length)} of {@code source}, a direct buffer whose position
     * and limit are of no account.
     *
     * @return false: no room now, nothing was taken, {@link Party#onRoom} will follow
     */
    boolean offer(int channelId, ByteBuffer source, int offset, int length);
}
