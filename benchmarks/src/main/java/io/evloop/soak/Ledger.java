package io.evloop.soak;

import io.evloop.error.FdLimitException;
import io.evloop.error.NativeIoException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** What has happened so far, and what should not have. Any thread. */
final class Ledger {

    private static final int SHOWN_VIOLATIONS = 20;

    /** What was begun while descriptors were scarce may fail a little later. */
    private static final long AFTERMATH_NANOS = 2_000_000_000L;

    private static final String TOO_MANY_FILES = "EMFILE";

    final AtomicLong frames = new AtomicLong();
    final AtomicLong workers = new AtomicLong();
    final AtomicLong killed = new AtomicLong();
    final AtomicLong badStreams = new AtomicLong();
    final AtomicLong connections = new AtomicLong();
    final AtomicLong descriptors = new AtomicLong();
    final AtomicLong famines = new AtomicLong();
    final AtomicLong refusals = new AtomicLong();
    private final AtomicLong violations = new AtomicLong();
    private volatile boolean famine;
    private volatile long famineEnd = System.nanoTime() - AFTERMATH_NANOS;

    void beginFamine() {
        famine = true;
        famines.incrementAndGet();
    }

    void endFamine() {
        famineEnd = System.nanoTime();
        famine = false;
    }

    boolean isFamine() {
        return famine;
    }

    /** Counts a failure as a refusal if the famine explains it, and as a violation if not. */
    void failed(String what, Throwable cause) {
        if (isScarce() && saysSo(cause)) {
            refusals.incrementAndGet();
        } else {
            violation(what + ": " + cause);
            if (!(cause instanceof IOException)) {
                cause.printStackTrace();
            }
        }
    }

    private boolean isScarce() {
        return famine || System.nanoTime() - famineEnd < AFTERMATH_NANOS;
    }

    private static boolean saysSo(Throwable cause) {
        return cause instanceof FdLimitException
                || cause instanceof NativeIoException e && e.errnoName().equals(TOO_MANY_FILES);
    }

    /** Whether the peer has gone with something unread, or before it could read. */
    static boolean isLossOfPeer(Throwable cause) {
        return cause instanceof NativeIoException e
                && (e.errnoName().equals("ECONNRESET") || e.errnoName().equals("EPIPE"));
    }

    /** Shown at once, too: the process may not come to its end. */
    void violation(String what) {
        if (violations.incrementAndGet() <= SHOWN_VIOLATIONS) {
            System.err.println("VIOLATION: " + what);
        }
    }

    void check(boolean holds, String what) {
        if (!holds) {
            violation(what);
        }
    }

    long violations() {
        return violations.get();
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%,d frames, %,d workers (%,d killed, %,d bad streams), %,d connections, %,d descriptors passed, "
                        + "%,d times out of descriptors (%,d refusals), %d violations",
                frames.get(),
                workers.get(),
                killed.get(),
                badStreams.get(),
                connections.get(),
                descriptors.get(),
                famines.get(),
                refusals.get(),
                violations.get());
    }
}
