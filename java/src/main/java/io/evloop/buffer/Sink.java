package io.evloop.buffer;

import io.evloop.sys.Native;

/** A descriptor to write to. A lost reader is {@code -EPIPE} and no signal: {@code send(2)} where it is a socket. */
public final class Sink {

    private final int fd;
    private final boolean socket;

    public Sink(int fd, boolean socket) {
        this.fd = fd;
        this.socket = socket;
    }

    int write(long address, int length) {
        return socket ? Native.send(fd, address, length) : Native.write(fd, address, length);
    }

    /** Sends bytes with a descriptor: the socket must be a Unix one. */
    int writeFd(long address, int length, int passedFd) {
        return Native.sendFd(fd, address, length, passedFd);
    }

    int writev(long ioVectors, int count) {
        return socket ? Native.sendv(fd, ioVectors, count) : Native.writev(fd, ioVectors, count);
    }
}
