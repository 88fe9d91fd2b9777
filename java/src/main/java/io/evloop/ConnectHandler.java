package io.evloop;

import java.io.IOException;

/** Hears what became of {@link EventLoop#connect}, on the loop's thread: one of the two, once, unless it was cancelled. */
public interface ConnectHandler {

    /**
     * Connected. What this throws ends the connection; the error handler hears it.
     *
     * @param socket to be made a pipe or a connection, or taken, before this returns; otherwise it is closed then
     */
    void onConnect(SocketHandle socket) throws IOException;

    /**
     * @param cause {@link io.evloop.error.NativeIoException} such as ECONNREFUSED or ENOENT;
     *     {@link io.evloop.error.ConnectTimeoutException}; {@link io.evloop.error.EventLoopClosedException}
     */
    void onFailure(IOException cause);
}
