package io.evloop.stress;

import io.evloop.EventLoop;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A task accepted before {@code close} has run when {@code close} returns, whoever runs the loop meanwhile or is about to. */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "run, and the loop was run until its close")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "run by the close, which came before the loop was run")
@Outcome(expect = Expect.FORBIDDEN, desc = "lost, run twice, or run after close has returned")
@State
public class RunCloseStress {

    private final EventLoop loop = Loops.open();
    private volatile int runs;

    @Actor
    public void run(II_Result result) {
        try {
            loop.run();
            result.r1 = 1;
        } catch (IllegalStateException e) {
            result.r1 = 0; // it is closed
        }
    }

    @Actor
    @SuppressWarnings("NonAtomicVolatileUpdate") // by the one thread that runs tasks
    public void executeAndClose(II_Result result) {
        loop.execute(() -> runs++);
        loop.close();
        result.r2 = runs;
    }
}
