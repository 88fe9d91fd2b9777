package io.evloop;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/** A socketpair whose ends are pipes of two loops, each registered by its own thread. */
final class PipePair {

    private final Pipe[] pipes = new Pipe[2];
    private final int[] descriptors;

    private PipePair(int[] descriptors) {
        this.descriptors = descriptors;
    }

    /** See {@link Pipe#pair}. */
    static Pipe[] open(EventLoop a, EventLoop b, PipeOptions options) throws IOException {
        if (!b.isLoopThread()) {
            a.checkThread();
        }
        LoopContext[] contexts = {a.openContext(), b.openContext()};
        long packed = Fd.check(Native.socketPair(), "socketpair");
        PipePair pair = new PipePair(new int[] {Fd.first(packed), Fd.second(packed)});
        boolean success = false;
        try {
            for (int end = 0; end < 2; end++) {
                pair.pipes[end] = new Pipe(Connection.ofPair(contexts[end], pair.descriptors[end], end), options);
            }
            pair.register(a, b);
            success = true;
            return pair.pipes;
        } finally {
            if (!success) {
                pair.closeUnowned();
            }
        }
    }

    /** The other loop's end first: it can be refused while nothing is registered. */
    private void register(EventLoop a, EventLoop b) throws IOException {
        if (!a.isLoopThread()) {
            submit(a, 0);
            registerHere(1);
        } else if (!b.isLoopThread()) {
            submit(b, 1);
            registerHere(0);
        } else {
            registerHere(0);
            registerHere(1);
        }
    }

    private void submit(EventLoop loop, int end) {
        Endpoint endpoint = pipes[end].endpoint();
        int fd = descriptors[end];
        descriptors[end] = -1; // the pipe's, too, if the task is queued, and only the loop could not be woken
        try {
            loop.execute(() -> registerOrClose(endpoint));
        } catch (RejectedExecutionException e) {
            descriptors[end] = fd;
            throw new IllegalStateException("the event loop is closed", e); // since it was asked
        }
    }

    private void registerHere(int end) throws IOException {
        pipes[end].endpoint().register();
        descriptors[end] = -1;
    }

    /** After a failure: descriptors that no pipe owns yet are closed here, the others by their pipes. */
    private void closeUnowned() throws IOException {
        for (int end = 0; end < 2; end++) {
            if (descriptors[end] >= 0) {
                Fd.close(descriptors[end]);
            } else {
                pipes[end].close();
            }
        }
    }

    private static void registerOrClose(Endpoint endpoint) {
        try {
            if (!endpoint.isClosed()) {
                endpoint.register();
            }
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }
}
