package io.evloop.stress;

import io.evloop.buffer.SendRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** What was accepted before the ring closed is there, whole, when the close has returned; what comes later is refused. */
@JCStressTest
@Outcome(
        id = {"0, 0, 0", "1, 0, 1", "1, 1, 2"},
        expect = Expect.ACCEPTABLE,
        desc = "what was accepted was taken")
@Outcome(expect = Expect.FORBIDDEN, desc = "accepted and lost, refused and taken, torn, or accepted after a refusal")
@State
public class RingCloseStress {

    private final SendRing ring = new SendRing(1);

    @Actor
    public void produce(III_Result result) {
        result.r1 = RingRecords.write(ring, 1, 1);
        result.r2 = RingRecords.write(ring, 1, 2);
    }

    @Actor
    public void close(III_Result result) {
        ring.close();
        result.r3 = new RingRecords().drain(ring);
    }
}
