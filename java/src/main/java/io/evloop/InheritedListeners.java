package io.evloop;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.BitSet;

/** The listening sockets that a service manager hands over, {@code sd_listen_fds(3)}: from descriptor 3 on. */
final class InheritedListeners {

    private static final String COUNT = "LISTEN_FDS";
    private static final String PID = "LISTEN_PID";
    private static final int FIRST = 3;

    private static final BitSet taken = new BitSet();

    private InheritedListeners() {}

    /**
     * A descriptor, close-on-exec from now on.
     *
     * @throws IOException if the environment does not hand over that many to this process, or it is no listening socket
     * @throws IllegalStateException if it was taken before: by now the number may be another descriptor's
     */
    static synchronized int take(int index) throws IOException {
        long pid = number(PID);
        if (pid != ProcessHandle.current().pid()) {
            throw new IOException(PID + " is " + pid + ": the listening sockets are another process's");
        }
        long count = number(COUNT);
        if (index < 0 || index >= count) {
            throw new IOException("no listening socket " + index + ": " + COUNT + " is " + count);
        }
        if (taken.get(index)) {
            throw new IllegalStateException("listening socket " + index + " was taken before");
        }
        int fd = FIRST + index;
        Fd.checkStream(fd);
        if (Fd.check(Native.isListening(fd), "getsockopt") == 0) {
            throw new IOException("descriptor " + fd + ", listening socket " + index + ", does not listen");
        }
        Fd.check(Native.setCloseOnExec(fd, 1), "fcntl");
        Fd.check(Native.setNonBlocking(fd, 1), "fcntl");
        taken.set(index);
        return fd;
    }

    /** Nothing came of it: it is there to be taken again. */
    static synchronized void giveBack(int index) {
        taken.clear(index);
    }

    private static long number(String variable) throws IOException {
        String value = System.getenv(variable);
        if (value == null) {
            throw new IOException(variable + " is not set: no listening sockets were handed over");
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IOException(variable + " is no number: " + value, e);
        }
    }
}
