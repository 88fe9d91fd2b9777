package io.evloop.stress;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Sender;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Frames of two threads, through one sender, arrive whole and in the order of each thread. */
@JCStressTest
@Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "all of both, whole and in order")
@Outcome(id = "-1", expect = Expect.FORBIDDEN, desc = "torn, or out of order")
@Outcome(expect = Expect.FORBIDDEN, desc = "lost, or there twice")
@State
public class SendersStress {

    private final EventLoop loop = Loops.open();
    private final SentFrames frames = new SentFrames();
    private final Sender sender;

    public SendersStress() {
        Pipe[] ends = Loops.pair(loop);
        sender = ends[0].sender(1);
        ends[1].onFrame(frames::take);
    }

    @Actor
    public void first() {
        SentFrames.write(sender, 1, 1);
        SentFrames.write(sender, 1, 2);
    }

    @Actor
    public void second() {
        SentFrames.write(sender, 2, 1);
        SentFrames.write(sender, 2, 2);
    }

    @Arbiter
    public void count(I_Result result) {
        result.r1 = frames.await(loop, 4);
        loop.close();
    }
}
