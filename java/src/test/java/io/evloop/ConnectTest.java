package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.ConnectTimeoutException;
import io.evloop.error.EventLoopClosedException;
import io.evloop.error.NativeIoException;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.RawSocket;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connecting without blocking, and row 40: peers that are gone, not there, or too many. */
class ConnectTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final List<String> heard = new ArrayList<>();
    private final List<IOException> failures = new ArrayList<>();
    private TestLoop test;
    private EventLoop loop;

    /** Notes what it hears; a socket is closed, because nobody takes it. */
    private final ConnectHandler noting = new ConnectHandler() {
        @Override
        public void onConnect(SocketHandle socket) {
            heard.add("connected");
        }

        @Override
        public void onFailure(IOException cause) {
            heard.add("failed");
            failures.add(cause);
        }
    };

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    private IOException failureOf(Address address, Duration timeout) {
        ConnectAttempt attempt = loop.connect(address, timeout, noting);
        assertTrue(attempt.isPending());
        assertEquals(List.of(), heard, "nothing is told from inside connect()");
        Await.turns(loop, "the failure", () -> !heard.isEmpty());
        assertFalse(attempt.isPending());
        assertEquals(List.of("failed"), heard);
        return failures.get(0);
    }

    private void assertErrno(String name, IOException failure, Address address) {
        NativeIoException error = assertInstanceOf(NativeIoException.class, failure);
        assertEquals(name, error.errnoName());
        assertEquals("connect", error.systemCall());
        assertTrue(error.getMessage().contains(address.toString()), error::getMessage);
    }

    private static Address unusedPort() throws IOException {
        try (ServerSocketChannel channel = ServerSocketChannel.open()) {
            channel.bind(new InetSocketAddress("127.0.0.1", 0));
            return Address.of(channel.getLocalAddress());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "UNIX_ABSTRACT", "TCP4"})
    void connectsInALaterTurn(SocketKind kind) throws Exception {
        try (Listener listener = loop.listen(kind.newAddress(), (from, socket) -> {})) {
            ConnectAttempt attempt = loop.connect(listener.localAddress(), LONG, noting);
            assertEquals(List.of(), heard);
            assertTrue(attempt.isPending());
            assertEquals(listener.localAddress(), attempt.address());
            Await.turns(
                    loop,
                    "the connection",
                    () -> !heard.isEmpty() && listener.stats().accepted() == 1);
            assertEquals(List.of("connected"), heard);
            assertFalse(attempt.isPending());
            assertFalse(attempt.cancel());
            Quiet.assertQuiet(loop);
        }
    }

    @Test
    void connectsToASocketOfTheJdk() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress("127.0.0.1", 0));
            List<Address> ends = new ArrayList<>();
            loop.connect(Address.of(server.getLocalAddress()), LONG, SocketKind.connected(socket -> {
                ends.add(socket.remote());
                ends.add(socket.local());
            }));
            try (SocketChannel accepted = server.accept()) {
                Await.turns(loop, "the connection", () -> ends.size() == 2);
                assertEquals(Address.of(server.getLocalAddress()), ends.get(0));
                assertEquals(Address.of(accepted.getRemoteAddress()), ends.get(1));
            }
        }
    }

    // row 40
    @Test
    void aRefusedConnectionIsTold() throws Exception {
        Address tcp = unusedPort();
        assertErrno("ECONNREFUSED", failureOf(tcp, LONG), tcp);
    }

    // row 40
    @Test
    void aUnixSocketThatIsNotThereOrNotListeningIsTold() throws Exception {
        Address missing = SocketKind.UNIX_PATH.newAddress();
        assertErrno("ENOENT", failureOf(missing, LONG), missing);
        heard.clear();
        failures.clear();
        Address name = SocketKind.UNIX_ABSTRACT.newAddress();
        assertErrno("ECONNREFUSED", failureOf(name, LONG), name);
    }

    /** The backlog is full at some point: nobody accepts. */
    private void connectUntilOneFails(Address address, Duration timeout) {
        while (!heard.contains("failed")) {
            loop.connect(address, timeout, noting);
            int before = heard.size();
            Await.turns(loop, "the outcome", () -> heard.size() > before);
        }
    }

    // row 40
    @Test
    void aFullBacklogOfAUnixSocketIsTriedAgainUntilThereIsRoom() throws Exception {
        Path path = SocketKind.UNIX_PATH.newAddress().path();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path), 1);
            connectUntilOneFails(Address.unix(path), SHORT);
            ConnectTimeoutException timeout = assertInstanceOf(ConnectTimeoutException.class, failures.get(0));
            assertTrue(timeout.getMessage().contains(path.toString()), timeout::getMessage);
            int connected = heard.size() - 1;
            heard.clear();
            ConnectAttempt waiting = loop.connect(Address.unix(path), LONG, noting);
            loop.poll(10_000_000);
            assertTrue(waiting.isPending());
            for (int count = 0; count < connected; count++) {
                server.accept().close();
            }
            Await.turns(loop, "room", () -> !waiting.isPending());
            assertEquals(List.of("connected"), heard);
        } finally {
            Files.delete(path);
        }
    }

    // row 40
    @Test
    void aFullBacklogOfATcpPortTimesOut() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress("127.0.0.1", 0), 1);
            Address address = Address.of(server.getLocalAddress());
            connectUntilOneFails(address, Duration.ofMillis(300));
            assertInstanceOf(ConnectTimeoutException.class, failures.get(0));
        }
    }

    // row 40
    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "TCP4"})
    void peersThatAreGoneBeforeTheyAreAcceptedDoNoHarm(SocketKind kind) throws Exception {
        List<Throwable> causes = new ArrayList<>();
        AcceptHandler acceptor = (from, socket) ->
                socket.pipe(1).onFrame((pipe, channelId, payload) -> {}).onClose((pipe, cause) -> causes.add(cause));
        try (Listener listener = loop.listen(kind.newAddress(), acceptor)) {
            listener.pause();
            for (int linger = -1; linger <= 0; linger++) { // a FIN, then a RST
                Address address = listener.localAddress();
                try (SocketChannel gone = SocketChannel.open(
                        kind.isUnix()
                                ? UnixDomainSocketAddress.of(address.path())
                                : new InetSocketAddress(address.inetAddress(), address.port()))) {
                    if (!kind.isUnix()) {
                        gone.setOption(StandardSocketOptions.SO_LINGER, linger);
                    }
                }
            }
            listener.resume();
            Await.turns(
                    loop,
                    "both",
                    () -> !causes.isEmpty() && causes.size() + listener.stats().failed() >= 2);
            assertNull(causes.get(0));
            assertFalse(listener.isClosed());
        }
    }

    // row 40
    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "TCP4"})
    void aThousandConnectsAtOnceAreAllAccepted(SocketKind kind) throws Exception {
        int count = 1000;
        try (Listener listener = loop.listen(kind.newAddress(), (from, socket) -> {})) {
            for (int index = 0; index < count; index++) {
                loop.connect(listener.localAddress(), LONG, noting);
            }
            Await.turns(
                    loop, "all", () -> heard.size() == count && listener.stats().accepted() == count);
            assertEquals(List.of(), failures);
        }
    }

    @Test
    void whatWasConnectedInTimeIsNoTimeoutHoweverLateTheLoopIs() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress("127.0.0.1", 0)); // the kernel connects, nobody need accept
            loop.connect(Address.of(server.getLocalAddress()), SHORT, noting);
            long start = System.nanoTime();
            Await.until("twice the timeout", () -> System.nanoTime() - start > 2 * SHORT.toNanos());
            Await.turns(loop, "the outcome", () -> !heard.isEmpty());
            assertEquals(List.of("connected"), heard);
        }
    }

    private static void writeTo(RawSocket peer, byte[] bytes) {
        try {
            peer.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFullBacklogTimesOutWhileTheOnlyPipeFloods() throws Exception {
        Path path = SocketKind.UNIX_PATH.newAddress().path();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                PeeredPipe flooded = PeeredPipe.adopt(loop)) {
            server.bind(UnixDomainSocketAddress.of(path), 1);
            int[] frames = new int[1];
            byte[] burst = Frames.burst(500, 100);
            flooded.pipe().onFrame((pipe, channelId, payload) -> {
                if (++frames[0] % 500 == 0) {
                    writeTo(flooded.peer(), burst);
                }
            });
            flooded.peer().write(Frames.concat(burst, burst));
            connectUntilOneFails(Address.unix(path), SHORT);
            assertInstanceOf(ConnectTimeoutException.class, failures.get(0));
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void aConnectThatWasCancelledIsNotTold() throws Exception {
        try (Listener listener = loop.listen(Address.tcp(0), (from, socket) -> {});
                Listener unix = loop.listen(SocketKind.UNIX_ABSTRACT.newAddress(), (from, socket) -> {})) {
            for (Address address : List.of(listener.localAddress(), unix.localAddress(), unusedPort())) {
                ConnectAttempt attempt = loop.connect(address, LONG, noting);
                assertTrue(attempt.cancel());
                assertFalse(attempt.isPending());
                assertFalse(attempt.cancel());
            }
            Await.idle(loop);
            Quiet.assertQuiet(loop);
            assertEquals(List.of(), heard);
        }
    }

    @Test
    void closingTheLoopFailsWhatIsPending() throws Exception {
        try (Listener listener = loop.listen(Address.tcp(0), (from, socket) -> {})) {
            loop.connect(listener.localAddress(), LONG, noting);
            loop.connect(SocketKind.UNIX_PATH.newAddress(), LONG, noting);
            loop.close();
            assertEquals(List.of("failed", "failed"), heard);
            failures.forEach(failure -> assertInstanceOf(EventLoopClosedException.class, failure));
            assertThrows(IllegalStateException.class, () -> loop.connect(Address.tcp(1), LONG, noting));
        }
    }

    @Test
    void whatAHandlerThrowsIsHeardByTheErrorHandler() throws Exception {
        IllegalStateException thrown = new IllegalStateException("thrown");
        try (Listener listener = loop.listen(Address.tcp(0), (from, socket) -> {})) {
            ConnectAttempt attempt = loop.connect(listener.localAddress(), LONG, SocketKind.connected(socket -> {
                throw thrown;
            }));
            Await.turns(loop, "the connection", () -> !attempt.isPending());
            TestLoop.Heard error = test.takeError();
            assertSame(thrown, error.error());
            assertSame(attempt, error.source());
        }
    }

    @Test
    void connectBelongsToTheLoopsThread() throws Exception {
        Background.await(
                "stranger",
                () -> assertThrows(IllegalStateException.class, () -> loop.connect(Address.tcp(1), LONG, noting)));
        assertThrows(IllegalArgumentException.class, () -> loop.connect(Address.tcp(1), SHORT.negated(), noting));
        Await.idle(loop);
        assertEquals(List.of(), heard);
    }

    // row 40
    @Test
    void theTimeoutOfAFullBacklogTriesOnceMore() throws Exception {
        Path path = SocketKind.UNIX_PATH.newAddress().path();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path), 1);
            connectUntilOneFails(Address.unix(path), SHORT);
            ConnectAttempt waiting;
            do { // until this thread was not held up
                heard.clear();
                waiting = loop.connect(Address.unix(path), Duration.ofMillis(120), noting);
                long begin = System.nanoTime(); // tried at 1, 3, 7, 15, 31 and 63 ms, and not again in time
                while (System.nanoTime() - begin < 80_000_000) {
                    loop.poll(1_000_000);
                }
            } while (!waiting.isPending());
            server.accept().close();
            Await.turns(loop, "the outcome", () -> !heard.isEmpty());
            assertEquals(List.of("connected"), heard);
        } finally {
            Files.delete(path);
        }
    }

    // row 40
    @Test
    void aFailureAtOnceIsToldAsSuchHoweverShortTheTimeout() throws Exception {
        loop.connect(SocketKind.UNIX_PATH.newAddress(), Duration.ofNanos(1), noting);
        Await.turns(loop, "the outcome", () -> heard.contains("failed"));
        assertEquals(
                "ENOENT",
                assertInstanceOf(NativeIoException.class, failures.get(0)).errnoName());
    }
}
