package io.evloop.stress;

import io.evloop.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A task that is given to a loop while another thread closes that is run once, or refused. */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "accepted and run")
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "refused and not run")
@Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "accepted and lost")
@Outcome(id = "0, 1", expect = Expect.FORBIDDEN, desc = "refused and run")
@Outcome(expect = Expect.FORBIDDEN, desc = "run twice")
@State
public class ExecuteCloseStress {

    private final EventLoop loop = Loops.open();
    private int runs;

    @Actor
    public void execute(II_Result result) {
        try {
            loop.execute(() -> runs++);
            result.r1 = 1;
        } catch (RejectedExecutionException e) {
            result.r1 = 0;
        }
    }

    @Actor
    public void close() {
        loop.close();
    }

    @Arbiter
    public void count(II_Result result) {
        result.r2 = runs;
    }
}
