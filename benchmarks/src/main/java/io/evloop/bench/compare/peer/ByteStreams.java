package io.evloop.bench.compare.peer;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The connected byte streams of one library, numbered from 0, with its way of waiting for them. One stream alone is waited
 * for inside {@link #read} and {@link #write}, unless the job spins; many are non-blocking, and {@link #await} tells which
 * are ready.
 */
interface ByteStreams extends AutoCloseable {

    /** Opens and connects the streams of a job. */
    interface Opener {
        ByteStreams open(Job job) throws IOException;
    }

    /**
     * One read into {@code target}, a direct buffer, whose position advances.
     *
     * @return bytes, above 0; 0: none now; -1: the end of the stream
     */
    int read(int stream, ByteBuffer target) throws IOException;

    /** One write from {@code source}, a direct buffer, whose position advances by what was taken, which may be nothing. */
    void write(int stream, ByteBuffer source) throws IOException;

    /** One write of two buffers; in one system call where the library can. */
    void write(int stream, ByteBuffer first, ByteBuffer second) throws IOException;

    /**
     * Waits (or, if the job spins, looks) for streams that can be read, by a receiver, or written, by a sender.
     *
     * @return how many there are; {@link #ready} tells which
     */
    int await() throws IOException;

    /** The number of a stream that is ready; {@code index} from 0 to below the result of the last {@link #await}. */
    int ready(int index);

    void close(int stream) throws IOException;

    @Override
    void close() throws IOException;

    /** The SO_SNDBUF that the kernel granted; 0 if the sockets were inherited, and the launcher tells. */
    default int sendBuffer() throws IOException {
        return 0;
    }
}
