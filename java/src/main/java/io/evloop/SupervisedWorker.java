package io.evloop;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One place in a {@link Supervisor}'s pool, and the workers that hold it one after the other. Loop thread only. */
final class SupervisedWorker {

    private final Supervisor supervisor;
    private final WorkerBuilder command;
    private final LongRing unanswered = new LongRing();

    /** Null: there is no limit. */
    private final RequestTimeout timeout;

    private Worker worker;
    private Timer restart;
    private Timer timeoutLook;
    private long startedNanos;
    private int deaths;

    SupervisedWorker(Supervisor supervisor, WorkerBuilder command) {
        this.supervisor = supervisor;
        this.command = command;
        this.timeout =
                supervisor.requestTimeoutNanos() == 0 ? null : new RequestTimeout(supervisor.requestTimeoutNanos());
    }

    void start() throws IOException {
        restart = null;
        startedNanos = System.nanoTime();
        worker = command.withoutFrameHandlers() // an answer that one of a channel takes would be missed
                .onFrame(this::onFrame)
                .onDrain(pipe -> supervisor.drained())
                .onEnd(Pipe::close) // it will answer nothing more, whether it reads what is queued or not
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
            if (timeout != null && unanswered.isEmpty()) {
                timeout.begin(System.nanoTime());
                lookLater(supervisor.requestTimeoutNanos());
            }
            unanswered.addLast(requestId);
        }
        return result;
    }

    private void onFrame(Pipe pipe, int channelId, ByteBuffer payload) {
        if (unanswered.isEmpty()) {
            supervisor.unsolicited(pipe, channelId, payload);
        } else {
            if (timeout != null) {
                timeout.begin(System.nanoTime());
            }
            supervisor.answered(unanswered.removeFirst(), channelId, payload);
        }
    }

    /** One timer, which may come early: after each answer there is more time. */
    private void lookLater(long nanos) {
        if (timeoutLook == null) {
            timeoutLook = supervisor.loop().schedule(nanos, this::look);
        }
    }

    private void look() {
        timeoutLook = null;
        if (!isReady() || unanswered.isEmpty()) {
            return;
        }
        Endpoint endpoint = worker.pipe().endpoint();
        boolean held = endpoint.inbound().isReadDue() || endpoint.protocol().isReady();
        long again = timeout.look(System.nanoTime(), held);
        if (again == RequestTimeout.OVER) {
            worker.kill();
        } else {
            lookLater(again);
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
        if (supervisor.running() > 0) {
            supervisor.drained(); // what this one was to tell, as there may be room with the others
        }
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
        if (timeoutLook != null) {
            timeoutLook.cancel();
            timeoutLook = null;
        }
        if (restart != null) {
            restart.cancel();
            restart = null;
        }
        if (worker != null) {
            worker.terminate(supervisor.grace());
        }
    }
}
