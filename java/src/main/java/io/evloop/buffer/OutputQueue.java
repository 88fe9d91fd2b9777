package io.evloop.buffer;

import io.evloop.sys.Errno;
import java.nio.ByteBuffer;

/**
 * The unsent bytes of one stream: a chain of pooled segments, written by one system call where possible. What is appended
 * in one piece is contiguous. Holds no memory while it is empty. Its bounds are its owner's business.
 *
 * <p>To append: {@link #makeRoom}, fill {@link #bytes()} from {@link #position()}, {@link #advance}.
 */
public final class OutputQueue {

    /**
     * Bytes of an ordinary segment: what one write carries when nobody flushes earlier. A write of half as much wakes the reader
     * twice as often.
     */
    public static final int SEGMENT_CAPACITY = 128 * 1024;

    /** The result of {@link #writeTo}: everything is sent. */
    public static final int DRAINED = 0;

    /** The result of {@link #writeTo}: the descriptor takes no more at present. */
    public static final int BLOCKED = 1;

    /** What a queued descriptor counts for: a place in the process's table is worth more than the frame that it goes with. */
    public static final int FD_WEIGHT = 64 * 1024;

    private final BufferPool pool;
    private final IoVectors vectors;
    private int segmentCapacity = SEGMENT_CAPACITY;
    private OffHeapBuffer head;
    private OffHeapBuffer tail;
    private long queuedBytes;
    private long wastedBytes;

    /** What the sink has taken, as far as it was looked at here. */
    private long seenTaken;

    /** Bytes that it took, and that are not dropped yet. */
    private long sent;

    /** Bytes that were sent and dropped: where the queue begins in the positions of {@link #fds}. */
    private long sentBytes;

    /** Where the first record begins, in the positions of {@link #sentBytes}. */
    private long firstRecord;

    /** Descriptors to be sent, each with the byte at its position. Null: there never was one. */
    private FdQueue fds;

    /**
     * @param vectors scratch memory, which queues of one thread may share
     */
    public OutputQueue(BufferPool pool, IoVectors vectors) {
        this.pool = pool;
        this.vectors = vectors;
    }

    /** No more than {@code maxQueuedBytes} will ever be queued: segments need not be larger. */
    public void segmentCapacity(long maxQueuedBytes) {
        segmentCapacity = (int) Math.min(SEGMENT_CAPACITY, maxQueuedBytes);
    }

    public boolean isEmpty() {
        return queuedBytes == 0;
    }

    /** Bytes appended and not sent. */
    public long queuedBytes() {
        return queuedBytes;
    }

    /**
     * {@link #queuedBytes()}, the room lost at the ends of segments that are full, and {@link #FD_WEIGHT} for each descriptor:
     * what counts towards a bound.
     */
    public long accountedBytes() {
        return queuedBytes + wastedBytes;
    }

    /** By how much {@link #accountedBytes()} grows if {@code length} more bytes are appended in one piece. */
    public long growth(int length) {
        return tail == null || hasRoom(length) ? length : length + (long) wasteOf(tail);
    }

    /** Whether the last segment has room for {@code length} more bytes. */
    public boolean hasRoom(int length) {
        return tail != null && tail.capacity() - tail.end >= length;
    }

    /** Bytes that {@link #hasRoom} holds for. */
    public int room() {
        return tail == null ? 0 : tail.capacity() - tail.end;
    }

    /**
     * Makes sure that {@code length} bytes fit contiguously at {@link #position()}.
     *
     * @throws OutOfMemoryError if direct memory is exhausted; the queue is as it was
     */
    public void makeRoom(int length) {
        if (hasRoom(length)) {
            return;
        }
        OffHeapBuffer segment = pool.lease(Math.max(length, segmentCapacity));
        if (tail == null) {
            head = segment;
        } else {
            wastedBytes += wasteOf(tail);
            tail.next = segment;
        }
        tail = segment;
    }

    /** The block to append to. */
    public ByteBuffer bytes() {
        return tail.bytes();
    }

    /** Index in {@link #bytes()} of the next byte to append. */
    public int position() {
        return tail.end;
    }

    /** A view of {@code [position, limit)} of {@link #bytes()}. */
    public ByteBuffer view(int position, int limit) {
        return tail.view(position, limit);
    }

    /** Ends the life of the view. */
    public void hideView() {
        if (tail != null) {
            tail.hideView();
        }
    }

    /** Appends the {@code length} bytes that were written at {@link #position()}. */
    public void advance(int length) {
        if (length < 0 || !hasRoom(length)) {
            throw new IllegalArgumentException("no room for " + length);
        }
        tail.end += length;
        queuedBytes += length;
    }

    /** Sends a descriptor with the next byte to be appended, and with no other; it is owned here from now on. */
    public void attach(int fd) {
        if (fds == null) {
            fds = new FdQueue();
        }
        fds.add(sentBytes + queuedBytes, fd);
        wastedBytes += FD_WEIGHT;
    }

    /** Lets what is appended to an empty queue begin at an index further on in {@link #bytes()}. */
    public void beginAt(int index) {
        if (queuedBytes > 0 || index < tail.end || index > tail.capacity()) {
            throw new IllegalArgumentException("index " + index + " of " + this);
        }
        tail.start = index;
        tail.end = index;
    }

    /** What the sink has taken up to now came from elsewhere. */
    void passed(Sink sink) {
        seenTaken = sink.taken;
    }

    /** Marks the next {@code length} bytes, the first of their segment, as the end of a frame that began elsewhere. */
    public void markLead(int length) {
        tail.leadBytes = tail.end + length;
    }

    /** What is queued by now is no record: {@link #unsentRecords} passes over it. */
    public void beginRecords() {
        firstRecord = sentBytes + queuedBytes;
        for (OffHeapBuffer segment = head; segment != null; segment = segment.next) {
            segment.leadBytes = segment.end;
        }
    }

    /** Gives up the room that {@link #makeRoom} made, if the queue is empty. */
    public void releaseIfEmpty() {
        if (queuedBytes == 0) {
            clear();
        }
    }

    /** Writes until everything is sent: {@link #DRAINED}, {@link #BLOCKED}, or {@code -errno}. */
    public int writeTo(Sink sink) {
        if (sent > 0 || sink.taken != seenTaken) {
            drop(sink); // whoever flushed before had no stack left for it
        }
        return fds == null ? writeBytes(sink) : writeWithFds(sink);
    }

    private int writeBytes(Sink sink) {
        while (queuedBytes > 0) {
            int result;
            int wanted;
            if (head == tail) {
                wanted = head.length();
                result = head.writeTo(sink, head.start, wanted);
            } else {
                wanted = gather();
                result = vectors.writeTo(sink);
            }
            if (result < 0) {
                return result == -Errno.EAGAIN ? BLOCKED : result;
            }
            drop(sink);
            if (result < wanted) { // a short write: asking once more would only report EAGAIN
                return BLOCKED;
            }
        }
        return DRAINED;
    }

    private int writeWithFds(Sink sink) {
        int result = DRAINED;
        while (result == DRAINED && !fds.isEmpty()) {
            long ahead = fds.firstPosition() - sentBytes;
            if (head.length() == 0) {
                drop(sink); // room that was made in vain
            } else if (ahead > 0) {
                result = writeOfHead(sink, (int) Math.min(ahead, head.length()));
            } else {
                result = writeFd(sink);
            }
        }
        return result == DRAINED ? writeBytes(sink) : result;
    }

    private int writeOfHead(Sink sink, int length) {
        int result = head.writeTo(sink, head.start, length);
        if (result < 0) {
            return result == -Errno.EAGAIN ? BLOCKED : result;
        }
        drop(sink);
        return result < length ? BLOCKED : DRAINED;
    }

    private int writeFd(Sink sink) {
        int result = head.writeFd(sink, head.start, fds.first());
        if (result < 0) {
            return result == -Errno.EAGAIN ? BLOCKED : result;
        }
        drop(sink);
        return DRAINED;
    }

    private int gather() {
        vectors.clear();
        int total = 0;
        for (OffHeapBuffer segment = head; segment != null && !vectors.isFull(); segment = segment.next) {
            int length = segment.length();
            if (length > Integer.MAX_VALUE - total) {
                break;
            }
            if (length > 0) {
                vectors.add(segment.address(segment.start, length), length);
                total += length;
            }
        }
        return total;
    }

    /** Drops what the sink has taken, step by step: whoever has no stack left in between is to call this again. */
    private void drop(Sink sink) {
        sent += sink.taken - seenTaken;
        seenTaken = sink.taken;
        while (head != null && sent >= head.length()) {
            OffHeapBuffer segment = head;
            int length = segment.length();
            int waste = segment.next == null ? 0 : wasteOf(segment);
            head = segment.next;
            tail = head == null ? null : tail;
            wastedBytes -= waste;
            queuedBytes -= length;
            sentBytes += length;
            sent -= length;
            pool.release(segment);
        }
        if (sent > 0) {
            head.start += (int) sent;
            queuedBytes -= sent;
            sentBytes += sent;
            sent = 0;
        }
        while (fds != null && !fds.isEmpty() && fds.firstPosition() < sentBytes) {
            fds.closeUpTo(fds.firstPosition());
            wastedBytes -= FD_WEIGHT;
        }
    }

    private static int wasteOf(OffHeapBuffer segment) {
        return segment.capacity() - segment.end;
    }

    /** Drops everything, and closes the descriptors. */
    public void clear() {
        if (fds != null) {
            fds.closeAll();
        }
        OffHeapBuffer segment = head;
        head = null; // at once: whoever has no stack left for what follows loses memory, and appends to none that is
        // given back
        tail = null;
        queuedBytes = 0;
        wastedBytes = 0;
        sent = 0;
        while (segment != null) {
            OffHeapBuffer next = segment.next;
            pool.release(segment);
            segment = next;
        }
    }

    /** Reads the length of the record that begins at an index: how a queue learns where its owner's frames end. */
    @FunctionalInterface
    public interface RecordLength {
        /** Bytes of the record at {@code index}, above 0. */
        int at(ByteBuffer bytes, int index);
    }

    /**
     * How many records are not sent, or not wholly: for an owner who appended nothing but whole records since the beginning, or
     * since {@link #beginRecords}.
     */
    public long unsentRecords(RecordLength recordLength) {
        if (head == null) {
            return 0;
        }
        // a lead in a later segment ends a record that was counted where it began
        long count = head.leadBytes > head.start && sentBytes >= firstRecord ? 1 : 0;
        for (OffHeapBuffer segment = head; segment != null; segment = segment.next) {
            long index = segment.leadBytes;
            while (index < segment.end) {
                index += recordLength.at(segment.bytes(), (int) index);
                count += index > segment.start ? 1 : 0;
            }
        }
        return count;
    }

    @Override
    public String toString() {
        return "OutputQueue[" + queuedBytes + " bytes]";
    }
}
