package io.evloop;

import java.io.IOException;

/** Takes what a {@link Listener} has accepted, on the loop's thread. */
@FunctionalInterface
public interface AcceptHandler {

    /**
     * Somebody has connected. What this throws ends that connection alone, unless it was taken; the error handler
     * hears it.
     *
     * @param socket to be made a pipe or a connection, or taken, before this returns; otherwise it is closed then
     */
    void onAccept(Listener listener, SocketHandle socket) throws IOException;
}
