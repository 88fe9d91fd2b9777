package io.evloop;

/** A limit of a worker's process, by its name in {@code getrlimit(2)} without {@code RLIMIT_}. */
public enum ResourceLimit {
    /** CPU time, seconds. */
    CPU(0),
    /** Size of a file that is written, bytes. */
    FSIZE(1),
    /** Data segment, bytes. */
    DATA(2),
    /** Stack, bytes. */
    STACK(3),
    /** Core file, bytes; 0 = none is written. */
    CORE(4),
    /** Processes and threads of the user. */
    NPROC(6),
    /** Open descriptors: the highest number and 1. */
    NOFILE(7),
    /** Locked memory, bytes. */
    MEMLOCK(8),
    /** Address space, bytes. */
    AS(9);

    /** No limit. */
    public static final long UNLIMITED = -1;

    /** The kernel's number, the same on x86-64 and aarch64. */
    private final int number;

    ResourceLimit(int number) {
        this.number = number;
    }

    /** As evloop-exec wants it. */
    String option(long soft, long hard) {
        return "rlimit=" + number + ":" + Long.toUnsignedString(soft) + ":" + Long.toUnsignedString(hard);
    }
}
