package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/**
 * The receiver of a stream, over one pipe or many. It checks every frame. Pipe 0 tells when the window begins and where its
 * middle is; it ends when the first of the pipes ends, so that it holds none of what follows an end.
 */
final class Sink {

    private final Meter meter;
    private final int payloadLength;
    private final Pipe[] pipes;
    private double jain;

    Sink(Job job, Meter meter) {
        this.meter = meter;
        payloadLength = job.payloadLength();
        pipes = new Pipe[job.pipes()];
        for (int i = 0; i < pipes.length; i++) {
            pipes[i] = new Pipe(i == 0);
        }
    }

    Party pipe(int index) {
        return pipes[index];
    }

    /** Jain's index of the frames that each pipe got within the window: 1 if all got the same. */
    double jain() {
        return jain;
    }

    private void control(int code) {
        double sum = 0;
        double squares = 0;
        for (Pipe pipe : pipes) {
            if (code == Wire.BEGIN) {
                pipe.sequenceAtBegin = pipe.sequence;
            }
            double count = pipe.sequence - pipe.sequenceAtBegin;
            sum += count;
            squares += count * count;
        }
        jain = squares > 0 ? sum * sum / (pipes.length * squares) : 0;
        meter.frames((long) sum);
        meter.control(code);
    }

    private final class Pipe implements Party {
        private final boolean leads;
        private long sequence;
        private long sequenceAtBegin;
        private boolean ended;

        Pipe(boolean leads) {
            this.leads = leads;
        }

        @Override
        public void onRoom(FrameOutput output) {}

        @Override
        public void onFrame(FrameOutput output, int channelId, ByteBuffer bytes, int offset, int length) {
            if (channelId != Wire.CONTROL_CHANNEL) {
                Wire.verify(channelId, bytes, offset, length, payloadLength, sequence);
                sequence++;
                return;
            }
            onControl(Wire.controlCode(bytes, offset, length));
        }

        private void onControl(int code) {
            ended = code == Wire.END;
            if (!meter.isClosed() && (leads || ended && meter.isOpen())) {
                control(code);
            }
        }

        @Override
        public boolean finished() {
            return ended;
        }
    }
}
