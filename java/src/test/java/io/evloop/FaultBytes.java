package io.evloop;

import io.evloop.testing.Frames;
import java.nio.ByteBuffer;

/** One end of a connection without frames: compares what comes with what is expected, and remembers the close. */
final class FaultBytes implements ConnectionHandler {

    private static final int LENGTH = 400_000;

    private final FaultProbe probe;
    private final ByteBuffer expected = ByteBuffer.wrap(Frames.pattern(3, LENGTH));
    private int received;
    private boolean closed;

    FaultBytes(FaultProbe probe) {
        this.probe = probe;
    }

    /** All that is to come. */
    ByteBuffer expected() {
        return expected.duplicate();
    }

    @Override
    public void onReadable(Connection connection) {
        ByteBuffer bytes = connection.readable();
        int length = bytes.remaining();
        if (received + length > LENGTH || !bytes.equals(expected.slice(received, length))) {
            throw new AssertionError("wrong bytes at " + received);
        }
        received += length;
        connection.consume(length);
    }

    @Override
    public void onEnd(Connection connection) {
        connection.close();
    }

    @Override
    public void onClose(Connection connection, Throwable cause) {
        closed = true;
        probe.ended(cause);
    }

    boolean isClosed() {
        return closed;
    }

    boolean isComplete() {
        return received == LENGTH;
    }
}
