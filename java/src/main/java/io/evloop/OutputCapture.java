package io.evloop;

import io.evloop.error.EventLoopClosedException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What a worker prints, read on its loop as it comes: the worker never waits for room. Loop thread only. */
final class OutputCapture implements ConnectionHandler {

    private static final int PIECE = 64 * 1024;

    private final Stdio stdio;
    private final OutputHandler handler;
    private final Connection connection;
    private Worker worker;
    private boolean failed;
    private boolean closed;

    /** {@code fd} stays the caller's until the worker is registered. */
    OutputCapture(LoopContext context, Stdio stdio, int fd) throws IOException {
        this.stdio = stdio;
        this.handler = stdio.newHandler();
        this.connection = Connection.inspect(context, fd, 0);
        connection.handler(this);
        connection.unreadLimit(PIECE);
    }

    void worker(Worker newWorker) {
        worker = newWorker;
    }

    Endpoint endpoint() {
        return connection.endpoint();
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void onReadable(Connection source) {
        ByteBuffer bytes = source.readable();
        int length = bytes.remaining();
        if (!failed) {
            deliver(() -> handler.onOutput(worker, bytes));
        }
        source.consume(length);
    }

    @Override
    public void onEnd(Connection source) {
        source.close();
    }

    @Override
    public void onClose(Connection source, Throwable cause) {
        closed = true;
        if (!failed && handler instanceof LineSplitter lines) {
            deliver(() -> lines.end(worker));
        }
        if (cause != null && !(cause instanceof EventLoopClosedException)) {
            endpoint().context().reportError(worker, cause); // its next print will meet a closed pipe
        }
        worker.outputClosed();
    }

    private void deliver(Runnable delivery) {
        try {
            delivery.run();
        } catch (Throwable e) {
            failed = true;
            endpoint().context().reportError(worker, e);
        }
    }

    @Override
    public String toString() {
        return "OutputCapture[" + stdio + ", " + connection + "]";
    }
}
