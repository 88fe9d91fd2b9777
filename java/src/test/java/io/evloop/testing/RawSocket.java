package io.evloop.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * One end of a socketpair, blocking, with nothing between the test and the kernel: the evil peer, who writes any bytes in
 * any pieces. {@link #release} hands the descriptor to whom it is to be adopted by.
 */
public final class RawSocket implements AutoCloseable {

    private static final int RELEASED = -1;
    private static final int READ_LENGTH = 64 * 1024;

    private int fd;

    private RawSocket(int fd) {
        this.fd = fd;
    }

    /** Both ends. */
    public static RawSocket[] pair() throws IOException {
        long packed = Fd.check(Native.socketPair(), "socketpair");
        return new RawSocket[] {new RawSocket(Fd.first(packed)), new RawSocket(Fd.second(packed))};
    }

    /** A socket that is owned here from now on. */
    public static RawSocket of(int fd) {
        return new RawSocket(fd);
    }

    public int fd() {
        return fd;
    }

    /** Gives the descriptor away: it is not closed here any more. */
    public int release() {
        int released = fd;
        fd = RELEASED;
        return released;
    }

    /** Writes all of it, in one call where the kernel takes it. */
    public void write(byte... bytes) throws IOException {
        RawBytes.write(fd, bytes);
    }

    public void write(String text) throws IOException {
        write(text.getBytes(ISO_8859_1));
    }

    /** Reads up to {@code length} bytes: as many as there are, none at the end of the stream. */
    public byte[] readSome(int length) throws IOException {
        return RawBytes.readSome(fd, length);
    }

    /** Reads exactly {@code length} bytes, fewer only at the end of the stream. */
    public byte[] read(int length) throws IOException {
        return RawBytes.read(fd, length);
    }

    /** What is there, without waiting for more. The socket is {@link #nonBlocking} from now on. */
    public byte[] readAvailable() throws IOException {
        nonBlocking();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        boolean more = true;
        while (more) {
            try {
                byte[] some = readSome(READ_LENGTH);
                all.writeBytes(some);
                more = some.length > 0;
            } catch (NativeIoException e) {
                if (e.errno() != Errno.EAGAIN) {
                    throw e;
                }
                more = false;
            }
        }
        return all.toByteArray();
    }

    /** From now on a read or a write that would wait fails with EAGAIN, and none that would not. */
    public RawSocket nonBlocking() throws NativeIoException {
        Fd.check(Native.setNonBlocking(fd, 1), "fcntl");
        Schedule.exempt(fd);
        return this;
    }

    /** The smallest buffer that the kernel grants: 4608 bytes, which is six writes of 64 bytes. */
    public RawSocket tinySendBuffer() throws NativeIoException {
        Fd.check(Native.setSendBuffer(fd, 1), "setsockopt");
        return this;
    }

    public void shutdownOutput() throws NativeIoException {
        Fd.check(Native.shutdownOutput(fd), "shutdown");
    }

    @Override
    public void close() throws IOException {
        if (fd != RELEASED) {
            Fd.close(release());
        }
    }
}
