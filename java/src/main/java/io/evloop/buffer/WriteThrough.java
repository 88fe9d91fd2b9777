package io.evloop.buffer;

import io.evloop.sys.Errno;
import io.evloop.sys.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Writes a large record straight from its caller's memory. What the descriptor does not take is copied into a queue, piece
 * by piece from the end, and between the pieces the descriptor is asked again: while they are copied, its reader makes room.
 * Scratch memory that the streams of one thread share.
 */
public final class WriteThrough {

    /** Bytes copied before the descriptor is asked again: they take longer than a call in vain. */
    private static final int PIECE_LENGTH = 64 * 1024;

    private final IoVectors vectors;
    private ByteBuffer header;
    private int headerLength;
    private ByteBuffer payload;
    private int payloadIndex;
    private int writes;
    private boolean blocked;

    /**
     * @param vectors scratch memory, which queues of the same thread may share
     */
    public WriteThrough(IoVectors vectors) {
        this.vectors = vectors;
    }

    /**
     * Writes a header and a payload. The rest that was not taken, if any, lies in the queue's last segment from its new
     * {@link OutputQueue#position()} on, to be counted by {@link OutputQueue#advance}.
     *
     * @param queue empty, with contiguous room for the whole record
     * @param newHeader a direct buffer, of which {@code [0, newHeaderLength)} is written
     * @param newPayload a direct buffer, of which {@code [index, index + length)} is written; its position is left alone
     * @return the bytes sent, 0 if the descriptor takes none, or {@code -errno}: nothing was sent, and nothing copied
     */
    public int write(
            OutputQueue queue,
            Sink sink,
            ByteBuffer newHeader,
            int newHeaderLength,
            ByteBuffer newPayload,
            int index,
            int length) {
        final int total = begin(newHeader, newHeaderLength, newPayload, index, length);
        try {
            if (!queue.isEmpty() || !queue.hasRoom(total)) {
                throw new IllegalStateException("no empty queue with room for " + total + ": " + queue);
            }
            return write(queue, sink, total);
        } finally {
            end();
            Reference.reachabilityFence(newHeader);
            Reference.reachabilityFence(newPayload);
        }
    }

    /**
     * The same by one system call, and what is not taken is the caller's business.
     *
     * @param queue empty; it hears what the sink has taken
     */
    public int writeOnce(
            OutputQueue queue,
            Sink sink,
            ByteBuffer newHeader,
            int newHeaderLength,
            ByteBuffer newPayload,
            int index,
            int length) {
        final int total = begin(newHeader, newHeaderLength, newPayload, index, length);
        try {
            final int result = send(sink, 0, total);
            queue.passed(sink);
            return result == -Errno.EAGAIN ? 0 : result;
        } finally {
            end();
            Reference.reachabilityFence(newHeader);
            Reference.reachabilityFence(newPayload);
        }
    }

    private int begin(ByteBuffer newHeader, int newHeaderLength, ByteBuffer newPayload, int index, int length) {
        Objects.checkFromIndexSize(0, newHeaderLength, newHeader.capacity());
        Objects.checkFromIndexSize(index, length, newPayload.capacity());
        final int total = Math.addExact(newHeaderLength, length);
        header = newHeader;
        headerLength = newHeaderLength;
        payload = newPayload;
        payloadIndex = index;
        writes = 0;
        blocked = false;
        return total;
    }

    private void end() {
        header = null;
        payload = null;
    }

    private int write(OutputQueue queue, Sink sink, int length) {
        final int base = queue.position();
        int result = send(sink, 0, length);
        if (result < 0 && !blocked) {
            return result;
        }
        int sent = Math.max(0, result);
        int copied = length; // from here on
        while (sent < copied) {
            final int piece = Math.max(sent, copied - PIECE_LENGTH);
            copy(queue.bytes(), base, piece, copied);
            copied = piece;
            if (sent < copied && (result >= 0 || blocked)) {
                result = send(sink, sent, copied);
                sent += Math.max(0, result);
            }
        }
        queue.beginAt(base + copied);
        queue.passed(sink);
        return sent;
    }

    /** One call for the bytes {@code [from, to)} of the record. */
    private int send(Sink sink, int from, int to) {
        writes++;
        final int start = Math.max(0, from - headerLength);
        final long address = Native.addressOf(payload) + payloadIndex + start;
        final int length = to - headerLength - start;
        int result;
        if (from < headerLength) {
            vectors.clear();
            vectors.add(Native.addressOf(header) + from, headerLength - from);
            vectors.add(address, length);
            result = vectors.writeTo(sink);
        } else {
            result = sink.write(address, length);
        }
        blocked = result == -Errno.EAGAIN || (result >= 0 && result < to - from);
        return result;
    }

    private void copy(ByteBuffer target, int base, int from, int to) {
        int index = from;
        if (index < headerLength) {
            target.put(base + index, header, index, headerLength - index);
            index = headerLength;
        }
        target.put(base + index, payload, payloadIndex + index - headerLength, to - index);
    }

    /** System calls of the last write. */
    public int writes() {
        return writes;
    }

    /** Whether the last of them found no room for all that it had. */
    public boolean isBlocked() {
        return blocked;
    }
}
