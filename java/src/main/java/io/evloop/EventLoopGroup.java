package io.evloop;

import io.evloop.sys.Errno;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A number of event loops, each with a thread of its own that runs it until {@link #close}. A pipe stays with its loop: work
 * on it is a task of that one ({@link EventLoop#execute}). Any thread may call everything here.
 */
public final class EventLoopGroup implements AutoCloseable {

    private final List<EventLoop> loops = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();

    private EventLoopGroup() {}

    /** {@link Builder#open} with the defaults of {@link #builder}. */
    public static EventLoopGroup open(int loops) throws IOException {
        return builder(loops).open();
    }

    /**
     * @param loops 1 or more
     */
    public static Builder builder(int loops) {
        return new Builder(loops);
    }

    private void start(Builder builder) throws IOException {
        for (int index = 0; index < builder.loops; index++) {
            EventLoop loop = EventLoop.open(builder.options);
            loops.add(loop);
            int cpu = builder.cpus.length == 0 ? Builder.ANY_CPU : builder.cpus[index % builder.cpus.length];
            Thread thread = new Thread(() -> run(loop, cpu), builder.name + "-" + index);
            thread.setDaemon(builder.daemon);
            loop.bindTo(thread); // from the start: nobody may take it for his own until that runs
            threads.add(thread);
            thread.start();
        }
    }

    private static void run(EventLoop loop, int cpu) {
        if (cpu != Builder.ANY_CPU) {
            int result = Native.setAffinity(cpu);
            if (result < 0) { // it runs all the same, elsewhere
                loop.context().reportError(loop, Errno.exception("sched_setaffinity", result));
            }
        }
        loop.runUntilClosed();
    }

    /** The loops in turn. */
    public EventLoop next() {
        return loops.get(Math.floorMod(next.getAndIncrement(), loops.size()));
    }

    /** How many loops there are. */
    public int size() {
        return loops.size();
    }

    /** One of the loops, 0 to {@link #size()} - 1. */
    public EventLoop loop(int index) {
        return loops.get(index);
    }

    /**
     * Closes the loops, each on its own thread ({@link EventLoop#close}), and waits for the threads. Idempotent. In a
     * callback of one of the loops nothing is waited for: each loop closes at the end of its turn.
     */
    @Override
    public void close() {
        loops.forEach(EventLoop::requestClose);
        if (threads.contains(Thread.currentThread())) {
            return; // another loop may be doing the same, and wait for this one
        }
        joinThreads();
        loops.forEach(EventLoop::close); // one whose thread could not be started has nobody else to do it
    }

    private void joinThreads() {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true; // the caller relies on the threads being gone; it is told below
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "EventLoopGroup" + loops;
    }

    /** Builds an {@link EventLoopGroup}. */
    public static final class Builder {

        private static final int ANY_CPU = -1;

        private final int loops;
        private String name = "evloop";
        private boolean daemon;
        private int[] cpus = {};
        private EventLoopOptions options = EventLoopOptions.builder().build();

        private Builder(int loops) {
            if (loops < 1) {
                throw new IllegalArgumentException("loops must be 1 or more, not " + loops);
            }
            this.loops = loops;
        }

        /** The threads are called {@code name-0}, {@code name-1} and so on. Default {@code evloop}. */
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name, "name");
            return this;
        }

        /** Whether the threads let the JVM exit. Default false. */
        public Builder daemon(boolean daemon) {
            this.daemon = daemon;
            return this;
        }

        /**
         * Binds the threads to these CPUs, in turn, by {@code sched_setaffinity(2)}; where the kernel refuses, the error handler
         * of the options hears it and the thread runs anywhere. Workers get the CPUs from before; a thread that a callback
         * starts, an executor's too, is bound as the loop is. Default: none is bound.
         */
        public Builder affinity(int... cpus) {
            for (int cpu : cpus) {
                if (cpu < 0) {
                    throw new IllegalArgumentException("CPU " + cpu);
                }
            }
            this.cpus = Arrays.copyOf(cpus, cpus.length);
            return this;
        }

        /** The options of each loop. */
        public Builder options(EventLoopOptions options) {
            this.options = Objects.requireNonNull(options, "options");
            return this;
        }

        /**
         * Opens the loops and starts their threads.
         *
         * @throws io.evloop.error.NativeIoException EMFILE, ENFILE, ENOMEM; then no loop and no thread is left
         */
        public EventLoopGroup open() throws IOException {
            EventLoopGroup group = new EventLoopGroup();
            boolean success = false;
            try {
                group.start(this);
                success = true;
                return group;
            } finally {
                if (!success) {
                    group.close();
                }
            }
        }
    }
}
