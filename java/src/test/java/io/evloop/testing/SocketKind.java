package io.evloop.testing;

import io.evloop.AcceptHandler;
import io.evloop.Address;
import io.evloop.ConnectHandler;
import io.evloop.EventLoop;
import io.evloop.Listener;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.SocketHandle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;

/** What a pipe can run over. */
public enum SocketKind {
    SOCKETPAIR,
    UNIX_PATH,
    UNIX_ABSTRACT,
    TCP4,
    TCP6;

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final AtomicInteger count = new AtomicInteger();
    private static final InetAddress IPV6 = findIpv6();

    /** Where to listen: a name that nobody has, or a port that the kernel chooses. */
    public Address newAddress() {
        String name = "evloop-test-" + ProcessHandle.current().pid() + "-" + count.incrementAndGet();
        return switch (this) {
            case UNIX_PATH -> Address.unix(Path.of(System.getProperty("java.io.tmpdir"), name));
            case UNIX_ABSTRACT -> Address.abstractUnix(name);
            case TCP4 -> Address.tcp(0);
            case TCP6 -> Address.tcp(IPV6, 0);
            case SOCKETPAIR -> throw new IllegalStateException("a socketpair has no address");
        };
    }

    public boolean isUnix() {
        return this != TCP4 && this != TCP6;
    }

    /** Whether this machine has it: IPv6 may be switched off. */
    public boolean isAvailable() {
        return this != TCP6 || IPV6 != null;
    }

    private static InetAddress findIpv6() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> address instanceof Inet6Address && !address.isLinkLocalAddress())
                    .min(Comparator.comparing(address -> !address.isLoopbackAddress()))
                    .orElse(null);
        } catch (SocketException e) {
            return null;
        }
    }

    /** Connects two descriptors, non-blocking, and hands them over; returns once both are. */
    public void connect(EventLoop loop, Use near, Use far) throws IOException {
        if (this == SOCKETPAIR) {
            RawSocket[] pair = RawSocket.pair();
            near.use(pair[0].nonBlocking().release());
            far.use(pair[1].nonBlocking().release());
            return;
        }
        AtomicInteger handedOver = new AtomicInteger();
        AcceptHandler acceptor = (from, socket) -> {
            far.use(socket.take());
            handedOver.incrementAndGet();
        };
        try (Listener listener = loop.listen(newAddress(), acceptor)) {
            loop.connect(listener.localAddress(), TIMEOUT, connected(socket -> {
                near.use(socket.take());
                handedOver.incrementAndGet();
            }));
            Await.turns(loop, "a connection over " + this, () -> handedOver.get() == 2);
        }
    }

    /** Two pipes of one loop, connected: the end that connected, tag 0, then the one that was accepted, tag 1. */
    public Pipe[] connect(EventLoop loop, PipeOptions options) throws IOException {
        Pipe[] ends = new Pipe[2];
        connect(
                loop,
                fd -> ends[0] = Pipe.adopt(loop, fd, 0, options),
                fd -> ends[1] = Pipe.adopt(loop, fd, 1, options));
        return ends;
    }

    /** What is done with a descriptor, whose owner it becomes. */
    @FunctionalInterface
    public interface Use {
        void use(int fd) throws IOException;
    }

    /** What is done with a socket. */
    @FunctionalInterface
    public interface HandleUse {
        void use(SocketHandle socket) throws IOException;
    }

    /** A handler for connections that must not fail. */
    public static ConnectHandler connected(HandleUse use) {
        return new ConnectHandler() {
            @Override
            public void onConnect(SocketHandle socket) throws IOException {
                use.use(socket);
            }

            @Override
            public void onFailure(IOException cause) {
                throw new UncheckedIOException(cause);
            }
        };
    }
}
