package io.evloop;

import io.evloop.buffer.OutputQueue;
import io.evloop.buffer.Sink;
import io.evloop.buffer.WriteThrough;
import io.evloop.sys.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The way out of one connection: a bounded queue, and the descriptor behind it. Nothing here calls back; what happened is
 * left in the loop's batches for the turn to tell. Loop thread only.
 */
final class Outbound {

    /** How long to wait before asking again for memory that the kernel or the JVM did not have. */
    private static final long RETRY_NANOS = 5_000_000;

    /** Bytes appended after which a write is tried although the last one found no room. */
    private static final int RETRY_BYTES = OutputQueue.SEGMENT_CAPACITY / 2;

    private final LoopContext context;
    private final Endpoint endpoint;
    private final OutputQueue queue;
    private final Sink sink;
    private final PipeStats stats;
    private final OutputAccount account;
    private final OutputDrain drain;
    private long queuedWhenBlocked;

    private boolean blocked;
    /** The kernel is short of memory: nothing is sent until the retry. */
    private boolean stuck;
    /** The kernel or the JVM was short of memory: nobody is told to go on until the retry. */
    private boolean retrying;

    /** What ended a frame that was being sent past the queue. Null: none, or the output has failed with it. */
    private Throwable torn;

    private boolean dirty;
    private boolean shutRequested;
    private boolean shut;
    private IOException failure;

    Outbound(LoopContext context, Endpoint endpoint, Sink sink, PipeStats stats) {
        this.context = context;
        this.endpoint = endpoint;
        this.sink = sink;
        this.stats = stats;
        this.queue = new OutputQueue(context.pool, context.vectors);
        this.account = new OutputAccount(context, queue, stats);
        this.drain = new OutputDrain(context, endpoint, account, queue);
    }

    OutputAccount account() {
        return account;
    }

    OutputDrain drain() {
        return drain;
    }

    OutputQueue queue() {
        account.settle();
        return queue;
    }

    /** The bounds that a new owner sets. */
    void limits(OutputLimits limits) {
        account.limits(limits);
        queue.segmentCapacity(limits.maxQueuedBytes());
        drain.forgetRefusal();
    }

    /** Whether the descriptor took less than it was given: EPOLLOUT is wanted. */
    boolean isBlocked() {
        return blocked;
    }

    boolean isEmpty() {
        account.settle();
        return queue.isEmpty();
    }

    boolean isShut() {
        return shut;
    }

    IOException failure() {
        return failure;
    }

    // writing ----------------------------------------------------------------------------------------------------

    /**
     * Asks whether {@code bytes} more may be appended, and makes contiguous room for them at {@link OutputAccount#appendIndex}.
     *
     * @return null = yes; otherwise the result to return, and nothing has changed
     */
    WriteResult admit(int bytes) {
        if (account.windowFits(bytes)) {
            return null;
        }
        account.settle();
        if (!isOpen()) {
            return WriteResult.CLOSED;
        }
        if (queue.hasRoom(bytes) && account.canGrow(bytes)) {
            return null;
        }
        return admitSlowly(bytes);
    }

    private WriteResult admitSlowly(int bytes) {
        if (!queue.isEmpty() && (!blocked || queue.queuedBytes() - queuedWhenBlocked >= RETRY_BYTES)) {
            long before = queue.queuedBytes();
            flush(); // early: a whole segment is worth its system call
            account.sentEarly(before - queue.queuedBytes());
            if (!isOpen()) {
                return WriteResult.CLOSED;
            }
        }
        if (!account.canGrow(queue.growth(bytes))) {
            return refuse(bytes);
        }
        try {
            queue.makeRoom(bytes);
            return null;
        } catch (OutOfMemoryError e) {
            retryLater();
            return refuse(bytes);
        }
    }

    /** Makes contiguous room whatever the limits are; false if the output is closed or memory is exhausted. */
    boolean admitBeyondLimits(int bytes) {
        account.settle();
        if (!isOpen()) {
            return false;
        }
        try {
            queue.makeRoom(bytes);
            return true;
        } catch (OutOfMemoryError e) {
            return false; // the caller counts what is lost
        }
    }

    private WriteResult refuse(int bytes) {
        stats.refusedWrites++;
        drain.await(bytes);
        return WriteResult.FULL;
    }

    /** Whether writes are taken at all. */
    boolean isOpen() {
        return failure == null && torn == null && !shutRequested && endpoint.isWritable();
    }

    /** Appends what the caller has written into the room that {@link #admit} made. */
    WriteResult append(int bytes) {
        if (account.windowFits(bytes)) {
            account.position += bytes;
            return WriteResult.OK;
        }
        account.settle();
        boolean first = markDirty(); // there may be no memory or stack for that, and what is queued is to be sent
        account.append(bytes);
        if (account.isShareUsed()) {
            drain.slowDown();
        }
        if (!first && !drain.isAboveHighWater()) { // a single answer does not pay for a window
            account.openWindow();
        }
        return result();
    }

    /** Makes sure that the turn flushes; returns whether it was not to. */
    private boolean markDirty() {
        if (dirty) {
            return false;
        }
        context.dirty.add(endpoint);
        dirty = true;
        return true;
    }

    private WriteResult result() {
        return drain.isAboveHighWater() ? WriteResult.ABOVE_HIGH_WATER : WriteResult.OK;
    }

    /** Appends bytes as they are. */
    WriteResult write(ByteBuffer source) {
        int length = source.remaining();
        if (length > account.limits().maxQueuedBytes()) {
            throw new IllegalArgumentException(length + " bytes can never fit: " + account.limits());
        }
        if (length == 0 && isOpen()) {
            return result(); // no room is needed, and none is to be held
        }
        if (length > 0) {
            // throws, before anything is changed, if its memory is freed or another thread's
            source.get(source.position());
        }
        WriteResult refused = admit(length);
        if (refused != null) {
            return refused;
        }
        account.block().put(account.appendIndex(), source, source.position(), length);
        source.position(source.limit());
        return append(length);
    }

    /**
     * Sends a frame straight from the caller's memory, where nothing is queued, and queues what the kernel did not take in
     * the room that {@link #admit} made.
     *
     * @return null if that cannot be done now, and nothing was sent
     */
    WriteResult writeThrough(ByteBuffer header, int headerLength, ByteBuffer payload, int index, int length) {
        account.settle();
        if (blocked || !queue.isEmpty()) {
            return null;
        }
        markDirty(); // for the turn to end what had no stack left to end here
        WriteThrough through = context.writeThrough;
        long takenBefore = sink.taken();
        WriteResult result;
        try {
            int sent = through.write(queue, sink, header, headerLength, payload, index, length);
            stats.writes += through.writes();
            result = sent < 0 ? null : appendRest(sent, headerLength + length - sent);
        } catch (RuntimeException | Error e) {
            torn = e; // the payload's memory is gone, such as that of a mapped file that was cut
            endTorn((int) (sink.taken() - takenBefore));
            throw e;
        }
        if (result == null) { // the flush will meet the error again
            return null;
        }
        if (isEmpty()) {
            queue.releaseIfEmpty();
        } else if (through.isBlocked()) {
            block();
        }
        return result;
    }

    private WriteResult appendRest(int sent, int bytes) {
        if (sent > 0) {
            account.sentPastQueue(sent);
            endpoint.bytesMoved();
            queue.markLead(bytes);
        }
        return append(bytes);
    }

    /** What is sent of a frame cannot be taken back, and what would follow be taken for the rest of it. */
    private void endTorn(int sent) {
        if (sent > 0) {
            account.sentPastQueue(sent);
            breakOff();
        } else {
            torn = null;
        }
        queue.releaseIfEmpty();
    }

    private void breakOff() {
        if (failure == null) {
            failure = new IOException("the stream broke off inside a frame: " + torn, torn);
        }
        endpoint.outputFailed(failure);
        torn = null; // not before: whoever had no stack left for that leaves it to the turn
    }

    // sending ----------------------------------------------------------------------------------------------------

    /** The turn's flush. */
    void flushDirty() {
        dirty = false;
        if (torn != null) {
            breakOff();
        }
        account.settle();
        if (account.endTurn() || !blocked) {
            drain.check();
        }
        if (!blocked) {
            flush();
        }
    }

    /** Writes what is queued, as far as the descriptor takes it. */
    void flush() {
        account.settle();
        if (failure != null || stuck) {
            return;
        }
        if (!queue.isEmpty()) {
            stats.writes++;
            int result = queue.writeTo(sink);
            update();
            if (result == OutputQueue.BLOCKED) {
                block();
                return;
            } else if (result < 0) {
                failed(result);
                return;
            }
        }
        unblock();
        drained();
    }

    private void unblock() {
        if (blocked) {
            blocked = false;
            endpoint.outputUnblocked();
        }
    }

    private void drained() {
        if (shutRequested && !shut) {
            int result = endpoint.shutOutput();
            shut = true; // not before: whoever had no stack left for that can try again
            if (result < 0) {
                failure = Errno.exception("shutdown", result);
                endpoint.outputFailed(failure);
            }
        }
        endpoint.outputDrained();
    }

    private void block() {
        queuedWhenBlocked = queue.queuedBytes();
        stats.blockedWrites++;
        if (!blocked) {
            endpoint.interest().armOutput();
            blocked = true; // not before: whoever had no stack left for that is to do it again
        }
    }

    private void failed(int result) {
        unblock();
        if (result == -Errno.ENOBUFS || result == -Errno.ENOMEM || result == -Errno.ETOOMANYREFS) {
            stuck = true; // short of memory, or of descriptors in flight: EPOLLOUT would only spin
            retryLater();
            return;
        }
        failure = Errno.exception("write", result);
        endpoint.outputFailed(failure);
    }

    private void retryLater() {
        if (!retrying) {
            context.timers.add(context.loop, System.nanoTime() + RETRY_NANOS, this::retry);
            retrying = true;
        }
    }

    private void retry() {
        retrying = false;
        stuck = false;
        if (!endpoint.isClosed()) { // or else the descriptor may be somebody else's by now
            drain.check();
            flush();
        }
    }

    /** Whether who was told to wait can go on: see {@link OutputDrain#take}. */
    boolean takeDrain() {
        return drain.take(retrying);
    }

    /** Half-closes once what is queued is sent; from now on writes are CLOSED. */
    void shutdown() {
        account.settle();
        shutRequested = true;
        if (!shut && queue.isEmpty()) {
            drained();
        }
    }

    /** Drops what is queued. */
    void clear() {
        account.settle();
        queue.clear();
        update();
        drain.clear();
    }

    private void update() {
        if (account.update()) {
            endpoint.bytesMoved();
            drain.check();
        }
    }
}
