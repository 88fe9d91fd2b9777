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
import io.evloop.testing.Schedule;
import io.evloop.testing.SocketKind;
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

    private static final long OBSERVED_NANOS = 500_000_000;

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

    /** A class that is loaded from a directory needs a descriptor: this loads what tells of a shortage, and who hears. */
    private static void rehearse(TestLoop test) {
        test.loop().execute(() -> {
            throw new IllegalStateException("a rehearsal");
        });
        test.loop().poll(0);
        assertEquals("a rehearsal", test.takeError().error().getMessage());
        assertTrue(Errno.exception("accept4", -Errno.EMFILE).getMessage().contains("EMFILE"));
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
            rehearse(test);
            byte[] frame = Frames.frame(1, "served");
            other.peer().write(frame);
            Await.turns(
                    loop,
                    "a frame while there is no shortage",
                    () -> other.heard().size() == 1);
            clients[1] = client(listener);
            clients[2] = client(listener);
            long turns;
            long exhaustions;
            limit.lowerTo(200);
            fill();
            try { // nothing is asserted in here: that could need a descriptor, too
                Await.turns(loop, "the shortage", () -> listener.stats().exhaustions() > 2);
                turns = loop.stats().turns();
                exhaustions = listener.stats().exhaustions();
                other.peer().write(frame);
                Await.turns(loop, "the other descriptor", () -> other.heard().size() == 2);
                long end = System.nanoTime() + OBSERVED_NANOS;
                for (long left = OBSERVED_NANOS; left > 0; left = end - System.nanoTime()) {
                    loop.poll(left);
                }
                exhaustions = listener.stats().exhaustions() - exhaustions;
                turns = loop.stats().turns() - turns;
            } finally {
                limit.restore();
                free();
            }
            assertTrue(exhaustions <= 10, exhaustions + " tries, which should have become ever rarer");
            assertTrue(turns <= 50 + Schedule.TURNS_IN_VAIN, turns + " turns are a spin");
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

    // row 38
    @Test
    void aShortageThatGivesWayToEachInTurnIsHeardOfOnce() throws Exception {
        try (TestLoop test = TestLoop.open();
                FdLimit limit = FdLimit.open();
                Listener listener = test.loop().listen(SocketKind.UNIX_ABSTRACT.newAddress(), (from, socket) -> {})) {
            int[] client = new int[1];
            ConnectHandler keeping = SocketKind.connected(socket -> client[0] = socket.take());
            test.loop().connect(listener.localAddress(), Duration.ZERO, keeping); // a rehearsal
            Await.turns(test.loop(), "a client", () -> listener.stats().accepted() == 1);
            Fd.close(client[0]);
            rehearse(test);
            limit.lowerTo(200);
            fill();
            try {
                for (int round = 1; round <= 3; round++) {
                    Fd.close(fillers.remove(fillers.size() - 1));
                    test.loop().connect(listener.localAddress(), Duration.ZERO, keeping);
                    long before = listener.stats().exhaustions();
                    Await.turns(
                            test.loop(), "a shortage", () -> listener.stats().exhaustions() > before);
                    Fd.close(client[0]);
                    long accepted = 1 + round;
                    Await.turns(test.loop(), "room", () -> listener.stats().accepted() == accepted);
                    fill();
                }
            } finally {
                limit.restore();
                free();
            }
            assertSame(listener, test.takeError().source());
        }
    }
}
