package io.evloop.testing;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that open and close sockets and pipes all the time, none of them close-on-exec: what code that knows nothing of
 * spawning does. Closing ends them and rethrows what went wrong.
 */
public final class LeakyThreads implements AutoCloseable {

    private static final int HELD_PAIRS = 4;
    private static final long PAUSE_NANOS = 20_000; // the spawning thread needs a processor, too

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    private volatile boolean stopped;
    private volatile long opened;

    public LeakyThreads(int count) {
        for (int index = 0; index < count; index++) {
            Thread thread = new Thread(this::run, "leaky-" + index);
            threads.add(thread);
            thread.start();
        }
    }

    /** Pairs opened by one of the threads. */
    public long opened() {
        return opened;
    }

    private void run() {
        long[] held = new long[HELD_PAIRS];
        try {
            for (int round = 0; !stopped || round < HELD_PAIRS; round++) {
                int slot = round % HELD_PAIRS;
                if (round >= HELD_PAIRS) {
                    close(held[slot]);
                }
                held[slot] = open(round);
                opened = round;
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            for (long pair : held) {
                close(pair);
            }
        } catch (IOException e) {
            failure.set(e);
        }
    }

    private static long open(int round) throws IOException {
        long pair = Fd.check(round % 2 == 0 ? Native.socketPair() : Native.pipe(), "socketpair, pipe");
        Fd.check(Native.setCloseOnExec(Fd.first(pair), 0), "fcntl");
        Fd.check(Native.setCloseOnExec(Fd.second(pair), 0), "fcntl");
        return pair;
    }

    private static void close(long pair) throws IOException {
        Fd.close(Fd.first(pair));
        Fd.close(Fd.second(pair));
    }

    @Override
    public void close() throws IOException {
        stopped = true;
        for (Thread thread : threads) {
            Await.until("the end of " + thread.getName(), () -> !thread.isAlive());
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }
}
