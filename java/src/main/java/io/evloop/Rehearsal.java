package io.evloop;

import io.evloop.epoll.Epoll;
import java.io.IOException;

/**
 * Builds a loop and a pipe before the first real ones, and lets them go. The first object of each class makes the JVM load
 * it, which leaves kilobytes of garbage in the heap: the parts of the first loop would lie on a page each. Built again they
 * lie side by side, until a collector moves them.
 *
 * <p>It is the pages that count. A system call may flush the TLB (page-table isolation, virtual machines), and then the first
 * look at each page costs a walk through the page table: without this, a spinning round trip takes some 1.05 times as long.
 */
final class Rehearsal {

    private static volatile boolean held;

    private Rehearsal() {}

    /** Does so unless it was done. Any thread. What it throws, an attempt to open a loop would have thrown as well. */
    static void hold() throws IOException {
        if (!held) {
            Epoll epoll = Epoll.open(1);
            try (epoll) {
                build(epoll);
                held = true;
            } catch (Throwable e) {
                return; // a class, memory, stack: whoever really needs it hears of it, and otherwise it costs time
                // alone
            }
        }
    }

    private static void build(Epoll epoll) {
        LoopContext context = new EventLoop(EventLoopOptions.builder().build(), epoll).openContext();
        new Pipe(Connection.ofPair(context, -1, 0), PipeOptions.DEFAULT);
        context.pool.release(context.pool.lease(1));
    }
}
