package io.evloop.sys;

import java.lang.ref.Cleaner;
import java.util.BitSet;

/**
 * The descriptors of an owner that may be dropped without a close: then they are closed here, once the garbage collector has
 * found out, and a warning is logged. With {@code -Devloop.trackOpen=true} it tells where the owner was opened. The guard must
 * not be able to reach its owner. Any thread.
 */
public final class DropGuard {

    private static final String TRACK_PROPERTY = "evloop.trackOpen";
    private static final boolean TRACKS = Boolean.getBoolean(TRACK_PROPERTY);
    private static final Cleaner CLEANER = Cleaner.create();

    private final BitSet descriptors = new BitSet();
    private Cleaner.Cleanable cleanable;
    private boolean released;

    /** Begins to watch over {@code owner}; once. {@code name}: what the warning calls it; null = no warning. */
    public synchronized void watch(Object owner, String name) {
        Throwable opened = TRACKS && name != null ? new Throwable("opened here") : null;
        cleanable = CLEANER.register(owner, () -> clean(name, opened));
    }

    /** One more descriptor that is the owner's. */
    public synchronized void add(int fd) {
        descriptors.set(fd);
    }

    /** The owner closes this one itself, or gives it away. */
    public synchronized void remove(int fd) {
        descriptors.clear(fd);
    }

    /** Whether it was added and not removed. */
    public synchronized boolean contains(int fd) {
        return fd >= 0 && descriptors.get(fd);
    }

    /** The owner is being closed, and closes its descriptors itself. Idempotent. */
    public void close() {
        synchronized (this) {
            released = true;
        }
        cleanable.clean();
    }

    private synchronized void clean(String name, Throwable opened) {
        if (released) {
            return;
        }
        try {
            if (name != null) {
                warn(name, opened);
            }
        } finally {
            descriptors.stream().forEach(Native::close); // nobody is left who could do anything about a failure
        }
    }

    private void warn(String name, Throwable opened) {
        String advice = TRACKS ? "" : "; -D" + TRACK_PROPERTY + "=true tells where it was opened";
        String message =
                name + " was dropped without a close: its descriptors " + descriptors + " are closed now" + advice;
        System.getLogger("io.evloop").log(System.Logger.Level.WARNING, message, opened);
    }
}
