package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/** The sender of a stream, over one pipe or many: frames without end until the schedule says so. */
final class Source {

    private static final int BYTES_PER_CLOCK_READING = 64 * 1024;
    private static final int MAX_FRAMES_PER_CLOCK_READING = 512;

    private final Meter meter;
    private final Schedule schedule;
    private final int payloadLength;
    private final int framesPerClockReading;
    private int framesUntilClockReading;
    private int pendingControl;
    private boolean ending;

    Source(Job job, Meter meter) {
        this.meter = meter;
        schedule = new Schedule(job);
        payloadLength = job.payloadLength();
        framesPerClockReading =
                Math.max(1, Math.min(MAX_FRAMES_PER_CLOCK_READING, BYTES_PER_CLOCK_READING / job.frameLength()));
    }

    Party pipe(int index) {
        return new Pipe(index == 0);
    }

    private void readClock() {
        framesUntilClockReading = framesPerClockReading;
        if (pendingControl == 0) {
            pendingControl = schedule.poll(System.nanoTime());
        }
    }

    private final class Pipe implements Party {
        private final boolean leads;
        private final PayloadRing payloads = new PayloadRing(payloadLength);
        private final ByteBuffer bytes = payloads.bytes();
        private long sequence;
        private boolean ended;

        Pipe(boolean leads) {
            this.leads = leads;
        }

        @Override
        public void onRoom(FrameOutput output) {
            while (!ended) {
                if (framesUntilClockReading == 0) {
                    readClock();
                }
                if (pendingControl != 0 && (leads || ending)) {
                    if (!offerControl(output)) {
                        return;
                    }
                    continue;
                }
                if (!offerFrames(output)) {
                    return;
                }
            }
        }

        /** As many as come before the next look at the clock, counted together; false: there was no room for all of them. */
        private boolean offerFrames(FrameOutput output) {
            final long first = sequence;
            final long end = first + framesUntilClockReading;
            long next = first;
            long last = first;
            while (next == last && next < end && output.isReady()) { // if not, the payloads must not be stamped
                last = Math.min(end, payloads.lastStampedWith(next) + 1);
                next = offerUpTo(output, next, last);
            }
            sequence = next;
            framesUntilClockReading = (int) (end - next);
            meter.frames(meter.frames() + next - first);
            return next == end;
        }

        /** Of those that are stamped together; which one was not taken. */
        private long offerUpTo(FrameOutput output, long first, long end) {
            final ByteBuffer source = bytes;
            final int length = payloadLength;
            int offset = payloads.offset(first);
            long next = first;
            while (next < end && output.isReady() && output.offer(Wire.channelOf(next), source, offset, length)) {
                next++;
                offset += length;
            }
            return next;
        }

        private boolean offerControl(FrameOutput output) {
            int code = pendingControl;
            if (!output.offer(Wire.CONTROL_CHANNEL, Wire.control(code), 0, Wire.CONTROL_LENGTH)) {
                return false;
            }
            ended = code == Wire.END;
            if (leads) {
                meter.control(code);
                ending = ended; // not before: no pipe is to be closed within the window
                if (code == Wire.BEGIN || code == Wire.NOTHING) { // so that it is compiled when the window opens
                    schedule.begun(meter.beginNanos());
                }
                pendingControl = ending ? Wire.END : 0; // of the others, who have only the end to come
            }
            return true;
        }

        @Override
        public void onFrame(FrameOutput output, int channelId, ByteBuffer bytes, int offset, int length) {
            throw new IllegalStateException("a receiver answered on channel " + channelId);
        }

        @Override
        public boolean finished() {
            return ended;
        }
    }
}
