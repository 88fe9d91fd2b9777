package io.evloop.sys;

import java.io.IOException;
import java.lang.ref.Reference;

/** Opening files by name, close-on-exec. */
public final class FileDescriptors {

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_TRUNC = 0x200;
    public static final int O_APPEND = 0x400;

    private static final int MODE = 0666;

    private FileDescriptors() {}

    /**
     * Opens a file without waiting for anybody: a FIFO that has no reader cannot be written to (ENXIO), one without a writer is at
     * its end. The descriptor is the caller's, and blocks.
     */
    public static int open(String path, int flags) throws IOException {
        CString string = CString.of(path, "the path");
        try {
            int fd = Native.open(string.address(), flags | Fd.O_NONBLOCK, MODE);
            if (fd < 0) {
                throw Errno.exception("open", "open " + path, fd);
            }
            block(fd);
            return fd;
        } finally {
            Reference.reachabilityFence(string);
        }
    }

    private static void block(int fd) throws IOException {
        try {
            Fd.check(Native.setNonBlocking(fd, 0), "fcntl");
        } catch (IOException e) {
            Fd.closeAfter(e, fd);
            throw e;
        }
    }
}
