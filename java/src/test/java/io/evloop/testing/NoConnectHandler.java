package io.evloop.testing;

import io.evloop.ConnectHandler;
import io.evloop.SocketHandle;
import java.io.IOException;

/** For attempts to connect whose outcome does not matter. */
public enum NoConnectHandler implements ConnectHandler {
    INSTANCE;

    @Override
    public void onConnect(SocketHandle socket) {}

    @Override
    public void onFailure(IOException cause) {}
}
