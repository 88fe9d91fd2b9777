package io.evloop.buffer;

import io.evloop.sys.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads from a Unix socket, and keeps the descriptors that the last read has brought, until they are taken. */
public final class FdReceiver {

    private final int socket;
    private final int capacity;
    private final ByteBuffer rights =
            ByteBuffer.allocateDirect(Native.RIGHTS_SIZE).order(ByteOrder.nativeOrder());
    private final long address = Native.addressOf(rights);

    /**
     * @param capacity descriptors that one message may bring, 1 to {@link Native#RIGHTS_MAX}; the kernel closes the others
     */
    public FdReceiver(int socket, int capacity) {
        this.socket = socket;
        this.capacity = capacity;
    }

    int read(long target, int length) {
        rights.putInt(Native.RIGHTS_COUNT_OFFSET, 0).putInt(Native.RIGHTS_TRUNCATED_OFFSET, 0);
        try {
            return Native.receive(socket, target, length, address, capacity);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Whether more came with the last read than could be received. */
    public boolean isTruncated() {
        return rights.getInt(Native.RIGHTS_TRUNCATED_OFFSET) != 0;
    }

    /** Moves what the last read has brought to a queue, which owns it from now on. */
    public void moveTo(FdQueue target, long position) {
        int count = rights.getInt(Native.RIGHTS_COUNT_OFFSET);
        rights.putInt(Native.RIGHTS_COUNT_OFFSET, 0);
        for (int index = 0; index < count; index++) {
            target.add(position, rights.getInt(Native.RIGHTS_FDS_OFFSET + index * Integer.BYTES));
        }
    }
}
