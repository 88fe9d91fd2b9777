package io.evloop;

import java.io.IOException;

/** Takes a connected socket that comes from another loop: see {@link SocketHandle#moveTo}. */
@FunctionalInterface
public interface SocketHandler {

    /**
     * On the thread of the loop that it was moved to. What this throws ends what it made of the socket, and the loop's error
     * handler hears it.
     *
     * @param socket closed when this returns, unless it has become something
     */
    void onSocket(SocketHandle socket) throws IOException;
}
