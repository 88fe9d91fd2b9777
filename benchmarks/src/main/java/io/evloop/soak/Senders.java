package io.evloop.soak;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Sender;
import io.evloop.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Threads that write into one pipe, each on a channel of its own, while the loop ends the pipe now and then and opens another.
 * Invariants: what arrives of each thread is numbered from 0 without a gap; a thread that waits for room is always woken.
 */
final class Senders implements Actor {

    private static final int THREADS = 2;
    private static final int MOST_FRAMES = 20_000;
    private static final int LONGEST = 200;
    private static final long AGAIN_NANOS = 100_000_000L;

    private final EventLoop loop;
    private final Ledger ledger;
    private final RandomGenerator random;
    private final List<Thread> threads = new ArrayList<>();
    private final Object lock = new Object();

    // guarded by lock: what the threads wait for
    private Sender sender;
    private long drains;
    private boolean over;

    private final int[] received = new int[THREADS];
    private int left;
    private boolean open;

    Senders(EventLoop loop, Ledger ledger, RandomGenerator random) {
        this.loop = loop;
        this.ledger = ledger;
        this.random = random;
    }

    @Override
    public void begin() {
        for (int number = 0; number < THREADS; number++) {
            int channelId = number;
            Thread thread = new Thread(() -> write(channelId), "soak-sender-" + number);
            threads.add(thread);
            thread.start();
        }
        beginPipe();
    }

    private void beginPipe() {
        synchronized (lock) {
            if (over) {
                return;
            }
        }
        try {
            Pipe[] pair = Pipe.pair(loop, loop);
            open = true;
            left = 1 + random.nextInt(MOST_FRAMES);
            Arrays.fill(received, 0);
            pair[0].onClose((pipe, cause) -> ledger.check(cause == null, "the senders' end was closed for " + cause));
            pair[1].onFrame((pipe, channelId, payload) -> receive(pair[0], channelId, payload))
                    .onClose((pipe, cause) -> {
                        open = false;
                        ledger.check(cause == null, "the receiver's end was closed for " + cause);
                        beginPipe();
                    });
            Sender opened = pair[0].sender().onDrain(drained -> wake(null));
            wake(opened);
        } catch (IOException e) {
            ledger.failed("a pair", e);
            loop.schedule(AGAIN_NANOS, this::beginPipe);
        }
    }

    private void wake(Sender opened) {
        synchronized (lock) {
            if (opened != null) {
                sender = opened;
            }
            drains++;
            lock.notifyAll();
        }
    }

    private void receive(Pipe writersEnd, int channelId, ByteBuffer payload) {
        int number = payload.getInt(payload.position());
        ledger.check(
                number == received[channelId],
                "thread " + channelId + ": " + number + " instead of " + received[channelId]);
        received[channelId]++;
        ledger.frames.incrementAndGet();
        left--;
        if (left == 0) {
            writersEnd.closeAfterFlush();
        }
    }

    // the threads ------------------------------------------------------------------------------------------------

    private void write(int channelId) {
        ByteBuffer payload = ByteBuffer.allocateDirect(LONGEST);
        Sender mine = null;
        int number = 0;
        while (true) {
            long seen;
            synchronized (lock) {
                if (over) {
                    return;
                }
                if (sender != mine) {
                    mine = sender;
                    number = 0;
                }
                seen = drains;
            }
            WriteResult result = WriteResult.CLOSED;
            while (mine != null) {
                payload.clear().limit(Integer.BYTES + number % (LONGEST - Integer.BYTES));
                payload.putInt(0, number);
                result = mine.writeFrame(channelId, payload);
                if (!result.isAccepted()) {
                    break;
                }
                number++;
            }
            if (!await(seen, mine)) {
                return;
            }
        }
    }

    /** For room, or for another pipe. */
    private boolean await(long seen, Sender mine) {
        synchronized (lock) {
            while (!over && drains == seen && sender == mine) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    return false;
                }
            }
            return !over;
        }
    }

    @Override
    public void leaveOff() {
        synchronized (lock) {
            over = true;
            lock.notifyAll();
        }
        loop.execute(() -> {
            if (open) {
                sender.pipe().closeAfterFlush();
            }
        });
    }

    @Override
    public boolean isIdle() {
        return !open && threads.stream().noneMatch(Thread::isAlive);
    }

    @Override
    public String toString() {
        return "senders " + threads + (open ? ", the pipe is open" : "");
    }
}
