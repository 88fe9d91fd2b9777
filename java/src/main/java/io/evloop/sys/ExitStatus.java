package io.evloop.sys;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a child ended, as {@code waitid(2)} tells. Unknown until {@link #reap} has returned 1. */
public final class ExitStatus {

    private static final int UNKNOWN = -1;

    private final ByteBuffer exit;

    private int code = UNKNOWN;
    private int signal;
    private boolean coreDumped;
    private long userMicros;
    private long systemMicros;
    private long maxResidentBytes;

    /**
     * @param record for {@link #reap}, from {@link #newRecord}; may serve several children of one thread
     */
    public ExitStatus(ByteBuffer record) {
        this.exit = record;
    }

    /** To be had before the first child: an exit must be seen even when direct memory is exhausted. */
    public static ByteBuffer newRecord() {
        return ByteBuffer.allocateDirect(Native.EXIT_SIZE).order(ByteOrder.nativeOrder());
    }

    /** Reaps the child behind a pidfd: 1 = it has ended and is gone, 0 = it runs, or {@code -errno}. */
    public int reap(int pidFd) {
        int result;
        try {
            result = Native.reap(pidFd, Native.addressOf(exit));
        } finally {
            Reference.reachabilityFence(exit);
        }
        if (result == 1) {
            code = exit.getInt(Native.EXIT_CODE_OFFSET);
            signal = exit.getInt(Native.EXIT_SIGNAL_OFFSET);
            coreDumped = exit.getInt(Native.EXIT_CORE_OFFSET) != 0;
            userMicros = exit.getLong(Native.EXIT_USER_MICROS_OFFSET);
            systemMicros = exit.getLong(Native.EXIT_SYSTEM_MICROS_OFFSET);
            maxResidentBytes = exit.getLong(Native.EXIT_MAX_RESIDENT_OFFSET);
        }
        return result;
    }

    /** 0 to 255, or -1. */
    public int code() {
        return code;
    }

    /** The signal that ended it, or 0. */
    public int signal() {
        return signal;
    }

    public boolean coreDumped() {
        return coreDumped;
    }

    public long userMicros() {
        return userMicros;
    }

    public long systemMicros() {
        return systemMicros;
    }

    public long maxResidentBytes() {
        return maxResidentBytes;
    }
}
