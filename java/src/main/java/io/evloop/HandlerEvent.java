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

    /** Begins to measure; only if {@link LoopContext#tracesHandlers}. */
    static HandlerEvent start() {
        HandlerEvent event = new HandlerEvent();
        event.begin();
        return event;
    }

    /** The callback has returned, or thrown. */
    void finish(Object of) {
        end();
        if (shouldCommit()) {
            source = of.toString();
            commit();
        }
    }
}
