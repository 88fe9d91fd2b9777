package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Reader;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The program of {@link OutOfDirectMemoryTest}: plays one scene, and ends with code 0 if all went as it should. */
final class OutOfDirectMemory {

    /** What happens while there is no memory. */
    enum Scene {
        A_WRITE_IS_FULL_AND_DRAINED_LATER,
        A_READ_ENDS_ITS_PIPE_ALONE,
        A_REFUSED_WRITE_KEPT_THE_QUEUE_FROM_BEING_SENT,
        A_RETRY_SHUT_THE_OUTPUT_OF_SOMEBODY_ELSE,
        A_LONGER_LIST_OF_EVENTS_IS_NOT_TO_BE_HAD,
        A_CONNECT_FAILS_ALONE,
        A_RESTART_IS_TRIED_AGAIN
    }

    private static final int PAYLOAD = 40_000; // three to a segment

    private final List<ByteBuffer> hog = new ArrayList<>();
    private final TestLoop test;
    private final EventLoop loop;
    private final PeeredPipe peered;
    private final Pipe pipe;
    private final Reader reader;

    private OutOfDirectMemory(TestLoop test, PeeredPipe peered) throws Exception {
        this.test = test;
        this.loop = test.loop();
        this.peered = peered;
        this.pipe = peered.pipe();
        this.reader = new Reader(peered.peer());
    }

    public static void main(String[] arguments) throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed().drained()) {
            new OutOfDirectMemory(test, peered).play(Scene.valueOf(arguments[0]));
        }
    }

    private void play(Scene scene) throws Exception {
        block();
        switch (scene) {
            case A_WRITE_IS_FULL_AND_DRAINED_LATER -> writeIsFull();
            case A_READ_ENDS_ITS_PIPE_ALONE -> readEndsItsPipe();
            case A_REFUSED_WRITE_KEPT_THE_QUEUE_FROM_BEING_SENT -> refusedWriteWhileQueued();
            case A_RETRY_SHUT_THE_OUTPUT_OF_SOMEBODY_ELSE -> retryAfterTheClose();
            case A_LONGER_LIST_OF_EVENTS_IS_NOT_TO_BE_HAD -> shortListOfEvents();
            case A_CONNECT_FAILS_ALONE -> connectFails();
            default -> restartIsTriedAgain();
        }
        assertEquals(List.of(), test.takeErrors());
    }

    private WriteResult write() {
        return pipe.writeFrame(1, new byte[PAYLOAD], 0, PAYLOAD);
    }

    /** Until the kernel takes no more, and something is queued. */
    private void block() {
        while (pipe.stats().queuedBytes() == 0) {
            write();
            Await.idle(loop);
        }
    }

    /** Each attempt in vain takes the JVM half a second: few of them. */
    private void useUp() {
        for (int length : new int[] {256 * 1024, 4 * 1024, 64}) {
            assertThrows(OutOfMemoryError.class, () -> {
                while (hog.size() < 1_000_000) {
                    hog.add(ByteBuffer.allocateDirect(length));
                }
            });
        }
    }

    /** What the loop keeps for itself may serve some more. */
    private void writeUntilRefused() {
        WriteResult result = write();
        while (result.isAccepted()) {
            result = write();
        }
        assertEquals(WriteResult.FULL, result);
        assertTrue(pipe.stats().queuedBytes() < 8 << 20, "refused for want of memory");
    }

    private void drainAll() {
        Await.turns(loop, "an empty queue", () -> {
            reader.readAll();
            return pipe.stats().queuedBytes() == 0;
        });
        Await.idle(loop);
        reader.readAll();
    }

    private void writeIsFull() {
        useUp();
        writeUntilRefused();
        assertEquals(null, pipe.claim(1, PAYLOAD));
        long accepted = pipe.stats().framesOut();
        drainAll();
        hog.clear();
        Await.turns(loop, "the drain", () -> peered.heard().contains("drain"));
        assertTrue(write().isAccepted());
        drainAll();
        assertEquals(accepted + 1, reader.frames().size());
        peered.heard().clear();
        Await.idle(loop);
        assertEquals(List.of(), peered.heard());
    }

    private void readEndsItsPipe() throws Exception {
        try (PeeredPipe greedy = PeeredPipe.adopt(loop).pushed()) {
            greedy.peer().nonBlocking();
            peered.peer().write(Frames.frame(1, "before"));
            Await.turns(loop, "the frame", () -> !peered.heard().isEmpty());
            greedy.peer().write(Frames.header(2, 8 << 20));
            ByteBuffer piece = ByteBuffer.allocateDirect(10_000);
            useUp();
            Await.turns(loop, "the end of the greedy one", () -> {
                int sent = 1;
                while (sent > 0 && !greedy.isClosed()) { // or EAGAIN: it is read in its time
                    sent = Native.send(greedy.peer().fd(), Native.addressOf(piece), piece.capacity());
                }
                return greedy.isClosed();
            });
            assertInstanceOf(OutOfMemoryError.class, greedy.awaitClose());
            hog.clear();
            peered.takeHeard();
            peered.peer().write(Frames.frame(3, "after"));
            Await.turns(loop, "the next frame", () -> !peered.heard().isEmpty());
            assertEquals(List.of("3:after"), peered.heard());
            assertEquals(List.of("closed"), greedy.heard());
        }
    }

    private void refusedWriteWhileQueued() {
        while (pipe.stats().queuedBytes() < 20 * PAYLOAD) {
            write();
        }
        useUp();
        writeUntilRefused();
        long waits = loop.stats().waits();
        long begin = pipe.stats().writes();
        reader.readAll();
        loop.poll(0);
        assertTrue(pipe.stats().writes() > begin, "the room was used at once");
        drainAll();
        assertTrue(loop.stats().waits() - waits < 500, "waits: " + (loop.stats().waits() - waits));
        hog.clear();
        Await.turns(loop, "the drain", () -> peered.heard().contains("drain"));
    }

    private void retryAfterTheClose() throws Exception {
        useUp();
        writeUntilRefused();
        assertTrue(!loop.openContext().timers.isEmpty(), "a retry is pending");
        pipe.shutdownOutput(); // once what is queued is sent
        int fd = pipe.connection().fd();
        pipe.close();
        peered.awaitClose();
        hog.clear();
        RawSocket[] others = RawSocket.pair();
        try (RawSocket one = others[0];
                RawSocket other = others[1]) {
            assertTrue(one.fd() == fd || other.fd() == fd, "the number is in use again");
            Await.turns(loop, "the retry", () -> loop.openContext().timers.isEmpty());
            Reader far = new Reader(one.fd() == fd ? other : one);
            assertEquals(0, far.readAll());
            assertTrue(!far.isEnded(), "somebody has shut its output");
        }
    }

    private void shortListOfEvents() throws Exception {
        List<Integer> reported = new ArrayList<>();
        List<Watch> watches = new ArrayList<>();
        int[] fds = new int[600];
        for (int index = 0; index < fds.length; index++) {
            int own = index;
            fds[index] = Fd.check(Native.eventFd(), "eventfd");
            Fd.check(Native.eventFdWrite(fds[index]), "write");
            watches.add(loop.watch(fds[index], Epoll.IN | Epoll.ONESHOT, (watch, events) -> reported.add(own)));
        }
        useUp();
        Await.turns(loop, "all events", () -> reported.size() == fds.length);
        assertEquals(fds.length, reported.stream().distinct().count());
        for (int index = 0; index < fds.length; index++) {
            watches.get(index).cancel();
            Fd.close(fds[index]);
        }
        hog.clear();
    }

    private void connectFails() throws Exception {
        List<IOException> failures = new ArrayList<>();
        List<SocketHandle> connected = new ArrayList<>();
        ConnectHandler handler = new ConnectHandler() {
            @Override
            public void onConnect(SocketHandle socket) {
                connected.add(socket);
            }

            @Override
            public void onFailure(IOException cause) {
                failures.add(cause);
            }
        };
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Address address = Address.tcp(server.socket().getLocalPort());
            loop.connect(address, Duration.ZERO, handler);
            useUp();
            Await.turns(loop, "the failure", () -> !failures.isEmpty());
            assertInstanceOf(OutOfMemoryError.class, failures.get(0).getCause());
            hog.clear();
            loop.connect(address, Duration.ZERO, handler);
            Await.turns(loop, "the connection", () -> !connected.isEmpty());
            assertEquals(1, failures.size());
        }
    }

    private void restartIsTriedAgain() throws Exception {
        List<WorkerExit> exits = new ArrayList<>();
        Supervisor pool = Supervisor.builder(Worker.command("sh", "-c", "exec cat <&3 >&3"), 1) // an echo
                .backoff(Duration.ofMillis(1), Duration.ofMillis(1))
                .maxRestartsPerMinute(10_000)
                .onAnswer((supervisor, id, channelId, payload) -> peered.heard().add("answer"))
                .onExit((worker, exit) -> exits.add(exit))
                .start(loop);
        Worker first = loop.openContext().workers.snapshot().iterator().next();
        useUp();
        first.kill();
        TestLoop.Heard[] heard = new TestLoop.Heard[1];
        Await.turns(loop, "a restart in vain", () -> {
            List<TestLoop.Heard> errors = test.takeErrors();
            heard[0] = errors.isEmpty() ? null : errors.get(0);
            return heard[0] != null;
        });
        assertInstanceOf(OutOfMemoryError.class, heard[0].error());
        hog.clear();
        ByteBuffer request = ByteBuffer.allocateDirect(1);
        Await.turns(loop, "the answer of its successor", () -> {
            pool.request(1, 1, request.clear());
            return peered.heard().contains("answer");
        });
        assertEquals(1, exits.size());
        test.takeErrors(); // of further restarts in vain
    }
}
