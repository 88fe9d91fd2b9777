package io.evloop;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One place in a {@link Supervisor}'s pool, and the workers that hold it one after the other. Loop thread only. */
final class SupervisedWorker {

    private final Supervisor supervisor;
    private final WorkerBuilder command;
    private final LongRing unanswered = new LongRing();
    private Worker worker;
    private Timer restart;
    private long startedNanos;
    private int deaths;

    SupervisedWorker(Supervisor supervisor, WorkerBuilder command) {
        this.supervisor = supervisor;
        this.command = command;
    }

    void start() throws IOException {
        restart = null;
        startedNanos = System.nanoTime();
        worker = command.withoutFrameHandlers() // an answer that one of a channel takes would be missed
                .onFrame(this::onFrame)
                .onDrain(pipe -> supervisor.drained())
                .onEnd(null)
                .onClose((pipe, cause) -> onClose())
                .onExit(this::onExit)
                .start(supervisor.loop());
        supervisor.drained();
    }

    boolean isReady() {
        return worker != null && !worker.pipe().isClosed();
    }

    int unanswered() {
        return unanswered.size();
    }

    WriteResult request(long requestId, int channelId, ByteBuffer payload) {
        WriteResult result = worker.pipe().writeFrame(channelId, payload);
        if (result.isAccepted()) {
            unanswered.addLast(requestId);
        }
        return result;
    }

    private void onFrame(Pipe pipe, int channelId, ByteBuffer payload) {
        if (unanswered.isEmpty()) {
            supervisor.unsolicited(pipe, channelId, payload);
        } else {
            supervisor.answered(unanswered.removeFirst(), channelId, payload);
        }
    }

    /** Without its pipe it is of no use, even if it lives on. */
    private void onClose() {
        if (worker != null && !supervisor.isClosed()) {
            worker.terminate(supervisor.grace());
        }
    }

    private void onExit(Worker left, WorkerExit exit) {
        worker = null;
        while (!unanswered.isEmpty()) {
            supervisor.unanswered(unanswered.removeFirst(), left);
        }
        supervisor.exited(left, exit);
        startAgain();
    }

    private void startAgain() {
        if (supervisor.isClosed()) {
            return;
        }
        long now = System.nanoTime();
        deaths = supervisor.restarts().isLongLife(now - startedNanos) ? 1 : deaths + 1;
        long waitNanos = supervisor.restarts().grant(deaths, now);
        restart = supervisor.loop().schedule(waitNanos, this::startOrRetry);
    }

    private void startOrRetry() {
        try {
            start();
        } catch (IOException | RuntimeException | Error e) { // of memory, too, there may be enough the next time
            supervisor.report(e);
            startAgain();
        }
    }

    void close() {
        if (restart != null) {
            restart.cancel();
            restart = null;
        }
        if (worker != null) {
            worker.terminate(supervisor.grace());
        }
    }
}
