package io.evloop;

import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;

/** A worker's end of its pipe, which the environment names. */
final class InheritedFd {

    /** The environment variable that holds its number. */
    static final String VARIABLE = "EVLOOP_FD";

    private static boolean taken;

    private InheritedFd() {}

    /** What is made of the descriptor. */
    @FunctionalInterface
    interface Adopter<T> {
        T adopt(int fd) throws IOException;
    }

    /** Takes the descriptor as {@link #take} and makes something of it; if that throws, it is there to be taken again. */
    static synchronized <T> T adoptedBy(Adopter<T> adopter) throws IOException {
        int fd = take();
        boolean success = false;
        try {
            T made = adopter.adopt(fd);
            success = true;
            return made;
        } finally {
            taken = success;
        }
    }

    /**
     * The descriptor, close-on-exec from now on, so that a process started from here does not hold it open.
     *
     * @throws IOException if the variable is not set or names no open socket, as in a process that a worker has started and
     *     that has inherited the variable, but not the descriptor
     * @throws IllegalStateException if it was taken before: by now the number may be another descriptor's
     */
    private static int take() throws IOException {
        String value = System.getenv(VARIABLE);
        if (value == null) {
            throw new IOException(VARIABLE + " is not set: this process was not started as a worker");
        }
        if (!value.matches("[0-9]{1,9}")) { // parseInt would take a sign, and the digits of other scripts
            throw new IOException(VARIABLE + " is no descriptor: " + value);
        }
        int fd = Integer.parseInt(value);
        if (taken) {
            throw new IllegalStateException("the descriptor that " + VARIABLE + " names was taken before");
        }
        int socket = Native.isSocket(fd);
        if (socket < 0) {
            throw Errno.exception("fstat", VARIABLE + "=" + value, socket);
        }
        if (socket == 0) {
            throw new IOException(VARIABLE + " names no socket: " + value);
        }
        if (Fd.check(Native.socketType(fd), "getsockopt") != Native.SOCK_STREAM) {
            throw new IOException(VARIABLE + " names a socket that is no stream: " + value);
        }
        Fd.check(Native.setCloseOnExec(fd, 1), "fcntl");
        taken = true;
        return fd;
    }
}
