package io.evloop;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One place in a {@link Supervisor}'s pool, and the workers that hold it one after the other. Loop thread only. */
final class SupervisedWorker {

    private final Supervisor supervisor;
    private final WorkerBuilder command;
    private final LongRing unanswered = new LongRing();
    private final long timeoutNanos;
    private Worker worker;
    private Timer restart;
    private Timer timeoutLook;

    /** When the worker could begin with its present request. */
    private long begunNanos;

    /** Of the present worker. */
    private SecondLook secondLook;

    private long startedNanos;
    private int deaths;

    /** A request is being written. If it still is when the next one comes, it died of an error, perhaps when it was queued. */
    private boolean writing;

    SupervisedWorker(Supervisor supervisor, WorkerBuilder command) {
        this.supervisor = supervisor;
        this.command = command;
        this.timeoutNanos = supervisor.requestTimeoutNanos();
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
        secondLook = new SecondLook(worker.pipe().endpoint().context());
        supervisor.drained();
    }

    boolean isReady() {
        return worker != null && !worker.pipe().isClosed();
    }

    /** Whether it is above its high water mark, or takes nothing any more. Only if it is ready. */
    boolean isStalled() {
        Outbound outbound = worker.pipe().endpoint().outbound();
        return !outbound.isOpen() || outbound.drain().isAboveHighWater();
    }

    int unanswered() {
        return unanswered.size();
    }

    WriteResult request(long requestId, int channelId, ByteBuffer payload) {
        if (closeIfNumberIsMissing()) {
            return WriteResult.CLOSED;
        }
        unanswered.makeRoom(); // first, as it may fail
        WriteResult result = write(requestId, channelId, payload);
        if (result.isAccepted() && unanswered.size() == 1) {
            beginRequest();
        }
        return result;
    }

    private WriteResult write(long requestId, int channelId, ByteBuffer payload) {
        writing = true;
        try {
            WriteResult result = worker.pipe().writeFrame(channelId, payload);
            if (result.isAccepted()) {
                unanswered.addLast(requestId);
            }
            writing = false;
            return result;
        } catch (RuntimeException e) { // refused, before anything was queued
            writing = false;
            throw e;
        }
    }

    /** All later answers would be told for wrong requests: now they are unanswered, and a new worker takes the place. */
    private boolean closeIfNumberIsMissing() {
        if (writing) {
            worker.pipe().close();
        }
        return writing;
    }

    private void onFrame(Pipe pipe, int channelId, ByteBuffer payload) {
        if (closeIfNumberIsMissing()) {
            return;
        }
        if (unanswered.isEmpty()) {
            supervisor.unsolicited(pipe, channelId, payload);
        } else {
            if (unanswered.size() > 1) {
                beginRequest(); // first: if that fails, this one is reported with the others
            }
            long requestId = unanswered.removeFirst();
            supervisor.answered(requestId, channelId, payload);
        }
    }

    /** It has a request, and nothing in front of that. */
    private void beginRequest() {
        if (timeoutNanos > 0) {
            begunNanos = System.nanoTime();
            secondLook.reset();
            lookLater(timeoutNanos);
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
        Inbound inbound = endpoint.inbound();
        if (inbound.isPaused()) {
            beginRequest(); // nobody would hear of an answer
            return;
        }
        long left = timeoutNanos - (System.nanoTime() - begunNanos);
        if (left > 0) {
            lookLater(left);
        } else if (!secondLook.isTaken()
                || inbound.isReadDue()
                || endpoint.protocol().isReady()) {
            lookLater(0); // behind what is there
        } else {
            worker.kill();
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
        writing = false;
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
        if (supervisor.isFinishing()) {
            return;
        }
        long now = System.nanoTime();
        deaths = supervisor.restarts().isLongLife(now - startedNanos) ? 1 : deaths + 1;
        long waitNanos = supervisor.restarts().grant(deaths, now);
        restart = supervisor.loop().schedule(waitNanos, this::startOrRetry);
    }

    private void startOrRetry() {
        if (supervisor.isFinishing()) {
            return; // since the timer was set
        }
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
