package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits: what they are, and what they cannot be. */
class OptionsTest {

    @Test
    void aPipeHasTheLimitsOfTheDesignUnlessItIsToldOtherwise() {
        PipeOptions options = PipeOptions.DEFAULT;
        assertEquals(64 << 20, options.maxFrameLength());
        assertEquals(1 << 20, options.highWater());
        assertEquals(256 << 10, options.lowWater());
        assertEquals((64 << 20) + 6, options.maxQueuedBytes());
    }

    @Test
    void aPipeHasTurnsOf128FramesAndALoopDoesNotSpinUnlessItIsToldOtherwise() {
        EventLoopOptions options = EventLoopOptions.builder().build();
        assertEquals(128, options.framesPerTurn());
        assertEquals(0, options.spinNanos());
    }

    @Test
    void limitsThatContradictEachOtherAreRefused() {
        PipeOptions.Builder lowAboveHigh = PipeOptions.builder().lowWater(2).highWater(1);
        assertThrows(IllegalArgumentException.class, lowAboveHigh::build);
        PipeOptions.Builder highAboveCap = PipeOptions.builder()
                .maxFrameLength(1)
                .highWater(2000)
                .lowWater(0)
                .maxQueuedBytes(1000);
        assertThrows(IllegalArgumentException.class, highAboveCap::build);
        PipeOptions.Builder frameAboveCap = PipeOptions.builder()
                .maxFrameLength(100)
                .highWater(1)
                .lowWater(0)
                .maxQueuedBytes(105);
        assertThrows(IllegalArgumentException.class, frameAboveCap::build);
        PipeOptions.Builder negative = PipeOptions.builder().lowWater(-1);
        assertThrows(IllegalArgumentException.class, negative::build);
    }

    @Test
    void theTightestLimitsAreAccepted() {
        PipeOptions options = PipeOptions.builder()
                .maxFrameLength(1)
                .highWater(0)
                .lowWater(0)
                .maxQueuedBytes(7)
                .build();
        assertEquals(7, options.maxQueuedBytes());
    }

    @Test
    void aFrameLengthOutOfRangeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> PipeOptions.builder().maxFrameLength(0));
        assertThrows(IllegalArgumentException.class, () -> PipeOptions.builder().maxFrameLength((64 << 20) + 1));
    }

    @Test
    void numbersOfALoopBelowOneAreRefused() {
        EventLoopOptions.Builder builder = EventLoopOptions.builder();
        assertThrows(IllegalArgumentException.class, () -> builder.framesPerTurn(0));
        assertThrows(IllegalArgumentException.class, () -> builder.maxEvents(0));
        assertThrows(IllegalArgumentException.class, () -> builder.maxEvents((1 << 20) + 1));
        assertThrows(IllegalArgumentException.class, () -> builder.maxQueuedBytes(0));
        assertThrows(IllegalArgumentException.class, () -> builder.spin(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> builder.workerGrace(Duration.ofNanos(-1)));
        assertThrows(NullPointerException.class, () -> builder.errorHandler(null));
    }

    @Test
    void aSpinWithoutEndIsAccepted() {
        EventLoopOptions options = EventLoopOptions.builder()
                .spin(Duration.ofSeconds(Long.MAX_VALUE))
                .build();
        assertTrue(options.spinNanos() > Duration.ofDays(36_500).toNanos());
    }

    @Test
    void marksThatAreNotSetFollowTheBoundThatIs() {
        PipeOptions options = PipeOptions.builder()
                .maxFrameLength(64 * 1024)
                .maxQueuedBytes(128 * 1024)
                .build();
        assertEquals(128 * 1024, options.highWater());
        assertEquals(128 * 1024, options.lowWater());
        assertEquals(1000, PipeOptions.builder().highWater(1000).build().lowWater());
    }
}
