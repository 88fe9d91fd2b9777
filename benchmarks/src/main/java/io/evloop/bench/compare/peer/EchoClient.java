package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;
import org.HdrHistogram.Histogram;

/** Keeps a number of requests under way, and takes the time of each, or of one in 16 where there are many. */
final class EchoClient implements Party {

    private static final int SAMPLE_MASK = 15;
    private static final int RING = 4096;

    private final Meter meter;
    private final Schedule schedule;
    private final Histogram latency = new Histogram(1, 60_000_000_000L, 3);
    private final PayloadRing payloads;
    private final ByteBuffer payloadBytes;
    private final int payloadLength;
    private final int outstanding;
    private final int sampleMask;
    private final long[] sentNanos = new long[RING];
    private long sent;
    private long received;
    private long firstTimed;
    private boolean ending;

    EchoClient(Job job, Meter meter) {
        this.meter = meter;
        schedule = new Schedule(job);
        payloadLength = job.payloadLength();
        payloads = new PayloadRing(payloadLength);
        payloadBytes = payloads.bytes();
        outstanding = job.outstanding();
        sampleMask = outstanding == 1 ? 0 : SAMPLE_MASK;
        if (outstanding > RING) {
            throw new IllegalArgumentException("outstanding " + outstanding + " is above " + RING);
        }
    }

    Histogram latency() {
        return latency;
    }

    @Override
    public void onRoom(FrameOutput output) {
        while (!ending && sent - received < outstanding) {
            request(output);
        }
    }

    private void request(FrameOutput output) {
        if ((sent & sampleMask) == 0) {
            sentNanos[(int) sent & RING - 1] = System.nanoTime();
        }
        offer(output, Wire.channelOf(sent), payloadBytes, payloads.offset(sent), payloadLength);
        sent++;
    }

    @Override
    public void onFrame(FrameOutput output, int channelId, ByteBuffer bytes, int offset, int length) {
        long sequence = received;
        Wire.verify(channelId, bytes, offset, length, payloadLength, sequence);
        received = sequence + 1;
        meter.frames(meter.frames() + 1);
        if ((sequence & sampleMask) == 0) {
            sample(output, sequence);
        }
        if (!ending) {
            request(output);
        }
    }

    private void sample(FrameOutput output, long sequence) {
        long now = System.nanoTime();
        if (sequence >= firstTimed && !ending) {
            latency.recordValue(now - sentNanos[(int) sequence & RING - 1]);
        }
        int code = schedule.poll(now);
        if (code != 0) {
            control(output, code);
        }
    }

    private void control(FrameOutput output, int code) {
        meter.control(code);
        if (code == Wire.BEGIN || code == Wire.NOTHING) { // before begin as well: what follows is compiled by then
            latency.reset();
            schedule.begun(meter.beginNanos());
            // Those sent once a reply has shown that the other side's window is open, too: no reading falls into them.
            firstTimed = sent + outstanding;
        }
        offer(output, Wire.CONTROL_CHANNEL, Wire.control(code), 0, Wire.CONTROL_LENGTH);
        ending = code == Wire.END;
    }

    private static void offer(FrameOutput output, int channelId, ByteBuffer source, int offset, int length) {
        if (!output.offer(channelId, source, offset, length)) {
            throw new IllegalStateException("no room for a request: too many are under way");
        }
    }

    @Override
    public boolean finished() {
        return ending && received == sent;
    }
}
