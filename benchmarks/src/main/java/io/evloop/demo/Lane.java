package io.evloop.demo;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Stdio;
import io.evloop.Worker;
import io.evloop.WorkerExit;
import io.evloop.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One worker and the frames that go to it and come back, in this order: a greeting, for which the worker need only be
 * there; the load; the large frame. Loop thread only.
 */
final class Lane {

    /** What a lane tells. */
    interface Listener {

        /** All that was to be sent has come back. */
        void onIdle(Lane lane);

        /** The first thing that went wrong. */
        void onFailure(String what);

        /** The worker has left, as the last of all. */
        void onExit(Lane lane);
    }

    private static final long WITHOUT_END = Long.MAX_VALUE;
    private static final long NONE = -1;

    private final WorkerProgram program;
    private final Traffic traffic;
    private final Listener listener;
    private final Meter meter = new Meter();
    private final long[] sentNanos;
    private Worker worker;
    private WorkerExit exit;
    private long sent;
    private long received;
    private long receivedBytes;
    private long target;
    private long largeNumber = NONE;
    private long largeNanos;
    private boolean writable = true;
    private boolean leaving;

    /**
     * @param outstanding frames that may be under way at a time, so that round trips measure the way and not the queue
     */
    Lane(WorkerProgram program, Traffic traffic, int outstanding, Listener listener) {
        this.program = program;
        this.traffic = traffic;
        this.listener = listener;
        this.sentNanos = new long[outstanding];
    }

    /** Starts the worker and greets it. */
    void start(EventLoop loop) throws IOException {
        worker = Worker.command(program.command().toArray(new String[0]))
                .stdin(Stdio.NULL)
                .newProcessGroup() // Ctrl-C on a terminal is for the supervisor, which ends its workers
                .onFrame(this::onFrame)
                .onDrain(this::onDrain)
                .onClose(this::onClose)
                .onExit(this::onExit)
                .start(loop);
        target = 1;
        fill();
    }

    void startLoad() {
        target = WITHOUT_END;
        fill();
    }

    void stopLoad() {
        target = sent;
        checkIdle();
    }

    /** Sends the large frame, when nothing else is under way. */
    void sendLarge() {
        largeNumber = sent;
        target = sent + 1;
        fill();
    }

    /** Tells the worker to leave by the end of its input; what it still sends would be a frame too many. */
    void leave() {
        leaving = true;
        worker.pipe().shutdownOutput();
    }

    /** Ends the worker without ado. */
    void terminate() {
        if (worker != null) {
            worker.terminate();
        }
    }

    boolean isIdle() {
        return received == target;
    }

    // sending ----------------------------------------------------------------------------------------------------

    private void fill() {
        while (writable && sent < target && sent - received < sentNanos.length) {
            long now = System.nanoTime();
            WriteResult result = sent == largeNumber ? writeLarge() : write();
            writable = result == WriteResult.OK; // otherwise onDrain will follow, or onClose
            if (result.isAccepted()) {
                sentNanos[(int) (sent % sentNanos.length)] = now;
                sent++;
            }
        }
    }

    private WriteResult write() {
        return worker.pipe().writeFrame(traffic.channel(sent), traffic.payload(sent));
    }

    /** In place: there is no second copy of it. */
    private WriteResult writeLarge() {
        ByteBuffer room = worker.pipe().claim(traffic.channel(sent), Traffic.LARGE);
        if (room == null) {
            return WriteResult.FULL;
        }
        traffic.fill(sent, room);
        return worker.pipe().commit();
    }

    private void onDrain(Pipe pipe) {
        writable = true;
        fill();
    }

    // receiving --------------------------------------------------------------------------------------------------

    private void onFrame(Pipe pipe, int channelId, ByteBuffer payload) {
        long now = System.nanoTime();
        if (received == sent) {
            fail("a frame came back that was not sent");
            return;
        }
        int length = received == largeNumber ? Traffic.LARGE : traffic.length(received);
        String fault = traffic.fault(received, length, channelId, payload);
        if (fault != null) {
            fail(fault);
            return;
        }
        long roundTripNanos = now - sentNanos[(int) (received % sentNanos.length)];
        if (received == largeNumber) {
            largeNanos = roundTripNanos;
        } else {
            meter.record(roundTripNanos, length);
        }
        received++;
        receivedBytes += length;
        fill();
        checkIdle();
    }

    private void checkIdle() {
        if (isIdle()) {
            listener.onIdle(this);
        }
    }

    // the end ----------------------------------------------------------------------------------------------------

    private void onClose(Pipe pipe, Throwable cause) {
        if (cause != null) {
            fail("the pipe broke: " + cause);
        }
    }

    private void onExit(Worker left, WorkerExit how) {
        exit = how;
        if (!leaving || !how.isSuccess()) {
            fail("the worker left " + (leaving ? "" : "unasked ") + "with " + exitStatus());
        }
        listener.onExit(this);
    }

    private void fail(String what) {
        listener.onFailure(program.name() + ": " + what);
    }

    // what came of it --------------------------------------------------------------------------------------------

    String name() {
        return program.name();
    }

    Meter meter() {
        return meter;
    }

    long received() {
        return received;
    }

    /** Payloads only. */
    long receivedBytes() {
        return receivedBytes;
    }

    /** The round trip of the large frame; 0 = it did not come back. */
    long largeNanos() {
        return largeNanos;
    }

    boolean hasLeft() {
        return exit != null;
    }

    String exitStatus() {
        if (exit == null) {
            return "-";
        }
        return exit.signal() == 0 ? Integer.toString(exit.code()) : "signal " + exit.signal();
    }
}
