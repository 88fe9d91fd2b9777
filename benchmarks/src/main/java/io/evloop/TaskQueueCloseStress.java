package io.evloop;

import java.util.concurrent.RejectedExecutionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A task that is added while the loop closes its queue, and runs what is left, is run once or refused. */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "accepted and run")
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "refused and not run")
@Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "accepted and lost")
@Outcome(id = "0, 1", expect = Expect.FORBIDDEN, desc = "refused and run")
@Outcome(expect = Expect.FORBIDDEN, desc = "run twice")
@State
public class TaskQueueCloseStress {

    private final TaskQueue tasks = new TaskQueue(null); // nobody sleeps, so nobody is woken
    private int runs;

    @Actor
    public void execute(II_Result result) {
        try {
            tasks.add(() -> runs++);
            result.r1 = 1;
        } catch (RejectedExecutionException e) {
            result.r1 = 0;
        }
    }

    @Actor
    public void close() {
        tasks.close();
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Arbiter
    public void count(II_Result result) {
        result.r2 = runs;
    }
}
