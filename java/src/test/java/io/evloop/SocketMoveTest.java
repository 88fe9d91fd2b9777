package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.LoopThread;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sockets that one loop accepts and another serves. */
class SocketMoveTest {

    private static final long DEADLINE_SECONDS = 30;

    private TestLoop test;
    private EventLoop loop;
    private Path path;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        path = SocketKind.UNIX_PATH.newAddress().path();
    }

    @AfterEach
    void close() {
        test.close();
    }

    private SocketChannel client() throws Exception {
        SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
        client.connect(UnixDomainSocketAddress.of(path));
        return client;
    }

    private static void assertClosed(SocketChannel client) throws Exception {
        assertEquals(-1, client.read(ByteBuffer.allocate(1)));
    }

    @Test
    void becomesAPipeOfTheOtherLoop() throws Exception {
        CompletableFuture<Thread> served = new CompletableFuture<>();
        try (LoopThread other = LoopThread.start("other");
                Listener listener = loop.listen(Address.unix(path), (from, socket) -> {
                    assertTrue(socket.moveTo(other.loop(), moved -> {
                        assertTrue(moved.isUnix());
                        Pipe pipe = moved.pipe(7);
                        pipe.onFrame((of, channelId, payload) -> of.writeFrame(channelId, payload));
                        assertSame(other.loop(), pipe.connection().loop());
                        served.complete(Thread.currentThread());
                    }));
                    assertFalse(socket.isOpen());
                    assertThrows(IllegalStateException.class, socket::fd);
                });
                SocketChannel client = client()) {
            Await.turns(loop, "the client", () -> listener.stats().accepted() == 1);
            assertSame(other.thread(), served.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
            client.write(ByteBuffer.wrap(new byte[] {0, 1, 0, 0, 0, 1, 42}));
            ByteBuffer answer = ByteBuffer.allocate(7);
            while (answer.hasRemaining() && client.read(answer) >= 0) {
                continue;
            }
            assertEquals(42, answer.get(6));
        }
    }

    @Test
    void isClosedIfItBecomesNothingOrItsHandlerThrows() throws Exception {
        IllegalStateException failure = new IllegalStateException("thrown by the handler");
        List<SocketHandler> handlers = new ArrayList<>(List.of(
                moved -> {},
                moved -> {
                    throw failure;
                },
                moved -> {
                    moved.pipe(1).onFrame((pipe, channelId, payload) -> {});
                    throw failure;
                }));
        try (LoopThread other = LoopThread.start("other");
                Listener listener = loop.listen(
                        Address.unix(path), (from, socket) -> socket.moveTo(other.loop(), handlers.remove(0)))) {
            for (int round = 1; round <= 3; round++) {
                try (SocketChannel client = client()) {
                    long expected = round;
                    Await.turns(loop, "the client", () -> listener.stats().accepted() == expected);
                    assertClosed(client);
                }
            }
            List<TestLoop.Heard> heard = other.call(other.test()::takeErrors);
            assertEquals(
                    List.of(failure, failure),
                    heard.stream().map(TestLoop.Heard::error).toList());
        }
    }

    @Test
    void isClosedWithALoopThatIsClosedOrClosesBefore() throws Exception {
        List<Boolean> moved = new ArrayList<>();
        SocketHandler never = socket -> {
            throw new AssertionError("called");
        };
        try (TestLoop other = TestLoop.open();
                Listener listener = loop.listen(
                        Address.unix(path), (from, socket) -> moved.add(socket.moveTo(other.loop(), never)))) {
            for (int round = 1; round <= 2; round++) {
                try (SocketChannel client = client()) {
                    long expected = round;
                    Await.turns(loop, "the client", () -> listener.stats().accepted() == expected);
                    other.loop().close(); // in the first round it had not run yet
                    assertClosed(client);
                }
            }
            assertEquals(List.of(true, false), moved);
        }
    }
}
