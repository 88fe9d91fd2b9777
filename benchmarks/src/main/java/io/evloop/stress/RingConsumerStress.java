package io.evloop.stress;

import io.evloop.buffer.SendRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A consumer beside a producer takes the first records, whole and in order, and finds the others later. */
@JCStressTest
@Outcome(
        id = {"0, 2", "1, 2", "2, 2"},
        expect = Expect.ACCEPTABLE,
        desc = "so many at once, and both in the end")
@Outcome(expect = Expect.FORBIDDEN, desc = "torn, out of order, lost, or there twice")
@State
public class RingConsumerStress {

    private final SendRing ring = new SendRing(1);
    private final RingRecords records = new RingRecords();

    @Actor
    public void produce() {
        RingRecords.write(ring, 1, 1);
        RingRecords.write(ring, 1, 2);
    }

    @Actor
    public void consume(II_Result result) {
        result.r1 = records.drain(ring);
    }

    @Arbiter
    public void count(II_Result result) {
        result.r2 = records.drain(ring);
    }
}
