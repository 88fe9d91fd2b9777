package io.evloop;

/** Takes the bytes and the end of a {@link Connection}, on the loop's thread. What a method throws ends the connection. */
@FunctionalInterface
public interface ConnectionHandler {

    /**
     * Bytes are unread. Takes what it likes of {@link Connection#readable()} by {@link Connection#consume}; called again
     * while some are left, but if it took none, only once more have arrived, the end has come, or
     * {@link Connection#resumeReading} was called.
     */
    void onReadable(Connection connection);

    /** There is room again, after a write was {@link WriteResult#ABOVE_HIGH_WATER} or {@link WriteResult#FULL}. */
    default void onDrain(Connection connection) {}

    /**
     * The peer will send no more. What is unread by now stays readable. By default flushes what is queued, then closes; an
     * implementation that does not close can go on writing.
     */
    default void onEnd(Connection connection) {
        connection.closeAfterFlush();
    }

    /**
     * Exactly once, last; the descriptor is closed already.
     *
     * @param cause {@code null} for a clean end, otherwise as in {@link CloseHandler#onClose}
     */
    default void onClose(Connection connection, Throwable cause) {}
}
