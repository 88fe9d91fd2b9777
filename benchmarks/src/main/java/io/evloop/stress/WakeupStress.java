package io.evloop.stress;

import io.evloop.EventLoop;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A poll that waits, or is about to, ends with the task that is being submitted. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "run by the poll")
@Outcome(id = "0", expect = Expect.FORBIDDEN, desc = "the poll has waited all its time: the wake-up is lost")
@State
public class WakeupStress {

    private final EventLoop loop = Loops.open();
    private int runs;

    @Actor
    public void poll(I_Result result) {
        loop.poll(Loops.LONG_NANOS);
        result.r1 = runs;
    }

    @Actor
    public void execute() {
        loop.execute(() -> runs++);
    }

    @Arbiter
    public void close() {
        loop.close();
    }
}
