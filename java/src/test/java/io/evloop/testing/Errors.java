package io.evloop.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import org.junit.jupiter.api.function.Executable;

/** Claims about failed system calls. */
public final class Errors {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EBADF = 9;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EEXIST = 17;
    public static final int ENOTDIR = 20;
    public static final int EINVAL = 22;
    public static final int EMFILE = 24;
    public static final int ELOOP = 40;
    public static final int ENOTSOCK = 88;

    private Errors() {}

    /** The call fails with exactly this error, and the exception says so in every way it has. */
    public static NativeIoException assertFails(int errno, String errnoName, String systemCall, Executable call) {
        NativeIoException failure = assertThrows(NativeIoException.class, call);
        assertEquals(errno, failure.errno(), failure.getMessage());
        assertEquals(errnoName, failure.errnoName());
        assertEquals(systemCall, failure.systemCall());
        assertTrue(failure.getMessage().contains(": " + errnoName + " ("), failure.getMessage());
        return failure;
    }
}
