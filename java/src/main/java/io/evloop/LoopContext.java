package io.evloop;

import io.evloop.buffer.BufferPool;
import io.evloop.buffer.IoVectors;
import io.evloop.buffer.WriteThrough;
import io.evloop.epoll.Epoll;
import io.evloop.sys.Errno;
import io.evloop.sys.ExitStatus;
import io.evloop.sys.Native;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What the parts of one loop share. Loop thread only. */
final class LoopContext {

    private static final int HEADER_SCRATCH = 16;

    final EventLoop loop;
    final EventLoopOptions options;
    final TaskQueue tasks;
    final Registry registry;
    final BufferPool pool = new BufferPool(BufferPool.RETAINED_BYTES, this::agePoolLater);
    final IoVectors vectors = new IoVectors();
    final WriteThrough writeThrough = new WriteThrough(vectors);
    final ByteBuffer headerScratch = ByteBuffer.allocateDirect(HEADER_SCRATCH);

    /** Where a worker's exit is read into. */
    final ByteBuffer exitRecord = ExitStatus.newRecord();

    final TimerQueue timers = new TimerQueue();
    final LoopStats stats;

    /** Who has something to read or to deliver. */
    final ReadyList ready = new ReadyList();

    /** Whose output was appended to since the last flush. */
    final EndpointBatch dirty = new EndpointBatch();

    /** Who was told to slow down or refused, and may perhaps go on by now. */
    final EndpointBatch draining = new EndpointBatch();

    /** Who was refused by the bound of the whole loop: asked again once anybody has sent something. */
    final EndpointBatch starved = new EndpointBatch();

    /** Who is to be closed at the end of the turn. */
    final EndpointBatch closing = new EndpointBatch();

    /** Who had bytes of late: tried first while spinning. */
    final SpinSet spinSet = new SpinSet();

    /** Workers that have not been reported as gone. */
    final OpenList<Worker> workers = new OpenList<>();

    /** Connections that are being made. */
    final OpenList<ConnectAttempt> connects = new OpenList<>();

    private final List<FrameOutput> openClaims = new ArrayList<>();

    /** What a run of frames looks at behind each; false: it goes on as it began. */
    private boolean changed;

    private long queuedBytes;

    /** Unread bytes that were taken, ever. */
    long deliveredBytes;

    /** Waits that reported everything that was ready. */
    long completeWaits;

    /** Whether a recording wants to know of slow handlers: looked at once a turn. */
    boolean tracesHandlers;

    LoopContext(EventLoop loop, EventLoopOptions options, Epoll epoll, TaskQueue tasks) {
        this.loop = loop;
        this.options = options;
        this.stats = new LoopStats(epoll, pool);
        this.tasks = tasks;
        this.registry = new Registry(epoll);
    }

    private void agePoolLater() {
        timers.add(loop, System.nanoTime() + BufferPool.PERIOD_NANOS, pool::age);
    }

    /** Closes a descriptor that nobody waits for; an error is reported. */
    void close(Object source, int fd) {
        closed(source, Native.close(fd));
    }

    /** The same for who has closed it: between that and forgetting its number there may be no call, which the stack may end in. */
    void closed(Object source, int result) {
        if (result < 0) {
            reportError(source, Errno.exception("close", result));
        }
    }

    /** Sends what was queued since the last time. */
    void flush() {
        if (!dirty.isEmpty()) {
            flushDirty();
        }
    }

    private void flushDirty() {
        int count = dirty.size();
        for (int index = 0; index < count; index++) {
            dirty.get(index).outbound().flushDirty();
        }
        dirty.removeFirst(count);
    }

    /** Calls what owns nothing that could end with it: what it throws is reported, a claim that it left open aborted. */
    void call(Object source, Runnable callback) {
        HandlerEvent.Slow event = HandlerEvent.start(this);
        try {
            callback.run();
        } catch (Throwable e) {
            reportError(source, e);
        }
        HandlerEvent.finish(event, source);
        abortOpenClaims();
    }

    /** Hands an error to the handler of the options, whose own errors end here. */
    void reportError(Object source, Throwable error) {
        try {
            options.errorHandler().onError(source, error);
        } catch (Throwable second) {
            if (second != error) {
                error.addSuppressed(second);
            }
            logIfPossible(source, error);
        }
    }

    private static void logIfPossible(Object source, Throwable error) {
        try {
            EventLoopOptions.Builder.log(source, error);
        } catch (Throwable third) {
            return; // nobody is left to hear it: a logger may need a descriptor, and that there is none may be the
            // error
        }
    }

    /** Adds to the bytes that all connections have queued. */
    void account(long bytes) {
        queuedBytes += bytes;
    }

    /** There is room again, or there may be. */
    void feedStarved() {
        if (!starved.isEmpty()) {
            starved.moveTo(draining);
        }
    }

    /** Takes back what was reserved and not used. */
    void giveBack(long bytes) {
        queuedBytes -= bytes;
    }

    boolean hasRoom(long bytes) {
        if (queuedBytes == 0 || bytes <= room()) {
            return true;
        }
        settle();
        return queuedBytes == 0 || bytes <= room();
    }

    /** Bytes that may be queued until the limit of the loop is reached. */
    long room() {
        return options.maxQueuedBytes() - queuedBytes;
    }

    /** For descriptions: any thread, exact on the loop's. */
    long queuedBytes() {
        long bytes = queuedBytes;
        for (int index = 0; index < dirty.size(); index++) {
            Endpoint endpoint = dirty.get(index);
            bytes -= endpoint == null ? 0 : endpoint.outbound().account().unused();
        }
        return bytes;
    }

    private void settle() {
        for (int index = 0; index < dirty.size(); index++) {
            dirty.get(index).outbound().account().settle();
        }
    }

    void claimOpened(FrameOutput output) {
        openClaims.add(output);
        changed = true;
    }

    /** What it was counted for is given back. */
    void claimClosed(FrameOutput output) {
        openClaims.remove(output);
        feedStarved();
    }

    /** Some connection is halted or has another handler: perhaps the one whose frames are being delivered. */
    void changed() {
        changed = true;
    }

    /** Whether a run of frames must look, behind the one just delivered, at what it took for granted: or a claim was opened. */
    boolean hasChanged() {
        return changed;
    }

    /** Before it looks. */
    void attend() {
        changed = false;
        abortOpenClaims();
    }

    /** After a callback: a claim left open is aborted, and the error handler hears of it. */
    void abortOpenClaims() {
        if (!openClaims.isEmpty()) {
            abortOpenClaimsSlowly();
        }
    }

    private void abortOpenClaimsSlowly() {
        for (FrameOutput output : List.copyOf(openClaims)) {
            if (output.hasClaim()) { // or else the error handler has just ended it, or whoever did had no stack left
                output.abort();
                reportError(output.owner(), new IllegalStateException("a claim was left open and is aborted"));
            } else {
                openClaims.remove(output);
            }
        }
    }
}
