package io.evloop;

import io.evloop.epoll.Epoll;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A loop that falls asleep sees the task that is being added, or is woken: whether it may block, and the wake-ups. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "the loop saw the task before it slept")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the loop saw the task, and is woken in vain")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the loop blocks, and is woken")
@Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "the loop sleeps beside a task: the wake-up is lost")
@State
public class TaskQueueSleepStress {

    private final Epoll epoll = open();
    private final TaskQueue tasks = new TaskQueue(epoll);

    private static Epoll open() {
        try {
            return Epoll.open(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Actor
    public void sleep(II_Result result) {
        tasks.fallAsleep();
        result.r1 = tasks.mayBlock() ? 1 : 0;
    }

    @Actor
    public void execute() {
        tasks.add(() -> {});
    }

    @Arbiter
    public void count(II_Result result) {
        result.r2 = (int) epoll.wakeups();
        try {
            epoll.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
