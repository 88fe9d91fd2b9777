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

    /** Opens a file; the descriptor is the caller's. */
    public static int open(String path, int flags) throws IOException {
        CString string = CString.of(path, "the path");
        try {
            int fd = Native.open(string.address(), flags, MODE);
            if (fd < 0) {
                throw Errno.exception("open", "open " + path, fd);
            }
            return fd;
        } finally {
            Reference.reachabilityFence(string);
        }
    }
}
