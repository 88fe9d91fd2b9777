package io.evloop;

import io.evloop.frame.FrameLayout;

/** When a writer is asked to slow down, told to go on, and refused. Bytes. */
record OutputLimits(long highWater, long lowWater, long maxQueuedBytes) {

    static final OutputLimits DEFAULT = new OutputLimits(
            1024 * 1024, 256 * 1024, (long) FrameLayout.MAX_PAYLOAD_LENGTH + FrameLayout.HEADER_LENGTH);

    OutputLimits {
        if (lowWater < 0 || lowWater > highWater || highWater > maxQueuedBytes) {
            throw new IllegalArgumentException("not 0 <= lowWater " + lowWater + " <= highWater " + highWater
                    + " <= maxQueuedBytes " + maxQueuedBytes);
        }
    }
}
