package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.FdLimit;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Row 38: no descriptor is free when somebody connects. */
class AcceptExhaustionTest {

    private final List<Integer> fillers = new ArrayList<>();

    /** Takes every number that is free. */
    private void fill() {
        int fd = Native.eventFd();
        while (fd >= 0) {
            fillers.add(fd);
            fd = Native.eventFd();
        }
    }

    private void free() throws IOException {
        for (int fd : fillers) {
            Fd.close(fd);
        }
        fillers.clear();
    }

    private static SocketChannel client(Listener listener) throws IOException {
        return SocketChannel.open(
                new InetSocketAddress("127.0.0.1", listener.localAddress().port()));
    }

    // row 38
    @Test
    void acceptingWaitsWithoutSpinningAndGoesOnOnceDescriptorsAreFree() throws Exception {
        List<SocketHandle> accepted = new ArrayList<>();
        try (TestLoop test = TestLoop.open();
                PeeredPipe other = PeeredPipe.adopt(test.loop()).pushed();
                FdLimit limit = FdLimit.open();
                Listener listener = test.loop().listen(Address.tcp(0), (from, socket) -> accepted.add(socket))) {
            EventLoop loop = test.loop();
            SocketChannel[] clients = {client(listener), null, null};
            Await.turns(loop, "the first one", () -> accepted.size() == 1);
            // a class that is loaded from a directory needs a descriptor: this loads what tells of the shortage
            assertTrue(Errno.exception("accept4", -Errno.EMFILE).getMessage().contains("EMFILE"));
            clients[1] = client(listener);
            clients[2] = client(listener);
            limit.lowerTo(200);
            fill();
            try {
                Await.turns(loop, "the shortage", () -> listener.stats().exhaustions() > 2);
                long turns = loop.stats().turns();
                long exhaustions = listener.stats().exhaustions();
                other.peer().write(Frames.frame(1, "served"));
                Await.turns(loop, "the other descriptor", () -> !other.heard().isEmpty());
                assertEquals(List.of("1:served"), other.takeHeard());
                long end = System.nanoTime() + 500_000_000;
                while (System.nanoTime() < end) {
                    loop.poll(end - System.nanoTime());
                }
                assertTrue(listener.stats().exhaustions() - exhaustions <= 10, "tries again, ever more rarely");
                assertTrue(loop.stats().turns() - turns <= 50, () -> loop.stats() + " is a spin");
            } finally {
                limit.restore();
                free();
            }
            assertEquals(1, accepted.size());
            assertFalse(listener.isClosed());
            TestLoop.Heard warning = test.takeError();
            assertSame(listener, warning.source());
            assertEquals(
                    "EMFILE",
                    assertInstanceOf(NativeIoException.class, warning.error()).errnoName());
            Await.turns(loop, "the others", () -> accepted.size() == 3);
            for (SocketChannel client : clients) {
                client.close();
            }
        }
    }

    // row 38
    @Test
    void aConnectWithoutAFreeDescriptorFailsInALaterTurn() throws Exception {
        List<Throwable> failures = new ArrayList<>();
        ConnectHandler handler = new ConnectHandler() {
            @Override
            public void onConnect(SocketHandle socket) {}

            @Override
            public void onFailure(IOException cause) {
                failures.add(cause);
            }
        };
        try (TestLoop test = TestLoop.open();
                FdLimit limit = FdLimit.open()) {
            test.loop().connect(Address.tcp(1), Duration.ZERO, handler);
            Await.turns(test.loop(), "a failure of another kind", () -> failures.size() == 1);
            limit.lowerTo(200);
            fill();
            try {
                test.loop().connect(Address.tcp(1), Duration.ZERO, handler);
                assertEquals(1, failures.size());
                Await.turns(test.loop(), "the failure", () -> failures.size() == 2);
            } finally {
                limit.restore();
                free();
            }
            assertEquals(
                    "EMFILE",
                    assertInstanceOf(NativeIoException.class, failures.get(1)).errnoName());
        }
    }
}
