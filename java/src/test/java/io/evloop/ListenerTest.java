package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.epoll.Epoll;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Quiet;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Accepting, with the JDK's sockets as peers. */
class ListenerTest {

    private static final int CLOSE_ON_EXEC = 1;
    private static final int NON_BLOCKING = 0x800;

    private TestLoop test;
    private EventLoop loop;

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static SocketAddress jdk(Address address) {
        return address.isUnix()
                ? UnixDomainSocketAddress.of(address.path())
                : new InetSocketAddress(address.inetAddress(), address.port());
    }

    private static SocketChannel client(Listener listener) throws IOException {
        return SocketChannel.open(jdk(listener.localAddress()));
    }

    private static void assertClosedByThePeer(SocketChannel client) throws IOException {
        client.configureBlocking(false);
        Await.until("the end of the stream", () -> {
            int count = read(client);
            assertTrue(count <= 0, "a byte has come");
            return count < 0;
        });
    }

    private static int read(SocketChannel client) {
        try {
            return client.read(ByteBuffer.allocate(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "TCP4", "TCP6"})
    void anAcceptedSocketBecomesAPipe(SocketKind kind) throws Exception {
        assumeTrue(kind.isAvailable());
        List<Pipe> pipes = new ArrayList<>();
        try (Listener listener = loop.listen(kind.newAddress(), (from, socket) -> pipes.add(socket.pipe(5)));
                SocketChannel client = client(listener)) {
            Await.turns(loop, "the connection", () -> !pipes.isEmpty());
            int fd = pipes.get(0).connection().fd();
            assertEquals(5, pipes.get(0).connection().tag());
            assertEquals(CLOSE_ON_EXEC, Native.descriptorFlags(fd));
            assertEquals(NON_BLOCKING, Native.statusFlags(fd) & NON_BLOCKING);
            pipes.get(0).writeFrame(258, ByteBuffer.wrap("hi".getBytes(UTF_8)));
            Await.idle(loop);
            ByteBuffer bytes = ByteBuffer.allocate(8);
            while (bytes.hasRemaining()) {
                assertTrue(client.read(bytes) > 0);
            }
            assertArrayEquals(new byte[] {1, 2, 0, 0, 0, 2, 'h', 'i'}, bytes.array());
            assertEquals(1, listener.stats().accepted());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "TCP4"})
    void anAcceptedSocketBecomesAConnectionOrADescriptor(SocketKind kind) throws Exception {
        List<Integer> taken = new ArrayList<>();
        List<Connection> connections = new ArrayList<>();
        ConnectionHandler mute = connection -> {};
        AcceptHandler acceptor = (from, socket) -> {
            if (connections.isEmpty()) {
                connections.add(socket.connection(7, mute));
            } else {
                taken.add(socket.take());
            }
            assertFalse(socket.isOpen());
            assertThrows(IllegalStateException.class, socket::take);
            assertThrows(IllegalStateException.class, socket::fd);
        };
        try (Listener listener = loop.listen(kind.newAddress(), acceptor);
                SocketChannel first = client(listener);
                SocketChannel second = client(listener)) {
            Await.turns(loop, "both connections", () -> !taken.isEmpty());
            assertEquals(7, connections.get(0).tag());
            Fd.close(taken.get(0));
            assertClosedByThePeer(second);
            connections.get(0).close();
            Await.idle(loop);
            assertClosedByThePeer(first);
        }
    }

    @Test
    void aSocketThatNobodyTakesIsClosed() throws Exception {
        List<SocketHandle> handles = new ArrayList<>();
        try (Listener listener = loop.listen(Address.tcp(0), (from, socket) -> handles.add(socket));
                SocketChannel client = client(listener)) {
            Await.turns(loop, "the connection", () -> !handles.isEmpty());
            assertClosedByThePeer(client);
            assertThrows(IllegalStateException.class, () -> handles.get(0).pipe(1));
        }
    }

    /** Also once it has made a pipe of it, which nobody else may know. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHandlerThatThrowsEndsThatConnectionAlone(boolean late) throws Exception {
        List<Pipe> pipes = new ArrayList<>();
        AcceptHandler acceptor = (from, socket) -> {
            Pipe pipe = late ? socket.pipe(1) : null;
            if (from.stats().accepted() == 1) {
                throw new IllegalArgumentException("no");
            }
            pipes.add(late ? pipe : socket.pipe(1));
        };
        try (Listener listener = loop.listen(Address.tcp(0), acceptor);
                SocketChannel first = client(listener);
                SocketChannel second = client(listener)) {
            Await.turns(loop, "the second one", () -> !pipes.isEmpty());
            assertClosedByThePeer(first);
            TestLoop.Heard heard = test.takeError();
            assertSame(listener, heard.source());
            assertEquals("no", heard.error().getMessage());
        }
    }

    @Test
    void tellsWhoIsAtTheOtherEnd() throws Exception {
        List<PeerCredentials> peers = new ArrayList<>();
        AcceptHandler acceptor = (from, socket) -> {
            peers.add(socket.credentials());
            assertNull(socket.remote().path());
            assertEquals(from.localAddress(), socket.local());
            assertPidFdIsOfThisProcess(socket);
        };
        try (Listener listener = loop.listen(SocketKind.UNIX_PATH.newAddress(), acceptor);
                SocketChannel client = client(listener)) {
            assertTrue(client.isConnected());
            Await.turns(loop, "the connection", () -> !peers.isEmpty());
            assertEquals(ProcessHandle.current().pid(), peers.get(0).pid());
            assertEquals(ownUid(), peers.get(0).uid());
        }
    }

    private void assertPidFdIsOfThisProcess(SocketHandle socket) throws IOException {
        int pidFd;
        try {
            pidFd = socket.openPidFd();
        } catch (NativeIoException e) {
            assertEquals("ENOPROTOOPT", e.errnoName());
            return;
        }
        try {
            assertEquals(0, Native.pidFdSignal(pidFd, 0));
            assertEquals(CLOSE_ON_EXEC, Native.descriptorFlags(pidFd));
            Watch watch = loop.watch(pidFd, Epoll.IN, (watched, events) -> {});
            watch.cancel();
        } finally {
            Fd.close(pidFd);
        }
    }

    private static int ownUid() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::"}) // which takes clients of IPv4, too
    void aTcpPeerHasAnAddressAndNoCredentials(String host) throws Exception {
        assumeTrue(!host.equals("::") || SocketKind.TCP6.isAvailable());
        List<Address> peers = new ArrayList<>();
        AcceptHandler acceptor = (from, socket) -> {
            peers.add(socket.remote());
            assertThrows(UnsupportedOperationException.class, socket::credentials);
            assertThrows(UnsupportedOperationException.class, socket::openPidFd);
        };
        try (Listener listener = loop.listen(Address.of(new InetSocketAddress(host, 0)), acceptor);
                Socket client = new Socket("127.0.0.1", listener.localAddress().port())) {
            Await.turns(loop, "the connection", () -> !peers.isEmpty());
            assertEquals(client.getLocalPort(), peers.get(0).port());
            assertEquals("127.0.0.1", peers.get(0).inetAddress().getHostAddress());
            assertEquals("tcp:127.0.0.1:" + client.getLocalPort(), peers.get(0).toString());
        }
    }

    @Test
    void refusesUsersThatAreNotAllowed() throws Exception {
        List<SocketHandle> accepted = new ArrayList<>();
        ListenOptions others =
                ListenOptions.builder().allowUids(ownUid() + 1, ownUid() + 2).build();
        ListenOptions own =
                ListenOptions.builder().allowUids(ownUid() + 1, ownUid()).build();
        try (Listener closed =
                        loop.listen(SocketKind.UNIX_PATH.newAddress(), others, (from, socket) -> accepted.add(socket));
                Listener open =
                        loop.listen(SocketKind.UNIX_PATH.newAddress(), own, (from, socket) -> accepted.add(socket));
                SocketChannel stranger = client(closed);
                SocketChannel friend = client(open)) {
            assertTrue(friend.isConnected());
            Await.turns(loop, "the refusal", () -> closed.stats().refused() == 1 && !accepted.isEmpty());
            assertClosedByThePeer(stranger);
            assertEquals(0, closed.stats().accepted());
            assertEquals(1, open.stats().accepted());
        }
        assertThrows(IllegalArgumentException.class, () -> loop.listen(Address.tcp(0), own, (from, socket) -> {}));
    }

    @Test
    @ExactCalls("the connections of one turn")
    void acceptsABoundedNumberPerTurn() throws Exception {
        ListenOptions three = ListenOptions.builder().acceptsPerTurn(3).build();
        List<SocketChannel> clients = new ArrayList<>();
        try (Listener listener = loop.listen(SocketKind.UNIX_PATH.newAddress(), three, (from, socket) -> {})) {
            for (int count = 0; count < 8; count++) {
                clients.add(client(listener));
            }
            for (long expected : new long[] {3, 6, 8}) {
                loop.poll(1_000_000_000);
                assertEquals(expected, listener.stats().accepted());
            }
        } finally {
            for (SocketChannel client : clients) {
                client.close();
            }
        }
    }

    @Test
    void whoeverConnectsWhileItIsPausedWaits() throws Exception {
        List<SocketHandle> accepted = new ArrayList<>();
        try (Listener listener = loop.listen(Address.tcp(0), (from, socket) -> accepted.add(socket))) {
            listener.pause();
            try (SocketChannel client = client(listener)) {
                assertTrue(client.isConnected());
                Quiet.assertQuiet(loop);
                assertEquals(0, accepted.size());
                listener.resume();
                Await.turns(loop, "the connection", () -> !accepted.isEmpty());
            }
        }
    }

    @Test
    void aListenerClosedInItsHandlerAcceptsNothingMore() throws Exception {
        List<SocketChannel> clients = new ArrayList<>();
        Listener listener = loop.listen(Address.tcp(0), (from, socket) -> from.close());
        for (int count = 0; count < 3; count++) {
            clients.add(client(listener));
        }
        Await.turns(loop, "the close", listener::isClosed);
        Await.idle(loop);
        assertEquals(1, listener.stats().accepted());
        listener.close();
        listener.resume();
        for (SocketChannel client : clients) {
            client.close();
        }
    }

    @Test
    void aListenerIsClosedFromAnotherThreadByItsLoop() throws Exception {
        Listener listener = loop.listen(Address.tcp(0), (from, socket) -> {});
        Background.await("stranger", () -> {
            assertThrows(IllegalStateException.class, listener::pause);
            assertThrows(IllegalStateException.class, () -> loop.listen(Address.tcp(0), (from, socket) -> {}));
            listener.close();
        });
        Await.turns(loop, "the close", listener::isClosed);
    }

    @Test
    void theLoopClosesItsListeners() throws Exception {
        Address address = SocketKind.UNIX_PATH.newAddress();
        Listener listener = loop.listen(address, (from, socket) -> {});
        loop.close();
        assertTrue(listener.isClosed());
        assertFalse(Files.exists(address.path()));
        listener.close();
    }

    @Test
    void listenersShareAPortIfTheyAskForIt() throws Exception {
        ListenOptions shared = ListenOptions.builder().reusePort().build();
        try (Listener first = loop.listen(Address.tcp(0), shared, (from, socket) -> {});
                Listener second = loop.listen(first.localAddress(), shared, (from, socket) -> {})) {
            assertEquals(first.localAddress(), second.localAddress());
            NativeIoException refused = assertThrows(
                    NativeIoException.class, () -> loop.listen(first.localAddress(), (from, socket) -> {}));
            assertEquals("EADDRINUSE", refused.errnoName());
            assertEquals("bind", refused.systemCall());
        }
    }

    @Test
    void addressesAreTakenFromTheJdk() {
        assertEquals(Address.tcp(80), Address.of(new InetSocketAddress("127.0.0.1", 80)));
        assertEquals("tcp:127.0.0.1:80", Address.tcp(80).toString());
        assertEquals("tcp:[0:0:0:0:0:0:0:1]:443", Address.tcp6(443).toString());
        assertEquals(Address.tcp6(443), Address.of(new InetSocketAddress("::1", 443)));
        Address unix = Address.of(UnixDomainSocketAddress.of("/run/x"));
        assertEquals("/run/x", unix.path().toString());
        assertEquals("unix:/run/x", unix.toString());
        assertNull(unix.inetAddress());
        assertEquals(-1, unix.port());
        assertEquals("abstract:x", Address.abstractUnix("x").toString());
        assertEquals("x", Address.abstractUnix("x").abstractName());
        assertThrows(
                IllegalArgumentException.class, () -> Address.of(InetSocketAddress.createUnresolved("localhost", 1)));
        assertThrows(IllegalArgumentException.class, () -> Address.tcp(65536));
        assertThrows(IllegalArgumentException.class, () -> Address.tcp(-1));
    }

    /** Not by the name that IPv6 has for it. */
    @Test
    void aClientOfIpv4IsToldByItsAddressWhereIpv6Listens() throws Exception {
        assumeTrue(SocketKind.TCP6.isAvailable(), "no IPv6 here");
        Address[] told = new Address[2];
        Address everywhere = Address.tcp(InetAddress.getByName("::"), 0);
        try (Listener listener = loop.listen(everywhere, (from, socket) -> {
                    told[0] = socket.local();
                    told[1] = socket.remote();
                });
                SocketChannel client = SocketChannel.open(new InetSocketAddress(
                        "127.0.0.1", listener.localAddress().port()))) {
            Await.turns(loop, "the client", () -> told[1] != null);
            assertEquals(Address.tcp(listener.localAddress().port()), told[0]);
            assertEquals(Address.of(client.getLocalAddress()), told[1]);
            assertEquals(Address.of(client.getLocalAddress()).hashCode(), told[1].hashCode());
        }
    }
}
