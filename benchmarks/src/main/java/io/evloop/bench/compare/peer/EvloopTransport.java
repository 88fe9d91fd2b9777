package io.evloop.bench.compare.peer;

import io.evloop.EventLoop;
import io.evloop.EventLoopOptions;
import io.evloop.Pipe;
import io.evloop.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** evloop as its users write it: an inherited pipe, {@code onFrame}, {@code writeFrame}, {@code onDrain}; its defaults. */
final class EvloopTransport implements Transport {

    private static final Duration ENDLESS = Duration.ofSeconds(Long.MAX_VALUE);

    private final EventLoopOptions.Builder options = EventLoopOptions.builder();
    private final Duration spin;
    private Throwable failure;
    private int open;

    private EvloopTransport(Duration spin) {
        this.spin = spin;
    }

    /** As users get it; a job that spins does so without end. */
    static EvloopTransport withDefaults() {
        return new EvloopTransport(ENDLESS);
    }

    /** A job that spins does so for this long before it blocks. */
    static EvloopTransport spinning(Duration spin) {
        return new EvloopTransport(spin);
    }

    static EvloopTransport withFramesPerTurn(int framesPerTurn) {
        EvloopTransport transport = new EvloopTransport(ENDLESS);
        transport.options.framesPerTurn(framesPerTurn);
        return transport;
    }

    @Override
    public void run(Job job, Party[] parties) throws IOException {
        options.spin(job.spinning() ? spin : Duration.ZERO);
        try (EventLoop loop = EventLoop.open(options.build())) {
            open = parties.length;
            End[] ends = new End[parties.length];
            for (int i = 0; i < ends.length; i++) {
                Pipe pipe = i == 0 ? Pipe.inherited(loop) : Pipe.adopt(loop, job.firstFd() + i, i);
                ends[i] = new End(loop, pipe, parties[i]);
            }
            for (End end : ends) {
                end.fill();
            }
            loop.run();
        }
        if (failure != null) {
            throw new IllegalStateException("a pipe ended with an error", failure);
        }
    }

    /** This side's end of one pipe. */
    private final class End implements FrameOutput {
        private final Pipe pipe;
        private final Party party;
        private boolean ready = true;

        End(EventLoop loop, Pipe pipe, Party party) {
            this.pipe = pipe;
            this.party = party;
            pipe.onFrame((from, channelId, payload) -> {
                        party.onFrame(this, channelId, payload, payload.position(), payload.remaining());
                        if (party.finished()) {
                            pipe.closeAfterFlush();
                        }
                    })
                    .onDrain(drained -> {
                        ready = true;
                        fill();
                    })
                    .onClose((closed, cause) -> {
                        failure = failure == null ? cause : failure;
                        open--;
                        if (open == 0 || cause != null) {
                            loop.stop();
                        }
                    });
        }

        void fill() {
            party.onRoom(this);
            if (party.finished()) {
                pipe.closeAfterFlush();
            }
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public boolean offer(int channelId, ByteBuffer source, int offset, int length) {
            WriteResult result = pipe.writeFrame(channelId, source, offset, length);
            if (result == WriteResult.OK) {
                return true;
            }
            return offerSlowly(result);
        }

        private boolean offerSlowly(WriteResult result) {
            if (result == WriteResult.CLOSED) {
                throw new IllegalStateException("the pipe is closed");
            }
            ready = false; // onDrain will follow
            return result.isAccepted();
        }
    }
}
