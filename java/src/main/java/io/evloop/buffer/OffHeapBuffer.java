package io.evloop.buffer;

import io.evloop.sys.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A block of direct memory and the part of it in use, {@code [start, end)}. The memory lives as long as any view of it, so
 * that a view kept too long reads stale bytes and never a foreign page. For one thread; leased from a {@link BufferPool}.
 */
public final class OffHeapBuffer {

    private final ByteBuffer bytes;
    private final ByteBuffer view;
    private final long address;
    private final int capacity;

    /** Where the bytes in use begin: the next to be consumed or sent. */
    int start;

    /** Where the bytes in use end: the next to be filled. */
    int end;

    /** In an output chain: bytes at the front that finish a frame whose beginning was sent from elsewhere. */
    int leadBytes;

    /** The next of a chain. */
    OffHeapBuffer next;

    private OffHeapBuffer(ByteBuffer bytes) {
        this.bytes = bytes;
        this.view = bytes.duplicate();
        this.address = Native.addressOf(bytes);
        this.capacity = bytes.capacity();
    }

    /**
     * @throws OutOfMemoryError if {@code -XX:MaxDirectMemorySize} is reached
     */
    static OffHeapBuffer allocate(int capacity) {
        return new OffHeapBuffer(ByteBuffer.allocateDirect(capacity));
    }

    /** The whole block, big-endian, for absolute access; its position and limit are left alone. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** The one view of this block that callers of evloop see, set to {@code [position, limit)} and big-endian. */
    public ByteBuffer view(int position, int limit) {
        // neither is negative: said by a mask, the compiler need not ask
        return view.clear()
                .limit(limit & Integer.MAX_VALUE)
                .position(position & Integer.MAX_VALUE)
                .order(ByteOrder.BIG_ENDIAN);
    }

    /** Empties the view, so that a late use of it fails. */
    public void hideView() {
        view.clear().limit(0);
    }

    public int capacity() {
        return capacity;
    }

    int length() {
        return end - start;
    }

    void clear() {
        start = 0;
        end = 0;
        leadBytes = 0;
        next = null;
    }

    /** {@code read(2)} into {@code [index, index + length)}; the count, 0 at the end of the stream, or {@code -errno}. */
    int readFrom(int fd, int index, int length) {
        Objects.checkFromIndexSize(index, length, capacity);
        try {
            return Native.read(fd, address + index, length);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** {@code recvmsg(2)} into {@code [index, index + length)}, otherwise the same. */
    int readFrom(FdReceiver receiver, int index, int length) {
        Objects.checkFromIndexSize(index, length, capacity);
        try {
            return receiver.read(address + index, length);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** {@code sendmsg(2)} of the byte at {@code index} with a descriptor; 1 or {@code -errno}. */
    int writeFd(Sink sink, int index, int fd) {
        Objects.checkIndex(index, capacity);
        try {
            return sink.writeFd(address + index, 1, fd);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** {@code write(2)} or {@code send(2)} of {@code [index, index + length)}; the count or {@code -errno}. */
    int writeTo(Sink sink, int index, int length) {
        Objects.checkFromIndexSize(index, length, capacity);
        try {
            return sink.write(address + index, length);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** The address of {@code [index, index + length)}, for a native call made while this buffer is held. */
    long address(int index, int length) {
        Objects.checkFromIndexSize(index, length, capacity);
        return address + index;
    }
}
