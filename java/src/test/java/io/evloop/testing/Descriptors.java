package io.evloop.testing;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.sys.FileDescriptors;
import io.evloop.sys.Native;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Claims about descriptors. */
public final class Descriptors {

    private static final int O_NONBLOCK = 0x800;
    private static final int MAX_TRIES = 100;

    private Descriptors() {}

    /** Fails if the number is nobody's. */
    public static void assertOpen(int fd) {
        if (Native.descriptorFlags(fd) < 0) {
            throw new AssertionError("descriptor " + fd + " is not open");
        }
    }

    public static boolean isNonBlocking(int fd) throws NativeIoException {
        return (Fd.check(Native.statusFlags(fd), "fcntl") & O_NONBLOCK) != 0;
    }

    public static boolean isCloseOnExec(int fd) throws NativeIoException {
        return Fd.check(Native.descriptorFlags(fd), "fcntl") == 1;
    }

    /** Opens a regular file to read; the caller closes it by {@link Fd#close}. */
    public static int openFile(Path file) throws IOException {
        return FileDescriptors.open(file.toString(), FileDescriptors.O_RDONLY);
    }

    /** A pair of sockets of which the first has this number, which is free: the kernel hands out the lowest ones. */
    public static RawSocket[] pairWithNumber(int number) throws IOException {
        List<RawSocket> others = new ArrayList<>();
        try {
            while (others.size() < MAX_TRIES) {
                RawSocket[] pair = RawSocket.pair();
                if (pair[0].fd() == number) {
                    return pair;
                } else if (pair[1].fd() == number) {
                    return new RawSocket[] {pair[1], pair[0]};
                }
                others.addAll(List.of(pair));
            }
            throw new AssertionError("the number " + number + " is not free");
        } finally {
            for (RawSocket other : others) {
                other.close();
            }
        }
    }
}
