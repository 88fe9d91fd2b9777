package io.evloop.buffer;

import io.evloop.sys.Native;

/** A descriptor to write to. A lost reader is {@code -EPIPE} and no signal: {@code send(2)} where it is a socket. */
public final class Sink {

    private final int fd;
    private final boolean socket;

    /**
     * Bytes that the descriptor took, ever. Counted with no call in between: whoever has no stack left behind the system call
     * does not get its result, and must not send the bytes again.
     */
    long taken;

    public Sink(int fd, boolean socket) {
        this.fd = fd;
        this.socket = socket;
    }

    /** Bytes that the descriptor took, ever, also where the call that had it take them has thrown. */
    public long taken() {
        return taken;
    }

    int write(long address, int length) {
        int result = socket ? Native.send(fd, address, length) : Native.write(fd, address, length);
        taken += result > 0 ? result : 0;
        return result;
    }

    /** Sends bytes with a descriptor: the socket must be a Unix one. */
    int writeFd(long address, int length, int passedFd) {
        int result = Native.sendFd(fd, address, length, passedFd);
        taken += result > 0 ? result : 0;
        return result;
    }

    int writev(long ioVectors, int count) {
        int result = socket ? Native.sendv(fd, ioVectors, count) : Native.writev(fd, ioVectors, count);
        taken += result > 0 ? result : 0;
        return result;
    }
}
