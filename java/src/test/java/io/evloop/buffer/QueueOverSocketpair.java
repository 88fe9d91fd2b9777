package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.RawSocket;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A queue, a non-blocking socket that it is written to, and its blocking peer; in the end nothing is leased or counted. */
abstract class QueueOverSocketpair {

    final BufferPool pool = new BufferPool(0, () -> {});
    final IoVectors vectors = new IoVectors();
    final OutputQueue queue = new OutputQueue(pool, vectors);
    RawSocket socket;
    RawSocket peer;
    Sink sink;

    @BeforeEach
    void open() throws IOException {
        RawSocket[] pair = RawSocket.pair();
        socket = pair[0].nonBlocking();
        peer = pair[1];
        sink = new Sink(socket.fd(), true);
    }

    @AfterEach
    void close() throws IOException {
        queue.clear();
        socket.close();
        peer.close();
        assertEquals(0, pool.leasedBytes());
        assertEquals(0, queue.accountedBytes());
    }
}
