package io.evloop;

import io.evloop.epoll.Epoll;
import java.io.IOException;

/**
 * One turn of the loop: due timers and tasks; flush; wait, unless something is left to do; events; rounds over the ready
 * list; drains; flush; deferred closes. What spinning finds is delivered within the wait. Loop thread only.
 */
final class Turn {

    /** Pieces delivered from the ready list before the kernel is asked again: what a newly ready descriptor waits for. */
    private static final int PIECES_PER_TURN = 768;

    /** The same for each connection on that list, where it is long: the kernel looks at every one of them when asked. */
    private static final int PIECES_PER_READY = 128;

    /** Pieces delivered before the clock is looked at, where connections wait for a place to deliver from. */
    private static final int PIECES_PER_LOOK = 128;

    /** Bytes of a frame that counts as one in the turn of a pipe; larger ones count as more. */
    private static final int FRAME_LENGTH = 1024;

    /** Tasks run before the descriptors get their turn. */
    private static final int TASKS_PER_TURN = 1024;

    /** Timers run before the descriptors get their turn. */
    private static final int TIMERS_PER_TURN = 1024;

    /** Reads tried in vain while spinning before epoll is asked once. */
    private static final int READS_PER_POLL = 8;

    /**
     * Those that found something: who is not read from, or waits for room, is not to wait for the others' end. After as many the
     * last one leaves the epoll.
     */
    private static final int HITS_PER_POLL = 64;

    private static final int MAX_EVENTS = 64 * 1024;

    private static final long MEMORY_RETRY_NANOS = 10_000_000_000L;

    private final LoopContext context;
    private final Epoll epoll;
    private final TaskQueue tasks;
    private final LoopStats stats;
    private final int framesPerTurn;
    private final int bytesPerTurn;
    private final int pipeBytesPerTurn;
    private final long spinNanos;
    private int piecesUntilLook = PIECES_PER_LOOK;
    private int hitsUntilPoll = HITS_PER_POLL;

    /** What {@link LoopContext#deliveredBytes} may come to in this turn before the kernel is asked again. */
    private long byteLimit;

    /** Pieces delivered in this turn to the one for whom spinning has found something. */
    private int piecesOfHit;

    /** {@link LoopStats#frames} before this turn. */
    private long framesBefore;

    /** When there was no memory for a longer list of events; 0: there was. */
    private long withoutMemoryAt;

    Turn(LoopContext context, Epoll epoll) {
        this.context = context;
        this.epoll = epoll;
        this.tasks = context.tasks;
        this.stats = context.stats;
        this.framesPerTurn = context.options.framesPerTurn();
        this.bytesPerTurn = context.options.bytesPerTurn();
        this.pipeBytesPerTurn = (int) Math.min(Integer.MAX_VALUE, (long) framesPerTurn * FRAME_LENGTH);
        this.spinNanos = context.options.spinNanos();
    }

    /**
     * @param timeoutNanos the longest wait; below 0: without limit
     * @return the number of things done
     */
    int take(long timeoutNanos) throws IOException {
        stats.turns++;
        context.tracesHandlers = HandlerEvent.isEnabled();
        context.abortOpenClaims();
        int done = runTimers() + runTasks() + serveSenders();
        context.flush();
        beginDelivering();
        done += await(done > 0 || hasWork() ? 0 : timeoutNanos);
        if (done == 0 && context.ready.isEmpty()) { // what ended the wait
            done = runTimers() + runTasks() + serveSenders();
        }
        done += serveReady();
        done += tellDrains();
        context.flush();
        return done + finishCloses();
    }

    /** Whether something can be done without the kernel. */
    private boolean hasWork() {
        return !context.ready.isEmpty()
                || !context.draining.isEmpty()
                || !context.closing.isEmpty()
                || !tasks.isEmpty();
    }

    private int runTimers() {
        TimerQueue timers = context.timers;
        if (timers.isEmpty()) {
            return 0;
        }
        int count = 0;
        long now = System.nanoTime();
        long sequence = timers.nextSequence(); // timers set by these timers wait for the next turn
        while (count < TIMERS_PER_TURN) {
            Timer timer = timers.pollDue(now, sequence);
            if (timer == null) {
                break;
            }
            context.call(timer, timer.task);
            count++;
        }
        stats.timers += count;
        return count;
    }

    int runTasks() {
        int count = 0;
        while (count < TASKS_PER_TURN) {
            Runnable task = tasks.poll();
            if (task == null) {
                break;
            }
            context.call(task, task);
            count++;
        }
        stats.tasks += count;
        return count;
    }

    private int serveSenders() {
        if (!tasks.isSignalled()) { // the JIT inlines no method whose signature has a Sender while there is none
            return 0;
        }
        int count = 0;
        Sender sender = tasks.takeSignalled();
        while (sender != null) {
            Sender next = sender.nextSignalled; // before it is served: from then on it may be signalled anew
            sender.nextSignalled = null; // or else it would keep the memory of one whose pipe is closed
            try {
                sender.serve();
            } catch (Throwable e) {
                sender.pipe().endpoint().fail(e);
            }
            context.abortOpenClaims();
            sender = next;
            count++;
        }
        return count;
    }

    // waiting ----------------------------------------------------------------------------------------------------

    /** The number of things done: events, or what was delivered to the one for whom spinning has found something. */
    private int await(long timeoutNanos) throws IOException {
        long timeout = untilNextTimer(timeoutNanos);
        if (timeout == 0) {
            return isAlone() ? 0 : dispatch(epollWaitForAll(0));
        }
        if (spinNanos > 0) {
            long begin = System.nanoTime();
            int done = spin(begin, timeout);
            if (done > 0 || hasWork()) {
                return done;
            }
            timeout = timeout < 0 ? timeout : Math.max(0, timeout - (System.nanoTime() - begin));
        }
        return dispatch(block(timeout));
    }

    private int block(long timeoutNanos) throws IOException {
        tasks.fallAsleep();
        try {
            return epollWaitForAll(tasks.mayBlock() ? timeoutNanos : 0);
        } finally {
            tasks.awake();
        }
    }

    /** Whether nobody but who is to deliver next could be ready, and he waits for no room: the kernel would be asked in vain. */
    private boolean isAlone() {
        return context.registry.size() == 1
                && context.ready.size() == 1
                && !context.ready.first().endpoint().outbound().isBlocked();
    }

    private long untilNextTimer(long timeoutNanos) {
        TimerQueue timers = context.timers;
        if (timeoutNanos == 0 || timers.isEmpty()) {
            return timeoutNanos;
        }
        long untilDue = Math.max(0, timers.nextDeadlineNanos() - System.nanoTime());
        return timeoutNanos < 0 ? untilDue : Math.min(timeoutNanos, untilDue);
    }

    /** Asks for those, too, who are only read from while the loop spins. */
    private int epollWaitForAll(long timeoutNanos) throws IOException {
        context.spinSet.endBypass();
        return epollWait(context.closing.isEmpty() ? timeoutNanos : 0); // one whom the kernel has refused is to end
    }

    private int epollWait(long timeoutNanos) throws IOException {
        stats.waits++;
        int ready = epoll.await(timeoutNanos);
        if (!isCutOff(ready)) {
            context.completeWaits++;
        }
        return ready;
    }

    /** Polls without blocking until something is there or {@code spinNanos} are over; the number of things done. */
    private int spin(long start, long timeoutNanos) throws IOException {
        long limit = timeoutNanos < 0 ? spinNanos : Math.min(spinNanos, timeoutNanos);
        int tries = 0;
        int done = 0;
        do { // no pause between the system calls, which are one
            if (hitsUntilPoll > 0) {
                Inbound hit = context.spinSet.tryRead();
                if (hit != null) {
                    return serve(hit);
                }
                if (!tasks.mayBlock()) {
                    hitsUntilPoll--;
                    break;
                }
            }
            if (++tries % READS_PER_POLL == 0 || hitsUntilPoll == 0) {
                if (hitsUntilPoll == 0) {
                    context.spinSet.bypassEpoll();
                }
                hitsUntilPoll = HITS_PER_POLL;
                done = dispatch(epollWait(0));
            }
        } while (done == 0 && System.nanoTime() - start < limit);
        context.spinSet.trim();
        return done;
    }

    /** At once, and with all that a turn may have: nobody else has anything, and somebody may wait for the answer. */
    private int serve(Inbound hit) {
        hitsUntilPoll--;
        piecesOfHit = Math.max(1, hit.takeTurn(PIECES_PER_TURN, bytesPerTurn, false));
        return piecesOfHit;
    }

    /** When the loop closes: waits for workers to leave, hands on what they print meanwhile, and tells of them. */
    void awaitExits(long timeoutNanos) throws IOException {
        dispatch(epollWaitForAll(context.ready.isEmpty() ? timeoutNanos : 0));
        beginDelivering();
        serveReady();
        finishCloses();
    }

    private int dispatch(int ready) {
        int done = 0;
        for (int index = 0; index < ready; index++) {
            if (context.registry.dispatch(index)) {
                done++;
            }
        }
        stats.events += done;
        if (isCutOff(ready)) {
            reportMore();
        }
        return done;
    }

    /** Where there is no memory for that, those that were not reported are the first ones of the next wait. */
    private void reportMore() {
        if (withoutMemoryAt != 0 && System.nanoTime() - withoutMemoryAt < MEMORY_RETRY_NANOS) {
            return; // an attempt in vain takes the JVM half a second
        }
        try {
            epoll.maxEvents(Math.min(MAX_EVENTS, epoll.maxEvents() * 2));
            withoutMemoryAt = 0;
        } catch (OutOfMemoryError e) {
            context.pool.trim();
            withoutMemoryAt = System.nanoTime();
        }
    }

    /** Whether more may be ready than was reported: a wake-up took a place, too, which does not count as ready. */
    private boolean isCutOff(int ready) {
        return ready >= epoll.maxEvents() - 1 && epoll.maxEvents() < MAX_EVENTS;
    }

    // delivering -------------------------------------------------------------------------------------------------

    private void beginDelivering() {
        byteLimit = context.deliveredBytes + bytesPerTurn;
        piecesOfHit = 0;
        framesBefore = stats.frames;
    }

    private int serveReady() {
        ReadyList ready = context.ready;
        final int pieces = Math.max(PIECES_PER_TURN, PIECES_PER_READY * ready.size()) - piecesOfHit;
        int done = 0;
        int bytesLeft = (int) (byteLimit - context.deliveredBytes);
        while (!ready.isEmpty() && done < pieces && bytesLeft > 0) {
            boolean alone = ready.size() == 1; // then it may have all the turns of this round at once
            int frames = alone ? pieces - done : framesPerTurn;
            int bytes = alone ? bytesLeft : Math.min(bytesLeft, pipeBytesPerTurn);
            // for the sake of a peer that sleeps: one that spins as we do would only read more often
            boolean inHalves = alone && done == 0 && spinNanos == 0;
            int delivered = ready.removeFirst().takeTurn(frames, bytes, inHalves);
            done += Math.max(1, delivered); // one that delivered nothing told an end, or wants to be read from now on
            bytesLeft = (int) (byteLimit - context.deliveredBytes);
            if (ready.hasWaiting()) {
                piecesUntilLook -= Math.max(1, delivered);
                if (piecesUntilLook <= 0) {
                    piecesUntilLook = PIECES_PER_LOOK;
                    ready.reassign(System.nanoTime());
                }
            }
        }
        if (stats.frames - framesBefore > stats.maxFramesPerTurn) {
            stats.maxFramesPerTurn = stats.frames - framesBefore;
        }
        return done;
    }

    private int tellDrains() {
        EndpointBatch draining = context.draining;
        int count = draining.size();
        int done = 0;
        for (int index = 0; index < count; index++) {
            if (draining.get(index).tellDrain()) {
                done++;
            }
        }
        draining.removeFirst(count);
        return done;
    }

    int finishCloses() {
        EndpointBatch closing = context.closing;
        int count = closing.size();
        for (int index = 0; index < count; index++) {
            closing.get(index).finishClose();
        }
        closing.removeFirst(count);
        return count;
    }
}
