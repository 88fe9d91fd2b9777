package io.evloop;

import io.evloop.epoll.Epoll;
import java.time.Duration;
import java.util.Objects;

/** Settings of an {@link EventLoop}. Immutable. */
public final class EventLoopOptions {

    private static final int DEFAULT_MAX_EVENTS = 256;
    private static final int DEFAULT_BYTES_PER_TURN = 1024 * 1024;
    private static final long DEFAULT_MAX_QUEUED_BYTES = 1L << 30;
    private static final int DEFAULT_FRAMES_PER_TURN = 128;
    private static final Duration DEFAULT_WORKER_GRACE = Duration.ofSeconds(2);

    private final long spinNanos;
    private final int framesPerTurn;
    private final int bytesPerTurn;
    private final int maxEvents;
    private final long maxQueuedBytes;
    private final Duration workerGrace;
    private final ErrorHandler errorHandler;

    private EventLoopOptions(Builder builder) {
        this.spinNanos = builder.spinNanos;
        this.framesPerTurn = builder.framesPerTurn;
        this.bytesPerTurn = builder.bytesPerTurn;
        this.maxEvents = builder.maxEvents;
        this.maxQueuedBytes = builder.maxQueuedBytes;
        this.workerGrace = builder.workerGrace;
        this.errorHandler = builder.errorHandler;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Nanoseconds that the loop polls before it blocks; 0 = it blocks at once. */
    public long spinNanos() {
        return spinNanos;
    }

    /** Frames that one pipe delivers before the next one gets its turn. */
    public int framesPerTurn() {
        return framesPerTurn;
    }

    /** Bytes delivered, of all pipes together, after which the kernel is asked again. */
    public int bytesPerTurn() {
        return bytesPerTurn;
    }

    /** Events that one wait reports at first; the array grows when it was full. */
    public int maxEvents() {
        return maxEvents;
    }

    /** Bytes that all connections of the loop together may have queued for output. */
    public long maxQueuedBytes() {
        return maxQueuedBytes;
    }

    /** How long {@link EventLoop#close} waits from SIGTERM to SIGKILL. */
    public Duration workerGrace() {
        return workerGrace;
    }

    /** Hears what handlers and tasks throw. */
    public ErrorHandler errorHandler() {
        return errorHandler;
    }

    /** Builds {@link EventLoopOptions}. */
    public static final class Builder {

        private long spinNanos;
        private int framesPerTurn = DEFAULT_FRAMES_PER_TURN;
        private int bytesPerTurn = DEFAULT_BYTES_PER_TURN;
        private int maxEvents = DEFAULT_MAX_EVENTS;
        private long maxQueuedBytes = DEFAULT_MAX_QUEUED_BYTES;
        private Duration workerGrace = DEFAULT_WORKER_GRACE;
        private ErrorHandler errorHandler = Builder::log;

        private Builder() {}

        /** How long to poll before blocking: a core burnt for a wake-up saved. Default 0: block at once. */
        public Builder spin(Duration spin) {
            this.spinNanos = Durations.nanos(spin, "spin");
            return this;
        }

        /**
         * Frames that one pipe delivers before the next gets its turn, 1 or more; as many of 1 KiB, or fewer larger ones. Default
         * 128: where many pipes flood with small frames, 1 means less than half the throughput, 16 four fifths; a loop whose
         * handlers take long shares its time more evenly by a smaller number. Of the pipes whose reads bring 32 KiB or more, two
         * take such turns at a time, for a few milliseconds, or 128 frames if those take longer, while others of the kind wait;
         * a pipe whose reads bring less does not wait for that.
         */
        public Builder framesPerTurn(int framesPerTurn) {
            this.framesPerTurn = positive(framesPerTurn, "framesPerTurn");
            return this;
        }

        /**
         * Bytes delivered, of all pipes together, after which the kernel is asked again, 1 or more: what a newly ready
         * descriptor waits for at most, beside one frame. Default 1 MiB.
         */
        public Builder bytesPerTurn(int bytesPerTurn) {
            this.bytesPerTurn = positive(bytesPerTurn, "bytesPerTurn");
            return this;
        }

        /** Events that one wait reports at first, 1 to 1,048,576. Default 256. */
        public Builder maxEvents(int maxEvents) {
            Epoll.checkMaxEvents(maxEvents);
            this.maxEvents = maxEvents;
            return this;
        }

        /**
         * Bytes that all connections of the loop together may have queued, 1 or more; while none are, any write is accepted.
         * Default 1 GiB.
         */
        public Builder maxQueuedBytes(long maxQueuedBytes) {
            if (maxQueuedBytes < 1) {
                throw new IllegalArgumentException("maxQueuedBytes must be 1 or more, not " + maxQueuedBytes);
            }
            this.maxQueuedBytes = maxQueuedBytes;
            return this;
        }

        /** How long {@link EventLoop#close} waits from SIGTERM, which it sends at once, to SIGKILL. Default 2 s; 0 = not at all. */
        public Builder workerGrace(Duration workerGrace) {
            if (workerGrace.isNegative()) {
                throw new IllegalArgumentException("workerGrace " + workerGrace + " is negative");
            }
            this.workerGrace = workerGrace;
            return this;
        }

        /** Who hears what handlers and tasks throw. Default: the {@link System.Logger} named {@code io.evloop}. */
        public Builder errorHandler(ErrorHandler errorHandler) {
            this.errorHandler = Objects.requireNonNull(errorHandler, "errorHandler");
            return this;
        }

        public EventLoopOptions build() {
            return new EventLoopOptions(this);
        }

        private static int positive(int value, String name) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be 1 or more, not " + value);
            }
            return value;
        }

        static void log(Object source, Throwable error) {
            System.getLogger("io.evloop").log(System.Logger.Level.ERROR, () -> "error in " + source, error);
        }
    }
}
