package io.evloop;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** What a recording may want to know of a pipe. Nothing is computed while no recording runs. */
final class PipeEvent {

    private PipeEvent() {}

    /** A write took the queue above the high water mark. */
    static void highWater(Object pipe, long queuedBytes) {
        if (FlightRecorder.isInitialized() && Probe.HIGH_WATER.isEnabled()) {
            HighWater event = new HighWater();
            event.pipe = pipe.toString();
            event.queuedBytes = queuedBytes;
            event.commit();
        }
    }

    /** A header declared a length that the pipe does not take. */
    static void invalidFrame(Object pipe, int channelId, long declaredLength) {
        if (FlightRecorder.isInitialized() && Probe.INVALID_FRAME.isEnabled()) {
            InvalidFrame event = new InvalidFrame();
            event.pipe = pipe.toString();
            event.channelId = channelId;
            event.declaredLength = declaredLength;
            event.commit();
        }
    }

    @Name("io.evloop.HighWater")
    @Label("High Water")
    @Category("evloop")
    @Description("A write took a pipe's queue above its high water mark")
    @StackTrace(false)
    static final class HighWater extends Event {

        @Label("Pipe")
        String pipe;

        @Label("Queued")
        @DataAmount
        long queuedBytes;
    }

    @Name("io.evloop.InvalidFrame")
    @Label("Invalid Frame")
    @Category("evloop")
    @Description("A header declared a length that the pipe does not take")
    @StackTrace(false)
    static final class InvalidFrame extends Event {

        @Label("Pipe")
        String pipe;

        @Label("Channel")
        int channelId;

        @Label("Declared Length")
        @DataAmount
        long declaredLength;
    }

    /** They are asked whether their kind is enabled: until a compiler has seen to it, an event made for that costs heap. */
    private static final class Probe {

        static final HighWater HIGH_WATER = new HighWater();
        static final InvalidFrame INVALID_FRAME = new InvalidFrame();
    }
}
