package io.evloop.bench.compare.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * Frames over a library that offers bytes only, by hand and as the best C program does it: writes coalesced in one direct
 * buffer, large payloads written without a copy, large reads, frames parsed where they lie, one buffer for many streams.
 */
final class ByteStreamTransport implements Transport {

    private static final int WRITE_BUFFER = 128 * 1024;
    private static final int FAN_IN_CHUNK = 64 * 1024;
    private static final int DIRECT_PAYLOAD = 256 * 1024;

    private final ByteStreams.Opener opener;
    private int sendBuffer;

    ByteStreamTransport(ByteStreams.Opener opener) {
        this.opener = opener;
    }

    @Override
    public void run(Job job, Party[] parties) throws IOException {
        try (ByteStreams streams = opener.open(job)) {
            sendBuffer = streams.sendBuffer();
            if (parties.length == 1) {
                serve(job, streams, parties[0]);
            } else if (job.role() == Job.Role.SENDER) {
                sendMany(job, streams, parties);
            } else {
                receiveMany(job, streams, parties);
            }
        }
    }

    @Override
    public void appendTo(StringBuilder json) {
        if (sendBuffer > 0) {
            json.append(",\"sendBuffer\":").append(sendBuffer);
        }
    }

    private static void serve(Job job, ByteStreams streams, Party party) throws IOException {
        ReadBuffer input = new ReadBuffer(job);
        SingleOutput output = new SingleOutput(streams, WRITE_BUFFER + job.frameLength());
        party.onRoom(output);
        output.flush();
        while (!party.finished()) {
            int count = input.fill(streams, 0);
            if (count < 0) {
                return;
            }
            if (count > 0) {
                input.parse(party, output);
                output.flush();
            }
        }
    }

    /** The output of a stream that is alone: it flushes when it is full, and never refuses. */
    private static final class SingleOutput implements FrameOutput {
        private final ByteStreams streams;
        private final FrameBuffer frames;

        SingleOutput(ByteStreams streams, int capacity) {
            this.streams = streams;
            frames = new FrameBuffer(capacity);
        }

        @Override
        public boolean offer(int channelId, ByteBuffer source, int offset, int length) {
            if (length >= DIRECT_PAYLOAD) {
                offerDirectly(channelId, source, offset, length);
                return true;
            }
            if (!frames.fits(length)) {
                flush();
            }
            frames.append(channelId, source, offset, length);
            return true;
        }

        private void offerDirectly(int channelId, ByteBuffer source, int offset, int length) {
            frames.appendHeader(channelId, length);
            ByteBuffer head = frames.take();
            source.limit(offset + length).position(offset);
            try {
                while (source.hasRemaining()) {
                    if (head.hasRemaining()) {
                        streams.write(0, head, source);
                    } else {
                        streams.write(0, source);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            source.clear();
            frames.clear();
        }

        void flush() {
            if (frames.isEmpty()) {
                return;
            }
            ByteBuffer bytes = frames.take();
            try {
                while (bytes.hasRemaining()) {
                    streams.write(0, bytes);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            frames.clear();
        }
    }

    private static void sendMany(Job job, ByteStreams streams, Party[] parties) throws IOException {
        FrameBuffer chunk = new FrameBuffer(Math.max(FAN_IN_CHUNK, job.frameLength() + Wire.CONTROL_LENGTH));
        FrameOutput output = (channelId, source, offset, length) -> {
            boolean fits = chunk.fits(length);
            if (fits) {
                chunk.append(channelId, source, offset, length);
            }
            return fits;
        };
        ByteBuffer[] rests = new ByteBuffer[parties.length];
        for (int open = parties.length; open > 0; ) {
            int count = streams.await();
            for (int i = 0; i < count; i++) {
                int stream = streams.ready(i);
                if (rests[stream] == null && !parties[stream].finished()) {
                    parties[stream].onRoom(output);
                    ByteBuffer bytes = chunk.take();
                    streams.write(stream, bytes);
                    rests[stream] = bytes.hasRemaining() ? copy(bytes) : null;
                    chunk.clear();
                } else if (rests[stream] != null) {
                    streams.write(stream, rests[stream]);
                    rests[stream] = rests[stream].hasRemaining() ? rests[stream] : null;
                }
                if (parties[stream].finished() && rests[stream] == null) {
                    streams.close(stream);
                    open--;
                }
            }
        }
    }

    /** What the kernel has not taken, which is rare: a stream that is writable takes a chunk whole. */
    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip();
    }

    private static void receiveMany(Job job, ByteStreams streams, Party[] parties) throws IOException {
        FrameOutput none = (channelId, source, offset, length) -> {
            throw new IllegalStateException("a receiver does not answer");
        };
        ReadBuffer input = new ReadBuffer(job);
        ByteBuffer[] rests = new ByteBuffer[parties.length];
        for (int i = 0; i < rests.length; i++) {
            rests[i] = ByteBuffer.allocateDirect(job.frameLength());
        }
        for (int open = parties.length; open > 0; ) {
            int count = streams.await();
            for (int i = 0; i < count; i++) {
                int stream = streams.ready(i);
                input.takeFrom(rests[stream]);
                int read = input.fill(streams, stream);
                input.parse(parties[stream], none);
                input.moveTo(rests[stream]);
                if (read < 0 || parties[stream].finished()) {
                    streams.close(stream);
                    open--;
                }
            }
        }
    }
}
