package io.evloop.soak;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.Timer;
import io.evloop.Worker;
import io.evloop.WorkerExit;
import io.evloop.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * One worker from its start to its exit. Invariants: its frames come whole, in order and none twice; a worker that says
 * everything before it leaves has all of it delivered; {@code onClose} comes once, with the cause that its mode has, then
 * {@code onExit} once, with the code or the signal; what is queued stays within the limit; it ends within the deadline.
 */
final class Life {

    private static final List<Mode> MODES = List.of(Mode.values());
    private static final long DEADLINE_NANOS = 60_000_000_000L;
    private static final long PAUSE_NANOS = 5_000_000L;
    private static final long STOP_NANOS = 20_000_000L;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final int MOST_FRAMES = 1500;
    private static final int OUTSTANDING = 64;
    private static final int MOST_QUEUED = 1024 * 1024;
    private static final PipeOptions LIMITS = PipeOptions.builder()
            .maxFrameLength(Payloads.LARGEST)
            .lowWater(MOST_QUEUED / 16)
            .highWater(MOST_QUEUED / 4)
            .maxQueuedBytes(MOST_QUEUED)
            .build();

    private final EventLoop loop;
    private final Ledger ledger;
    private final Payloads payloads;
    private final RandomGenerator random;
    private final Mode mode;
    private final int count;
    private final Consumer<Life> whenOver;

    /** After so many frames the supervisor interrupts it: -1 = it does not. */
    private final int interruption;

    private Worker worker;
    private Timer deadline;
    private int sent;
    private int received;
    private boolean interrupted;
    private boolean closedByUs;
    private boolean closed;
    private Throwable cause;

    Life(EventLoop loop, Ledger ledger, Payloads payloads, RandomGenerator random, Consumer<Life> whenOver) {
        this.loop = loop;
        this.ledger = ledger;
        this.payloads = payloads;
        this.random = random;
        this.whenOver = whenOver;
        this.mode = MODES.get(random.nextInt(MODES.size()));
        this.count = 1 + random.nextInt(MOST_FRAMES);
        boolean interrupts = mode == Mode.FLOOD || mode == Mode.ECHO && random.nextInt(3) == 0;
        this.interruption = interrupts ? 1 + random.nextInt(count) : -1;
    }

    /** Throws if it cannot be started; then nothing is left of it. */
    void begin(String program) throws IOException {
        worker = Worker.command(program, mode.word, Integer.toString(count))
                .limits(LIMITS)
                .onFrame((pipe, channelId, payload) -> onFrame(payload))
                .onDrain(pipe -> refill())
                .onEnd(Pipe::shutdownOutput)
                .onClose((pipe, why) -> onClose(why))
                .onExit((left, exit) -> onExit(exit))
                .start(loop);
        ledger.workers.incrementAndGet();
        deadline = loop.schedule(DEADLINE_NANOS, () -> ledger.violation("not over in time: " + this));
        if (mode == Mode.ECHO) {
            refill();
        } else if (mode == Mode.DEAF) {
            fill();
        }
    }

    /** Says no more; and ends what would go on for ever. */
    void leaveOff() {
        if (!closed && (mode == Mode.FLOOD || mode == Mode.ECHO)) {
            interrupt();
        }
    }

    private void onFrame(ByteBuffer payload) {
        ledger.frames.incrementAndGet();
        String fault = Payloads.fault(received, payload);
        ledger.check(fault == null, this + ": " + fault);
        ledger.check(!closed, this + ": a frame after onClose");
        received++;
        if (received == interruption) {
            interrupt();
        } else if (random.nextInt(MOST_FRAMES) == 0) {
            disturb();
        } else if (mode == Mode.ECHO) {
            refill();
        }
    }

    /** Reads on, or lets it run on, a little later. */
    private void disturb() {
        if (random.nextBoolean()) {
            worker.pipe().pauseReading();
            loop.schedule(PAUSE_NANOS, () -> {
                worker.pipe().resumeReading();
                refill();
            });
        } else {
            worker.signal(SIGSTOP);
            loop.schedule(STOP_NANOS, () -> {
                worker.signal(SIGCONT);
                refill();
            });
        }
    }

    private void refill() {
        if (mode != Mode.ECHO || interrupted || closed) {
            return;
        }
        while (sent < count && sent - received < OUTSTANDING) {
            WriteResult result = worker.pipe().writeFrame(0, payloads.of(sent));
            if (result.isAccepted()) {
                sent++;
            }
            if (result != WriteResult.OK) {
                return;
            }
        }
        if (received == count) {
            end();
        }
    }

    /** All has come back. */
    private void end() {
        interrupted = true;
        if (random.nextBoolean()) {
            worker.pipe().shutdownOutput();
        } else {
            worker.terminate(Duration.ofSeconds(30));
        }
    }

    /** As much as a worker that does not read can be sent. */
    private void fill() {
        while (worker.pipe().writeFrame(0, payloads.of(sent)).isAccepted()) {
            sent++;
        }
        long queued = worker.pipe().stats().queuedBytes();
        ledger.check(queued > 0 && queued <= MOST_QUEUED, this + ": " + queued + " bytes are queued");
        loop.schedule(PAUSE_NANOS, this::interrupt);
    }

    private void interrupt() {
        if (interrupted) {
            return;
        }
        interrupted = true;
        ledger.killed.incrementAndGet();
        if (random.nextBoolean()) {
            worker.kill();
        } else {
            closedByUs = true;
            worker.close();
        }
    }

    private void onClose(Throwable why) {
        ledger.check(!closed, this + ": onClose twice");
        closed = true;
        cause = why;
    }

    private void onExit(WorkerExit exit) {
        ledger.check(closed, this + ": onExit before onClose");
        ledger.check(deadline.cancel(), this + ": onExit twice, or too late");
        if (mode.isRecital()) {
            checkRecital(exit);
        } else if (mode == Mode.ECHO && received == count && exit.signal() != SIGKILL) {
            ledger.check(exit.code() == 0 || exit.signal() == SIGTERM, this + ": " + exit);
        } else { // one whose pipe is closed may leave by itself before the signal is there
            ledger.check(exit.signal() == SIGKILL || closedByUs, this + ": " + exit);
        }
        if (mode == Mode.DEAF) {
            ledger.check(exit.unsentFrames() > 0 && exit.unsentFrames() <= sent, this + ": " + exit);
        }
        whenOver.accept(this);
    }

    private void checkRecital(WorkerExit exit) {
        ledger.check(received == count, this + " said " + received + " frames");
        ledger.check(exit.code() == mode.code || mode.signal != 0, this + ": " + exit);
        ledger.check(exit.signal() == mode.signal, this + ": " + exit);
        ledger.check(exit.tornFrame() == (mode == Mode.CUT_OFF), this + ": " + exit);
        if (mode.hasBadStream()) {
            ledger.badStreams.incrementAndGet();
            ledger.check(mode.cause.isInstance(cause), this + " was closed for " + cause);
        }
    }

    @Override
    public String toString() {
        return "a worker of the mode " + mode.word + ", " + count + " frames, sent " + sent + ", received " + received
                + (interrupted ? ", interrupted" : "") + (closed ? ", closed for " + cause : "");
    }
}
