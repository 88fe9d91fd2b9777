package io.evloop.testing;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Descriptors to send, of which a copy can be told to be the first, the second and so on, and of which any copy that is left
 * open is noticed: write ends of pipes, numbered round and round.
 */
public final class ProbeSet {

    private static final int SIZE = 5;

    private final List<RawPipe> pipes = new ArrayList<>();

    private ProbeSet() {}

    public static ProbeSet open() throws IOException {
        ProbeSet set = new ProbeSet();
        for (int index = 0; index < SIZE; index++) {
            RawPipe pipe = RawPipe.open();
            set.pipes.add(pipe);
            Fd.check(Native.setNonBlocking(pipe.readEnd(), 1), "fcntl");
        }
        return set;
    }

    /** The numbers of the next {@code count} when so many were sent already. */
    public List<Integer> numbers(int sent, int count) {
        List<Integer> numbers = new ArrayList<>();
        for (int index = sent; index < sent + count; index++) {
            numbers.add(index % SIZE);
        }
        return numbers;
    }

    /** What to send for these numbers. */
    public int[] writeEnds(List<Integer> numbers) {
        return numbers.stream().mapToInt(number -> pipes.get(number).writeEnd()).toArray();
    }

    /** The number of a copy that was received. */
    public int identifyAndClose(int fd) throws IOException {
        RawBytes.write(fd, (byte) '!');
        Fd.close(fd);
        for (int number = 0; number < SIZE; number++) {
            if (isReadable(pipes.get(number))) {
                return number;
            }
        }
        throw new AssertionError("a descriptor that nobody sent");
    }

    /** Takes a byte if there is one. */
    private static boolean isReadable(RawPipe pipe) throws IOException {
        try {
            return RawBytes.readSome(pipe.readEnd(), 1).length > 0;
        } catch (NativeIoException e) {
            if (e.errno() != Errno.EAGAIN) {
                throw e;
            }
            return false;
        }
    }

    /** Fails if a copy is open that was not closed where it came from. */
    public void close() throws IOException {
        List<Integer> open = new ArrayList<>();
        for (int number = 0; number < SIZE; number++) {
            RawPipe pipe = pipes.get(number);
            pipe.closeWriteEnd();
            try {
                RawBytes.readSome(pipe.readEnd(), 1);
            } catch (NativeIoException e) { // EAGAIN: there is a writer
                open.add(number);
            }
            pipe.close();
        }
        if (!open.isEmpty()) {
            throw new AssertionError("still open: " + open);
        }
    }
}
