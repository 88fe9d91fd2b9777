package io.evloop;

import io.evloop.frame.FrameLayout;
import java.time.Duration;

/** Limits of a {@link Pipe}. Immutable. Bytes count headers too, but for {@link #maxFrameLength()}. */
public final class PipeOptions {

    /** What a pipe has unless it is told otherwise. */
    public static final PipeOptions DEFAULT = builder().build();

    private final int maxFrameLength;
    private final OutputLimits outputLimits;
    private final long partialFrameTimeoutNanos;
    private final long idleTimeoutNanos;

    private PipeOptions(Builder builder) {
        this.maxFrameLength = builder.maxFrameLength;
        this.partialFrameTimeoutNanos = builder.partialFrameTimeoutNanos;
        this.idleTimeoutNanos = builder.idleTimeoutNanos;
        long maxQueuedBytes = builder.maxQueuedBytes;
        if (maxQueuedBytes < (long) maxFrameLength + FrameLayout.HEADER_LENGTH) {
            throw new IllegalArgumentException("maxQueuedBytes " + maxQueuedBytes + " is less than one frame of "
                    + maxFrameLength + " bytes and its header");
        }
        this.outputLimits = builder.outputLimits(maxQueuedBytes);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The longest payload to read or to write, bytes. */
    public int maxFrameLength() {
        return maxFrameLength;
    }

    /** Queued bytes above which a write is {@link WriteResult#ABOVE_HIGH_WATER}. */
    public long highWater() {
        return outputLimits.highWater();
    }

    /**
     * Queued bytes at or below which {@code onDrain} is called; 0 behind a frame that is {@link #highWater} or longer by itself
     * and from a direct buffer of 256 KiB or more: the next such one is sent from its own memory if nothing is queued.
     */
    public long lowWater() {
        return outputLimits.lowWater();
    }

    /** Queued bytes beyond which a write is {@link WriteResult#FULL}. */
    public long maxQueuedBytes() {
        return outputLimits.maxQueuedBytes();
    }

    /** How long a peer may take to finish a frame that it has begun, nanoseconds; 0 = as long as it likes. */
    public long partialFrameTimeoutNanos() {
        return partialFrameTimeoutNanos;
    }

    /** How long no byte may move in either direction, nanoseconds; 0 = without limit. */
    public long idleTimeoutNanos() {
        return idleTimeoutNanos;
    }

    OutputLimits outputLimits() {
        return outputLimits;
    }

    /** Builds {@link PipeOptions}. */
    public static final class Builder {

        private static final long UNSET = Long.MIN_VALUE;

        private int maxFrameLength = FrameLayout.MAX_PAYLOAD_LENGTH;
        private long highWater = UNSET;
        private long lowWater = UNSET;
        private long maxQueuedBytes = OutputLimits.DEFAULT.maxQueuedBytes();

        private long partialFrameTimeoutNanos;
        private long idleTimeoutNanos;

        private Builder() {}

        /** The longest payload, 1 to 67,108,864 bytes, which is also the default. */
        public Builder maxFrameLength(int maxFrameLength) {
            FrameLayout.checkMaxFrameLength(maxFrameLength);
            this.maxFrameLength = maxFrameLength;
            return this;
        }

        /** Default 1 MiB, or {@link #maxQueuedBytes} if that is less; not below {@link #lowWater}, nor above the former. */
        public Builder highWater(long highWater) {
            this.highWater = highWater;
            return this;
        }

        /** Default 256 KiB, or {@link #highWater} if that is less; 0 or more. */
        public Builder lowWater(long lowWater) {
            this.lowWater = lowWater;
            return this;
        }

        /** Default 64 MiB and 6 bytes; not below one frame of {@link #maxFrameLength} and its header. */
        public Builder maxQueuedBytes(long maxQueuedBytes) {
            this.maxQueuedBytes = maxQueuedBytes;
            return this;
        }

        /**
         * How long a peer may take from the first byte of a frame to its last, however many bytes trickle in between; then the
         * pipe ends with {@link io.evloop.error.FrameTimeoutException}. Begins anew when paused reading is resumed. Default
         * {@link Duration#ZERO}: off.
         */
        public Builder partialFrameTimeout(Duration timeout) {
            partialFrameTimeoutNanos = Durations.nanos(timeout, "partialFrameTimeout");
            return this;
        }

        /**
         * How long no byte may move in either direction; then the pipe ends with
         * {@link io.evloop.error.IdleTimeoutException}. Does not count while reading is paused, a complete frame waits to be
         * taken or is handled, or there is nobody to take frames and nothing to send. Default {@link Duration#ZERO}: off.
         */
        public Builder idleTimeout(Duration timeout) {
            idleTimeoutNanos = Durations.nanos(timeout, "idleTimeout");
            return this;
        }

        private OutputLimits outputLimits(long most) {
            long high = highWater == UNSET ? Math.min(OutputLimits.DEFAULT.highWater(), most) : highWater;
            long low = lowWater == UNSET ? Math.min(OutputLimits.DEFAULT.lowWater(), high) : lowWater;
            return new OutputLimits(high, low, most);
        }

        /**
         * @throws IllegalArgumentException if the limits contradict each other
         */
        public PipeOptions build() {
            return new PipeOptions(this);
        }
    }
}
