package io.evloop;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/**
 * What a recording may want to know of callbacks. No class of an event is initialized before Flight Recorder is: the first one
 * takes the JVM a tenth of a second and more.
 */
final class HandlerEvent {

    private HandlerEvent() {}

    /** Whether somebody wants to know: looked at once a turn. */
    static boolean isEnabled() {
        return FlightRecorder.isInitialized() && Probe.SLOW.isEnabled();
    }

    /** A callback begins; null if nobody wants to know. */
    static Slow start(LoopContext context) {
        if (!context.tracesHandlers) {
            return null;
        }
        Slow event = new Slow();
        event.begin();
        return event;
    }

    /** The callback has returned, or thrown. */
    static void finish(Slow event, Object of) {
        if (event != null) {
            event.end();
            if (event.shouldCommit()) {
                event.source = describe(of);
                event.commit();
            }
        }
    }

    /** What it calls itself, if it can. */
    static String describe(Object of) {
        try {
            return String.valueOf(of);
        } catch (Throwable e) { // a task of the user's that fails to tell what it is
            return of.getClass().getName();
        }
    }

    /** A callback that kept its loop busy for longer than the threshold. */
    @Name("io.evloop.Handler")
    @Label("Handler")
    @Category("evloop")
    @Description("A callback that kept its event loop busy for longer than the threshold")
    @Threshold("10 ms")
    @StackTrace(false)
    static final class Slow extends Event {

        @Label("Source")
        String source;
    }

    /** Asked whether its kind is enabled: until a compiler has seen to it, an event made for that costs heap. */
    private static final class Probe {

        static final Slow SLOW = new Slow();
    }
}
