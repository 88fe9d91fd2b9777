package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/** Sends every frame back, checked. */
final class EchoServer implements Party {

    private final Meter meter;
    private final int payloadLength;
    private long sequence;
    private boolean ended;

    EchoServer(Job job, Meter meter) {
        this.meter = meter;
        payloadLength = job.payloadLength();
    }

    @Override
    public void onRoom(FrameOutput output) {}

    @Override
    public void onFrame(FrameOutput output, int channelId, ByteBuffer bytes, int offset, int length) {
        if (channelId == Wire.CONTROL_CHANNEL) {
            control(Wire.controlCode(bytes, offset, length));
            return;
        }
        Wire.verify(channelId, bytes, offset, length, payloadLength, sequence);
        sequence++;
        meter.frames(meter.frames() + 1);
        if (!output.offer(channelId, bytes, offset, length)) {
            throw new IllegalStateException("no room for a reply: the client has too many requests under way");
        }
    }

    private void control(int code) {
        meter.control(code);
        ended = code == Wire.END; // the client asks for nothing more
    }

    @Override
    public boolean finished() {
        return ended;
    }
}
