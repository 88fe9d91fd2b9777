package io.evloop.sys;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An off-heap array of {@code struct epoll_event}, whose layout C tells. For one thread. */
public final class EventArray {

    private static final int SIZE = Native.epollEventSize();
    private static final int EVENTS_OFFSET = Native.epollEventEventsOffset();
    private static final int DATA_OFFSET = Native.epollEventDataOffset();

    private final int length;
    private final ByteBuffer memory;
    private final long address;

    /**
     * @param length events that one wait can report, at least 1
     */
    public EventArray(int length) {
        this.length = length;
        this.memory =
                ByteBuffer.allocateDirect(Math.multiplyExact(length, SIZE)).order(ByteOrder.nativeOrder());
        this.address = Native.addressOf(memory);
    }

    public int length() {
        return length;
    }

    /** Waits; the first {@code result} events are valid until the next wait. Returns the count, or {@code -errno}. */
    public int await(int epollFd, long timeoutNanos) {
        try {
            return Native.epollWait(epollFd, address, length, timeoutNanos);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    public int events(int index) {
        return memory.getInt(index * SIZE + EVENTS_OFFSET);
    }

    public long token(int index) {
        return memory.getLong(index * SIZE + DATA_OFFSET);
    }

    /** Overwrites the event at {@code to} by the one at {@code from}. */
    public void move(int from, int to) {
        int events = events(from);
        long token = token(from);
        memory.putInt(to * SIZE + EVENTS_OFFSET, events);
        memory.putLong(to * SIZE + DATA_OFFSET, token);
    }
}
