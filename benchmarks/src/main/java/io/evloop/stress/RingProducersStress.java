package io.evloop.stress;

import io.evloop.buffer.SendRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** What two producers write at once into the ring of a sender is there, whole, and in the order of each. */
@JCStressTest
@Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "all of both, whole and in order")
@Outcome(id = "-1", expect = Expect.FORBIDDEN, desc = "torn, or out of order")
@Outcome(expect = Expect.FORBIDDEN, desc = "lost, or there twice")
@State
public class RingProducersStress {

    private final SendRing ring = new SendRing(1);

    @Actor
    public void first() {
        RingRecords.write(ring, 1, 1);
        RingRecords.write(ring, 1, 2);
    }

    @Actor
    public void second() {
        RingRecords.write(ring, 2, 1);
        RingRecords.write(ring, 2, 2);
    }

    @Arbiter
    public void count(I_Result result) {
        result.r1 = new RingRecords().drain(ring);
    }
}
