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
import org.openjdk.jcstress.infra.results.IIII_Result;

/**
 * A frame that is sent while its pipe is closed is accepted and accounted for, as sent or as unsent, or it is CLOSED; once a
 * write was CLOSED, every later one is.
 */
@JCStressTest
@Outcome(
        id = {"1, 1, 2, 0", "1, 0, 1, 0", "0, 0, 0, 0"},
        expect = Expect.ACCEPTABLE,
        desc = "what was accepted is in the account")
@Outcome(expect = Expect.FORBIDDEN, desc = "not accounted for, counted twice, or accepted after the close")
@State
public class SenderCloseStress {

    private final EventLoop loop = Loops.open();
    private final Pipe pipe;
    private final Sender sender;

    public SenderCloseStress() {
        pipe = Loops.pair(loop)[0];
        sender = pipe.sender(1);
    }

    @Actor
    public void send(IIII_Result result) {
        result.r1 = SentFrames.write(sender, 1, 1) == WriteResult.OK ? 1 : 0;
        result.r2 = SentFrames.write(sender, 1, 2) == WriteResult.OK ? 1 : 0;
    }

    @Actor
    public void close() {
        loop.poll(0); // the loop is this thread's now, and may move a frame
        pipe.close();
        loop.poll(0);
    }

    @Arbiter
    public void count(IIII_Result result) {
        result.r3 = (int) pipe.stats().framesOut();
        result.r4 = SentFrames.write(sender, 1, 3) == WriteResult.CLOSED ? 0 : 1;
        loop.close();
    }
}
