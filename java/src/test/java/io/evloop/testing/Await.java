package io.evloop.testing;

import io.evloop.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waiting for a condition, with a deadline. */
public final class Await {

    private static final long DEADLINE_NANOS = 30_000_000_000L;
    private static final long POLL_NANOS = 20_000_000;

    /** In a row: a schedule can hide what there is to do. */
    private static final int IDLE_TURNS = 1 + Schedule.TURNS_IN_VAIN;

    private Await() {}

    /** Waits for another thread or process to make {@code condition} true; {@code what} says it in words. */
    public static void until(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            checkDeadline(start, what);
            LockSupport.parkNanos(500_000);
        }
    }

    /** Runs the loop on this thread, turn by turn, until {@code condition} is true. */
    public static void turns(EventLoop loop, String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            checkDeadline(start, what);
            loop.poll(POLL_NANOS);
        }
    }

    /** Runs the loop until a turn finds nothing to do: what is in the kernel and in user space has been delivered. */
    public static void idle(EventLoop loop) {
        long start = System.nanoTime();
        for (int idle = 0; idle < IDLE_TURNS; idle++) {
            if (loop.poll(0) > 0) {
                idle = -1;
                checkDeadline(start, "an idle loop");
            }
        }
    }

    /** Runs the loop until the peer of one of its connections has {@code length} bytes; returns all that it has by then. */
    public static byte[] bytes(EventLoop loop, RawSocket peer, int length) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        turns(loop, length + " bytes at the peer", () -> {
            try {
                all.writeBytes(peer.readAvailable());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return all.size() >= length;
        });
        return all.toByteArray();
    }

    private static void checkDeadline(long start, String what) {
        if (System.nanoTime() - start > DEADLINE_NANOS) {
            throw new AssertionError("waited in vain for " + what);
        }
    }
}
