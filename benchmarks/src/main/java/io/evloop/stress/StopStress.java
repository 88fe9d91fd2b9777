package io.evloop.stress;

import io.evloop.EventLoop;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A stop ends the run under way, or the next one; what was submitted before it is run by then, or by the close. */
@JCStressTest
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the run ended by the stop")
@Outcome(id = "1, 1", expect = Expect.FORBIDDEN, desc = "the run ended by its timer: the stop is lost")
@Outcome(expect = Expect.FORBIDDEN, desc = "the task is lost or run twice")
@State
public class StopStress {

    private final EventLoop loop = Loops.open();
    private int timeouts;
    private int runs;

    @Actor
    public void run(II_Result result) {
        loop.poll(0); // the loop is this thread's now
        loop.schedule(Loops.LONG_NANOS, () -> {
            timeouts++;
            loop.stop();
        });
        loop.run();
        result.r1 = timeouts;
    }

    @Actor
    public void executeAndStop() {
        loop.execute(() -> runs++);
        loop.stop();
    }

    @Arbiter
    public void close(II_Result result) {
        loop.close();
        result.r2 = runs;
    }
}
