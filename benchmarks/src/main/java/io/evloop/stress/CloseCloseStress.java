package io.evloop.stress;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two threads that close a loop both return when all of it is closed, and every handler has heard of it once. */
@JCStressTest
@Outcome(id = "2, 2, 2", expect = Expect.ACCEPTABLE, desc = "both pipes had heard of it whenever a close returned")
@Outcome(expect = Expect.FORBIDDEN, desc = "a close returned early, or a handler was called twice")
@State
public class CloseCloseStress {

    private final EventLoop loop = Loops.open();
    private volatile int closes;

    @SuppressWarnings("NonAtomicVolatileUpdate") // by the one thread that closes
    public CloseCloseStress() {
        for (Pipe pipe : Loops.pair(loop)) {
            pipe.onClose((closed, cause) -> closes++);
        }
    }

    @Actor
    public void closeHere(III_Result result) {
        loop.close();
        result.r1 = closes;
    }

    @Actor
    public void closeThere(III_Result result) {
        loop.close();
        result.r2 = closes;
    }

    @Arbiter
    public void count(III_Result result) {
        result.r3 = closes;
    }
}
