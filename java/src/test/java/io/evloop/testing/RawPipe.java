package io.evloop.testing;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;

/** Both ends of a {@code pipe(2)}: descriptors that can only be read, or only be written. */
public final class RawPipe implements AutoCloseable {

    private static final int RELEASED = -1;

    private int readEnd;
    private int writeEnd;

    private RawPipe(long packed) {
        readEnd = Fd.first(packed);
        writeEnd = Fd.second(packed);
    }

    public static RawPipe open() throws IOException {
        return new RawPipe(Fd.check(Native.pipe(), "pipe2"));
    }

    public int readEnd() {
        return readEnd;
    }

    public int writeEnd() {
        return writeEnd;
    }

    /** Gives the descriptor away: it is not closed here any more. */
    public int releaseReadEnd() {
        int released = readEnd;
        readEnd = RELEASED;
        return released;
    }

    /** Gives the descriptor away: it is not closed here any more. */
    public int releaseWriteEnd() {
        int released = writeEnd;
        writeEnd = RELEASED;
        return released;
    }

    public void write(byte... bytes) throws IOException {
        RawBytes.write(writeEnd, bytes);
    }

    /** Reads exactly {@code length} bytes, fewer only at the end of the stream. */
    public byte[] read(int length) throws IOException {
        return RawBytes.read(readEnd, length);
    }

    public void closeReadEnd() throws IOException {
        if (readEnd != RELEASED) {
            Fd.close(releaseReadEnd());
        }
    }

    public void closeWriteEnd() throws IOException {
        if (writeEnd != RELEASED) {
            Fd.close(releaseWriteEnd());
        }
    }

    @Override
    public void close() throws IOException {
        closeReadEnd();
        closeWriteEnd();
    }
}
