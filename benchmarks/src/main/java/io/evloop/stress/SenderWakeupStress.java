package io.evloop.stress;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Sender;
import io.evloop.WriteResult;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Frames that a sender accepts while the loop sleeps, or is about to, arrive in order, with nothing else to wake the loop. */
@JCStressTest
@Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "both were accepted, and arrived in order")
@Outcome(expect = Expect.FORBIDDEN, desc = "the loop sleeps beside a frame, or a frame is torn or out of order")
@State
public class SenderWakeupStress {

    private final EventLoop loop = Loops.open();
    private final SentFrames frames = new SentFrames();
    private final Sender sender;

    public SenderWakeupStress() {
        Pipe[] ends = Loops.pair(loop);
        sender = ends[0].sender(1);
        ends[1].onFrame(frames::take);
    }

    @Actor
    public void send(II_Result result) {
        int first = SentFrames.write(sender, 1, 1) == WriteResult.OK ? 1 : 0;
        int second = SentFrames.write(sender, 1, 2) == WriteResult.OK ? 1 : 0;
        result.r1 = first + second;
    }

    @Actor
    public void poll(II_Result result) {
        result.r2 = frames.await(loop, 2);
    }

    @Arbiter
    public void close() {
        loop.close();
    }
}
