package io.evloop.demo;

import io.evloop.EventLoop;
import io.evloop.EventLoopOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/**
 * Takes the workers through the demonstration: all greeted, all under load, each with the large frame alone, all sent away.
 * The first thing that goes wrong ends it.
 */
final class DemoRun implements Lane.Listener {

    private enum Phase {
        GREETING,
        LOAD,
        LARGE,
        LEAVING
    }

    /** The first of so many parts of the load is not measured: compilers and buffers warm up. */
    private static final int WARM_UP_PART = 4;

    private static final double BYTES_PER_MEGABYTE = 1e6;

    private final List<Lane> lanes;
    private final PrintWriter out;
    private final LiveLine live;
    private final Thread onSignal = new Thread(this::interrupt, "demo-signal");
    private final CountDownLatch ended = new CountDownLatch(1);
    private EventLoop loop;
    private Duration load;
    private Phase phase = Phase.GREETING;
    private Progress progress;
    private int largeIndex;
    private String failure;
    private volatile boolean interrupted;

    /**
     * @param outstanding frames under way at a time, for each worker
     */
    DemoRun(List<WorkerProgram> programs, int outstanding, PrintWriter out, LiveLine live) {
        Traffic traffic = new Traffic();
        this.lanes = programs.stream()
                .map(program -> new Lane(program, traffic, outstanding, this))
                .toList();
        this.out = out;
        this.live = live;
    }

    /**
     * Runs the demonstration and prints what came of it. When it returns all workers are gone.
     *
     * @param loadTime how long frames of mixed sizes go round, the warm-up included
     * @param limit after which the run is given up, whatever hangs
     * @return whether every frame came back intact and every worker left with 0
     */
    boolean run(Duration loadTime, Duration limit) throws IOException {
        load = loadTime;
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> onFailure(source + ": " + error))
                .build();
        try (EventLoop opened = EventLoop.open(options)) {
            loop = opened;
            Runtime.getRuntime().addShutdownHook(onSignal);
            start(limit);
            loop.run();
            lanes.forEach(Lane::terminate); // those still there, before the loop breaks their pipes: without a word
        } finally {
            ended.countDown();
            forgetSignals();
        }
        if (interrupted) {
            return false;
        }
        live.clear();
        report();
        return failure == null;
    }

    // signals ----------------------------------------------------------------------------------------------------

    /** On SIGINT and SIGTERM, on a thread of its own; the JVM is gone soon after it returns. */
    private void interrupt() {
        interrupted = true;
        loop.stop();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        live.clear();
        out.println("interrupted: all workers have been ended");
        out.flush();
    }

    private void forgetSignals() {
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException e) {
            interrupted = true; // the JVM is on its way down
        }
    }

    // phases -----------------------------------------------------------------------------------------------------

    private void start(Duration limit) {
        live.show("waiting for the workers");
        loop.schedule(
                limit.toNanos(),
                () -> onFailure("not done within the limit, in phase " + phase + ", waiting for " + busyLanes()));
        for (Lane lane : lanes) {
            try {
                lane.start(loop);
            } catch (IOException e) {
                onFailure(lane.name() + ": " + e.getMessage());
                return;
            }
        }
    }

    private String busyLanes() {
        return lanes.stream().filter(lane -> !lane.isIdle()).map(Lane::name).collect(Collectors.joining(", "));
    }

    @Override
    public void onIdle(Lane lane) {
        if (lanes.stream().allMatch(Lane::isIdle)) {
            nextPhase();
        }
    }

    private void nextPhase() {
        switch (phase) {
            case GREETING -> {
                phase = Phase.LOAD;
                startLoad();
            }
            case LOAD -> {
                phase = Phase.LARGE;
                sendLarge();
            }
            case LARGE -> {
                largeIndex++;
                if (largeIndex < lanes.size()) {
                    sendLarge();
                } else {
                    phase = Phase.LEAVING;
                    lanes.forEach(Lane::leave);
                }
            }
            case LEAVING -> throw new IllegalStateException("a worker was idle again after all was done");
        }
    }

    private void startLoad() {
        progress = new Progress(lanes, live, System.nanoTime());
        loop.schedule(load.toNanos() / WARM_UP_PART, this::startMeters);
        loop.schedule(load.toNanos(), this::stopLoad);
        loop.schedule(live.interval().toNanos(), this::tick);
        lanes.forEach(Lane::startLoad);
    }

    private void startMeters() {
        long now = System.nanoTime();
        lanes.forEach(lane -> lane.meter().open(now));
    }

    private void stopLoad() {
        long now = System.nanoTime();
        lanes.forEach(lane -> lane.meter().close(now));
        lanes.forEach(Lane::stopLoad);
    }

    private void tick() {
        if (phase == Phase.LOAD) {
            progress.show(System.nanoTime());
            loop.schedule(live.interval().toNanos(), this::tick);
        }
    }

    /** To one worker after the other: they share neither the time nor the memory. */
    private void sendLarge() {
        Lane lane = lanes.get(largeIndex);
        progress.showLarge(lane, System.nanoTime());
        lane.sendLarge();
    }

    @Override
    public void onExit(Lane lane) {
        if (lanes.stream().allMatch(Lane::hasLeft)) {
            loop.stop();
        }
    }

    @Override
    public void onFailure(String what) {
        if (failure == null) {
            failure = what;
            loop.stop();
        }
    }

    // the report -------------------------------------------------------------------------------------------------

    private void report() {
        out.println();
        out.print(ResultTable.of(lanes.stream().map(ResultTable.Row::of).toList()));
        out.println();
        out.println("MB/s: payload, counted once. p50, p99, p99.9: round trips of the mixed frames after a warm-up.");
        out.println("64 MiB: the round trip of that one frame, alone and after the others; it is in no other column.");
        out.println(verdict());
        out.flush();
    }

    private String verdict() {
        if (failure != null) {
            return "FAILED  " + failure;
        }
        long frames = lanes.stream().mapToLong(Lane::received).sum();
        long bytes = lanes.stream().mapToLong(Lane::receivedBytes).sum();
        return String.format(
                Locale.ROOT,
                "OK  %,d frames of %,d to %,d bytes on %d channels, %,.0f MB: every byte came back as it was sent.",
                frames,
                Traffic.SHORTEST,
                Traffic.LARGE,
                Traffic.channels(),
                bytes / BYTES_PER_MEGABYTE);
    }
}
