package io.evloop.buffer;

import java.nio.ByteBuffer;

/**
 * The unread bytes of one stream, contiguous. Holds no memory while there are none: a lease begins with a read and ends
 * with {@link #releaseIfEmpty}. Memory follows the bytes received, by doubling; a length that a header claims gets no larger
 * a block at once than the stream has needed before, and above 4 MiB none but one that the pool has.
 */
public final class InputBuffer {

    /** The result of {@link #fill} when there is no room: the bound on unread bytes is reached. */
    public static final int NO_ROOM = Integer.MIN_VALUE;

    private static final int SMALL = 4 * 1024;

    /** Bytes of the largest block that the pool may take fresh memory for before as much was received. */
    private static final int LARGEST_FRESH = 4 * 1024 * 1024;

    private final BufferPool pool;
    private OffHeapBuffer buffer;
    private int start;
    private int end;

    /** Bytes of the largest block that was ever needed. */
    private int grownTo;

    public InputBuffer(BufferPool pool) {
        this.pool = pool;
    }

    public boolean isEmpty() {
        return start == end;
    }

    /** Unread bytes. */
    public int length() {
        return end - start;
    }

    /** Index in {@link #bytes()} of the first unread byte. */
    public int start() {
        return start;
    }

    /** Index in {@link #bytes()} behind the last unread byte. */
    public int end() {
        return end;
    }

    /** The block that holds the unread bytes, until the next {@link #fill}; only while {@link #bytes} may be called. */
    public OffHeapBuffer block() {
        return buffer;
    }

    /** The bytes that the indexes count in; only while {@link #length()} is above 0 or a view is out. */
    public ByteBuffer bytes() {
        return buffer.bytes();
    }

    /** A view of {@code [position, limit)}, the same object until the block changes. */
    public ByteBuffer view(int position, int limit) {
        return buffer.view(position, limit);
    }

    /** Ends the life of the view. */
    public void hideView() {
        if (buffer != null) {
            buffer.hideView();
        }
    }

    public boolean hasBuffer() {
        return buffer != null;
    }

    /** Consumes up to the index {@code newStart}, from {@link #start()} to {@link #end()}. */
    public void start(int newStart) {
        if (newStart < start || newStart > end) {
            throw new IllegalArgumentException("index " + newStart + " is outside " + start + ".." + end);
        }
        start = newStart;
    }

    /**
     * One {@code read(2)} behind the unread bytes, as large as the block has room. Earlier views are void.
     *
     * @param capacity bytes of the block, where none is held or a smaller one
     * @param goal unread bytes at which the read is to stop, more than there are; 0: it stops nowhere
     * @param unreadLimit the most unread bytes to hold, above 0
     * @return bytes read, above 0; 0 at the end of the stream; {@code -errno}; {@link #NO_ROOM}
     * @throws OutOfMemoryError if direct memory is exhausted; the unread bytes are intact
     */
    public int fill(int fd, int capacity, int goal, int unreadLimit) {
        int room = prepare(capacity, goal, unreadLimit);
        return room == 0 ? NO_ROOM : filled(buffer.readFrom(fd, end, room));
    }

    /** The same by one {@code recvmsg(2)}, which may bring descriptors, too. */
    public int fill(FdReceiver receiver, int capacity, int goal, int unreadLimit) {
        int room = prepare(capacity, goal, unreadLimit);
        return room == 0 ? NO_ROOM : filled(buffer.readFrom(receiver, end, room));
    }

    /** The bytes to be read, for which there is room now; 0: none may be. */
    private int prepare(int capacity, int goal, int unreadLimit) {
        int bound = Math.min(unreadLimit, BufferPool.MAX_CAPACITY);
        int allowed = (goal == 0 ? bound : Math.min(goal, bound)) - length();
        if (allowed <= 0) {
            return 0;
        }
        makeRoom(Math.max(capacity, atOnce(Math.min(goal, grownTo))));
        return Math.min(allowed, buffer.capacity() - end);
    }

    private int atOnce(int capacity) {
        return capacity <= LARGEST_FRESH || pool.holds(capacity) ? capacity : LARGEST_FRESH;
    }

    private int filled(int result) {
        if (result > 0) {
            end += result;
        }
        return result;
    }

    /** Takes back the last unread byte; there is one. */
    public void dropLast() {
        end--;
    }

    private void makeRoom(int capacity) {
        if (buffer == null) {
            buffer = pool.lease(capacity);
            start = 0;
            end = 0;
        } else if (buffer.capacity() < capacity) {
            moveTo(pool.lease(capacity));
        } else if (start == end) {
            start = 0;
            end = 0;
        } else if (start > 0 && buffer.capacity() - end < buffer.capacity() / 2) {
            move(buffer);
        } else if (end == buffer.capacity()) {
            moveTo(pool.lease(buffer.capacity() * 2 - BufferPool.SLACK));
            grownTo = Math.max(grownTo, buffer.capacity());
        }
    }

    /** Moves a small remainder out of a large block, so that the block, warm in the cache, serves the next stream. */
    void compactIfSmall() {
        if (buffer != null && length() <= SMALL && buffer.capacity() > 2 * SMALL) {
            try {
                moveTo(pool.lease(SMALL));
            } catch (OutOfMemoryError e) {
                return; // the move only spares memory: without any the bytes stay where they are
            }
        }
    }

    private void moveTo(OffHeapBuffer target) {
        OffHeapBuffer source = buffer;
        move(target);
        buffer = target;
        pool.release(source);
    }

    private void move(OffHeapBuffer target) {
        int length = length();
        target.bytes().put(0, buffer.bytes(), start, length);
        start = 0;
        end = length;
    }

    /** Between two reads: holds no memory, or little for a small remainder. */
    public void shrink() {
        releaseIfEmpty();
        compactIfSmall();
    }

    /** Gives the block back if nothing in it is unread. */
    public void releaseIfEmpty() {
        if (start == end) {
            release();
        }
    }

    /** Gives the block back, with what is unread. */
    public void release() {
        start = 0;
        end = 0;
        if (buffer != null) {
            OffHeapBuffer released = buffer;
            buffer = null;
            pool.release(released);
        }
    }
}
