package io.evloop;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.Descriptors;
import io.evloop.testing.NoConnectHandler;
import io.evloop.testing.PublicCalls;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every public method once its object is closed: what it returns or throws. */
class AfterCloseTest {

    /** A result that may be anything but an exception: counters, names, the object that it was. */
    private static final String ANYTHING = "anything";

    private static final String REFUSED = "IllegalStateException";

    private TestLoop test;
    private EventLoop loop;
    private final List<RawSocket> peers = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() throws Exception {
        for (RawSocket peer : peers) {
            peer.close();
        }
        test.close();
    }

    /** One that can be used up. */
    private interface Maker {
        Object make() throws Exception;
    }

    private int adoptable() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        peers.add(pair[1]);
        return pair[0].release();
    }

    private Pipe closedPipe() throws Exception {
        Pipe pipe = Pipe.adopt(loop, adoptable(), 0);
        pipe.close();
        Await.idle(loop);
        return pipe;
    }

    private Connection closedConnection() throws Exception {
        Connection connection = loop.adopt(adoptable(), 0, from -> {});
        connection.close();
        Await.idle(loop);
        return connection;
    }

    // row 33
    @Test
    void aClosedPipe() throws Exception {
        assertOutcomes(
                Pipe.class,
                this::closedPipe,
                Map.ofEntries(
                        entry("writeFrame(int, ByteBuffer)", "CLOSED"),
                        entry("writeFrame(int, byte[], int, int)", "CLOSED"),
                        entry("writeFrame(int, ByteBuffer, int, int)", "CLOSED"),
                        entry("writeFrame(int, ByteBuffer, int)", "CLOSED"),
                        entry("takeFd()", "-1"),
                        entry("claim(int, int)", "null"),
                        entry("commit()", REFUSED),
                        entry("abort()", REFUSED),
                        entry("readFrame()", "null"),
                        entry("isClosed()", "true"),
                        entry("close()", "null"),
                        entry("closeAfterFlush()", "null"),
                        entry("shutdownOutput()", "null"),
                        entry("pauseReading()", "null"),
                        entry("resumeReading()", "null")));
    }

    // row 33
    @Test
    void aClosedConnection() throws Exception {
        assertOutcomes(
                Connection.class,
                this::closedConnection,
                Map.ofEntries(
                        entry("write(ByteBuffer)", "CLOSED"),
                        entry("consume(int)", "IllegalArgumentException"), // there is nothing to consume
                        entry("isClosed()", "true"),
                        entry("close()", "null"),
                        entry("closeAfterFlush()", "null"),
                        entry("shutdownOutput()", "null"),
                        entry("pauseReading()", "null"),
                        entry("resumeReading()", "null")));
        assertEquals(0, closedConnection().readable().remaining());
    }

    // row 33
    @Test
    void aSenderOfAClosedPipe() throws Exception {
        assertOutcomes(
                Sender.class,
                () -> {
                    Pipe pipe = Pipe.adopt(loop, adoptable(), 0);
                    Sender sender = pipe.sender();
                    pipe.close();
                    Await.idle(loop);
                    return sender;
                },
                Map.of("writeFrame(int, ByteBuffer)", "CLOSED", "writeFrame(int, byte[], int, int)", "CLOSED"));
    }

    // row 33
    @Test
    void aCancelledWatch() throws Exception {
        assertOutcomes(
                Watch.class,
                () -> {
                    RawSocket[] pair = RawSocket.pair();
                    peers.addAll(List.of(pair));
                    Watch watch = loop.watch(pair[0].fd(), Epoll.IN, (w, events) -> {});
                    watch.cancel();
                    return watch;
                },
                Map.of("modify(int)", REFUSED, "cancel()", "null", "isActive()", "false"));
    }

    // row 33
    @Test
    void aTimerThatHasRun() throws Exception {
        assertOutcomes(
                Timer.class,
                () -> {
                    Timer timer = loop.schedule(0, () -> {});
                    Await.idle(loop);
                    return timer;
                },
                Map.of("cancel()", "false", "isPending()", "false"));
    }

    // row 33
    @Test
    void aClosedListener() throws Exception {
        assertOutcomes(
                Listener.class,
                () -> {
                    Listener listener = loop.listen(Address.tcp(0), (from, socket) -> {});
                    listener.close();
                    return listener;
                },
                Map.of("pause()", "null", "resume()", "null", "close()", "null", "isClosed()", "true"));
    }

    // row 33
    @Test
    void anAttemptToConnectThatWasCancelled() throws Exception {
        assertOutcomes(
                ConnectAttempt.class,
                () -> {
                    ConnectAttempt attempt = loop.connect(Address.tcp(1), Duration.ZERO, NoConnectHandler.INSTANCE);
                    attempt.cancel();
                    return attempt;
                },
                Map.of("cancel()", "false", "isPending()", "false"));
    }

    // row 33
    @Test
    void aClosedLoop() throws Exception {
        assertOutcomes(
                EventLoop.class,
                () -> {
                    EventLoop closed = EventLoop.open();
                    closed.close();
                    return closed;
                },
                Map.ofEntries(
                        entry("run()", REFUSED),
                        entry("poll(long)", REFUSED),
                        entry("schedule(long, Runnable)", REFUSED),
                        entry("adopt(int, int, ConnectionHandler)", REFUSED),
                        entry("watch(int, int, WatchHandler)", REFUSED),
                        entry("listen(Address, AcceptHandler)", REFUSED),
                        entry("listen(Address, ListenOptions, AcceptHandler)", REFUSED),
                        entry("listenInherited(int, ListenOptions, AcceptHandler)", REFUSED),
                        entry("connect(Address, Duration, ConnectHandler)", REFUSED),
                        entry("execute(Runnable)", "RejectedExecutionException"),
                        entry("stop()", "null"),
                        entry("close()", "null"),
                        entry("isClosed()", "true")));
    }

    // row 33
    @Test
    void whatWasOnALoopThatIsClosed() throws Exception {
        List<Object> orphans = new ArrayList<>();
        try (TestLoop other = TestLoop.open()) {
            orphans.add(Pipe.adopt(other.loop(), adoptable(), 0));
            orphans.add(other.loop().adopt(adoptable(), 0, from -> {}));
            orphans.add(other.loop().watch(peers.get(0).fd(), Epoll.IN, (watch, events) -> {}));
            orphans.add(other.loop().schedule(0, () -> {}));
            orphans.add(((Pipe) orphans.get(0)).sender());
        }
        for (Object orphan : orphans) {
            for (PublicCalls.Call call : PublicCalls.of(orphan.getClass())) {
                String outcome = outcome(call, orphan);
                assertTrue(!outcome.endsWith("Exception") || isDocumented(outcome), call + ": " + outcome);
            }
        }
    }

    /** Exactly what is expected of those that are named; no undocumented exception of the others. */
    private static void assertOutcomes(Class<?> type, Maker maker, Map<String, String> expected) throws Exception {
        Map<String, String> outcomes = new TreeMap<>();
        for (PublicCalls.Call call : PublicCalls.of(type)) {
            String outcome = outcome(call, maker.make());
            boolean named = expected.containsKey(call.toString());
            outcomes.put(call.toString(), named || outcome.endsWith("Exception") ? outcome : ANYTHING);
        }
        Map<String, String> all = new TreeMap<>(expected);
        outcomes.keySet().forEach(name -> all.putIfAbsent(name, ANYTHING));
        assertEquals(all, outcomes);
    }

    private static String outcome(PublicCalls.Call call, Object target) {
        try {
            return String.valueOf(call.on(target));
        } catch (Throwable e) {
            return e.getClass().getSimpleName();
        }
    }

    private static boolean isDocumented(String exception) {
        return List.of(
                        "IllegalStateException",
                        "IllegalArgumentException",
                        "RejectedExecutionException",
                        "UnsupportedOperationException")
                .contains(exception);
    }

    @Test
    void aHalfCloseAfterTheCloseLeavesTheDescriptorThatHasItsNumberByNow() throws Exception {
        Connection connection = loop.adopt(adoptable(), 0, from -> {});
        int number = connection.fd();
        connection.close();
        Await.idle(loop);
        RawSocket[] successor = Descriptors.pairWithNumber(number);
        try (RawSocket first = successor[0];
                RawSocket second = successor[1]) {
            connection.shutdownOutput();
            Await.idle(loop);
            first.write("x");
            assertEquals(1, second.readSome(1).length);
        }
    }
}
