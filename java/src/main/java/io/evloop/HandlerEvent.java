package io.evloop;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** A callback that kept its loop busy for longer than the threshold. */
@Name("io.evloop.Handler")
@Label("Handler")
@Category("evloop")
@Description("A callback that kept its event loop busy for longer than the threshold")
@Threshold("10 ms")
@StackTrace(false)
final class HandlerEvent extends Event {

    @Label("Source")
    String source;

    /** A callback begins; null if nobody wants to know, which is looked at once a turn. */
    static HandlerEvent start(LoopContext context) {
        if (!context.tracesHandlers) {
            return null;
        }
        HandlerEvent event = new HandlerEvent();
        event.begin();
        return event;
    }

    /** The callback has returned, or thrown. */
    static void finish(HandlerEvent event, Object of) {
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
}
