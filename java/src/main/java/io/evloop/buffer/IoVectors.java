package io.evloop.buffer;

import io.evloop.sys.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An off-heap array of {@code struct iovec}, shared by the connections of a loop. For one thread. */
public final class IoVectors {

    /** Entries; {@code writev(2)} allows 1,024, and 64 segments are 4 MiB. */
    static final int LENGTH = Math.min(64, Native.ioVectorMax());

    private static final int SIZE = Native.ioVectorSize();
    private static final int BASE_OFFSET = Native.ioVectorBaseOffset();
    private static final int LENGTH_OFFSET = Native.ioVectorLengthOffset();

    private final ByteBuffer memory = ByteBuffer.allocateDirect(LENGTH * SIZE).order(ByteOrder.nativeOrder());
    private final long address = Native.addressOf(memory);
    private int count;

    void clear() {
        count = 0;
    }

    boolean isFull() {
        return count == LENGTH;
    }

    void add(long base, int length) {
        if (isFull()) {
            throw new IllegalStateException("more than " + LENGTH + " vectors");
        }
        memory.putLong(count * SIZE + BASE_OFFSET, base);
        memory.putLong(count * SIZE + LENGTH_OFFSET, length);
        count++;
    }

    /** {@code writev(2)} or {@code sendmsg(2)}; the caller holds the buffers behind the addresses. */
    int writeTo(Sink sink) {
        try {
            return sink.writev(address, count);
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
