package io.evloop.testing;

import io.evloop.sys.Errno;
import io.evloop.sys.Native;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The far end of a pipe, read without waiting: what arrived, as bytes and as the frames in them, taken apart by hand. */
public final class Reader {

    private static final int CHUNK = 256 * 1024;
    private static final int HEADER = 6;

    /** One frame of what arrived. */
    @SuppressWarnings("ArrayRecordComponent") // compared by content, by hand
    public record Arrived(int channelId, byte[] payload) {}

    private final RawSocket socket;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private boolean ended;

    public Reader(RawSocket socket) throws IOException {
        this.socket = socket.nonBlocking();
    }

    /** Reads all that is there; how many bytes that was. */
    public int readAll() {
        int before = arrived.size();
        while (readSome(CHUNK) > 0) {
            continue;
        }
        return arrived.size() - before;
    }

    /** Reads once, at most 256 KiB; how many bytes: 0 if none is there, or none will come any more. */
    public int readSome(int length) {
        int count = Native.read(socket.fd(), Native.addressOf(buffer), length);
        if (count <= 0) {
            ended |= count != -Errno.EAGAIN;
            return 0;
        }
        byte[] some = new byte[count];
        buffer.get(0, some);
        arrived.writeBytes(some);
        return count;
    }

    /** Whether the stream has come to its end, good or bad. */
    public boolean isEnded() {
        return ended;
    }

    public byte[] bytes() {
        return arrived.toByteArray();
    }

    public long count() {
        return arrived.size();
    }

    /** Every complete frame that has arrived. */
    public List<Arrived> frames() {
        byte[] bytes = bytes();
        List<Arrived> frames = new ArrayList<>();
        int at = 0;
        while (bytes.length - at >= HEADER) {
            int channelId = (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
            int length = (bytes[at + 2] & 0xFF) << 24
                    | (bytes[at + 3] & 0xFF) << 16
                    | (bytes[at + 4] & 0xFF) << 8
                    | bytes[at + 5] & 0xFF;
            if (bytes.length - at - HEADER < length) {
                break;
            }
            byte[] payload = new byte[length];
            System.arraycopy(bytes, at + HEADER, payload, 0, length);
            frames.add(new Arrived(channelId, payload));
            at += HEADER + length;
        }
        return frames;
    }
}
