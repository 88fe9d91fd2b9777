package io.evloop.bench;

import io.evloop.EventLoop;
import io.evloop.EventLoopGroup;
import io.evloop.EventLoopOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The other side of a benchmark: an event loop on a thread of its own. */
final class PeerLoop implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 10;

    private final EventLoopGroup group;

    private PeerLoop(EventLoopGroup group) {
        this.group = group;
    }

    /** Opens one that blocks at once when it is idle. */
    static PeerLoop open() throws IOException {
        return open(Duration.ZERO);
    }

    /** Opens one whose thread is running when this returns. */
    static PeerLoop open(Duration spin) throws IOException {
        EventLoopOptions options = EventLoopOptions.builder().spin(spin).build();
        PeerLoop peer = new PeerLoop(EventLoopGroup.builder(1)
                .options(options)
                .name("peer")
                .daemon(true)
                .open());
        peer.call(() -> {});
        return peer;
    }

    EventLoop loop() {
        return group.loop(0);
    }

    /** Runs a task on the loop's thread and waits for it. */
    void call(Runnable task) {
        CompletableFuture<Void> done = CompletableFuture.runAsync(task, loop()::execute);
        done.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        group.close();
    }
}
