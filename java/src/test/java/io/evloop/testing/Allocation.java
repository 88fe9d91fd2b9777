package io.evloop.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What the calling thread allocates on the Java heap. */
public final class Allocation {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** One round of what is measured. */
    @FunctionalInterface
    public interface Round {
        void run() throws Exception;
    }

    private Allocation() {}

    /** Heap bytes per round, after as many rounds of warming up. */
    public static double bytesPerRound(int rounds, Round round) throws Exception {
        long bytes = 0;
        for (int repetition = 0; repetition < 2; repetition++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int index = 0; index < rounds; index++) {
                round.run();
            }
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        return (double) bytes / rounds;
    }
}
