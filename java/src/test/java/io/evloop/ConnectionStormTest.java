package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Resources;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections that come and go by the thousand: 3,000 of each kind, or 100,000 with {@code -Devloop.soak}. */
class ConnectionStormTest {

    private static final int CONNECTIONS = Boolean.getBoolean("evloop.soak") ? 100_000 : 3_000;
    private static final int AT_ONCE = 50;

    /** Both ends, those that a turn has accepted and not yet closed among them: they go as others come. */
    private static final int MOST_AT_ONCE = CONNECTIONS / 10;

    private int begun;
    private int ended;

    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "UNIX_ABSTRACT", "TCP4"})
    void leavesNoDescriptor(SocketKind kind) throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            AcceptHandler acceptor = (from, socket) ->
                    socket.pipe(1).onFrame((pipe, channelId, payload) -> {}).onClose((pipe, cause) -> ended++);
            try (Listener listener = loop.listen(kind.newAddress(), acceptor)) {
                long before = openSockets();
                while (begun < AT_ONCE) {
                    connect(loop, listener.localAddress());
                }
                for (int goal = CONNECTIONS / 10; goal <= CONNECTIONS; goal += CONNECTIONS / 10) {
                    int part = goal;
                    Await.turns(loop, "connection " + part, () -> ended >= part);
                    long now = openSockets();
                    assertTrue(now <= before + MOST_AT_ONCE, before + " sockets before, " + now + " meanwhile");
                }
                Await.idle(loop);
                assertEquals(CONNECTIONS, listener.stats().accepted());
                assertEquals(before, openSockets());
            }
        }
    }

    /** Not all descriptors: the JVM opens files for a moment, at any moment. */
    private static long openSockets() {
        return Resources.openDescriptors().values().stream()
                .filter(target -> target.startsWith("socket:"))
                .count();
    }

    /** The next one begins when this one has its pipe, which closes at once. */
    private void connect(EventLoop loop, Address address) {
        begun++;
        loop.connect(address, Duration.ofSeconds(30), SocketKind.connected(socket -> use(loop, address, socket)));
    }

    private void use(EventLoop loop, Address address, SocketHandle socket) throws IOException {
        socket.pipe(0).close();
        if (begun < CONNECTIONS) {
            connect(loop, address);
        }
    }
}
