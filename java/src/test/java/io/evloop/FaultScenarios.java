package io.evloop;

import io.evloop.epoll.Epoll;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Frames;
import io.evloop.testing.SocketKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** What is done again and again while one system call after the other fails. */
final class FaultScenarios {

    /** Returns if all went well; leaves nothing behind in any case. */
    @FunctionalInterface
    interface Scenario {
        void run(FaultProbe probe) throws Exception;
    }

    private static final int FRAMES_EACH_WAY = 500;
    static final int FEW_FRAMES = 110;

    static final PipeOptions OPTIONS =
            PipeOptions.builder().highWater(64 * 1024).lowWater(16 * 1024).build();

    private FaultScenarios() {}

    static Map<String, Scenario> all() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        all.put("loop", FaultScenarios::loop);
        all.put("pair", probe -> pair(probe, Duration.ZERO));
        all.put("spinning pair", probe -> pair(probe, Duration.ofMillis(1)));
        all.put("descriptors", FaultScenarios::descriptors);
        all.put("fifo", FaultScenarios::fifo);
        all.put("bytes", FaultScenarios::bytes);
        all.put("blocking", FaultScenarios::blocking);
        all.put("tcp", probe -> sockets(probe, SocketKind.TCP4));
        all.put("unix", probe -> sockets(probe, SocketKind.UNIX_PATH));
        all.put("watch", FaultThreadScenarios::watch);
        all.put("group", FaultThreadScenarios::group);
        FaultWorkerScenarios.addTo(all);
        return all;
    }

    private static void loop(FaultProbe probe) throws Exception {
        try (EventLoop loop = probe.openLoop()) {
            int[] done = {0};
            loop.execute(() -> done[0]++);
            loop.schedule(1_000_000, () -> done[0]++);
            probe.await(loop, "a task and a timer", () -> done[0] == 2, () -> false);
        }
        try (Epoll epoll = Epoll.open(2)) {
            epoll.wakeup();
            epoll.await(1_000_000_000);
        }
    }

    // pipes ------------------------------------------------------------------------------------------------------

    private static void pair(FaultProbe probe, Duration spin) throws Exception {
        try (EventLoop loop = EventLoop.open(probe.options().spin(spin).build())) {
            exchange(probe, loop, Pipe.pair(loop, loop, OPTIONS), FRAMES_EACH_WAY);
        }
    }

    /** Sends frames both ways at once, then half-closes: the ends close one after the other. */
    private static void exchange(FaultProbe probe, EventLoop loop, Pipe[] ends, int frames) throws Exception {
        FaultStream there = new FaultStream(ends[0], ends[1], frames);
        FaultStream back = new FaultStream(ends[1], ends[0], frames);
        AtomicInteger closed = countCloses(probe, ends);
        awaitStreams(probe, loop, closed, there, back);
        ends[0].shutdownOutput();
        probe.await(loop, "the closes", () -> closed.get() == 2, () -> false);
    }

    static AtomicInteger countCloses(FaultProbe probe, Pipe... pipes) {
        AtomicInteger closed = new AtomicInteger();
        for (Pipe pipe : pipes) {
            pipe.onClose((from, cause) -> {
                closed.incrementAndGet();
                probe.ended(cause);
            });
        }
        return closed;
    }

    static void awaitStreams(FaultProbe probe, EventLoop loop, AtomicInteger closed, FaultStream... streams)
            throws Exception {
        FaultProbe.Condition done = () -> {
            boolean all = true;
            for (FaultStream stream : streams) {
                stream.pump();
                all &= stream.isDone();
            }
            return all;
        };
        probe.await(loop, "frames", done, () -> closed.get() > 0);
    }

    private static void descriptors(FaultProbe probe) throws Exception {
        long packed = Fd.check(Native.pipe(), "pipe2");
        try (EventLoop loop = probe.openLoop()) {
            Pipe[] ends = Pipe.pair(loop, loop, OPTIONS);
            ends[1].acceptFds(2);
            FaultStream there = new FaultStream(ends[0], ends[1], FEW_FRAMES, Fd.first(packed));
            FaultStream back = new FaultStream(ends[1], ends[0], FEW_FRAMES);
            AtomicInteger closed = countCloses(probe, ends);
            awaitStreams(probe, loop, closed, there, back);
            ends[1].closeAfterFlush();
            probe.await(loop, "the closes", () -> closed.get() == 2, () -> false);
        } finally {
            closeBoth(packed);
        }
    }

    static void closeBoth(long packed) throws IOException {
        try {
            Fd.close(Fd.first(packed));
        } finally {
            Fd.close(Fd.second(packed));
        }
    }

    private static void fifo(FaultProbe probe) throws Exception {
        long packed = Fd.check(Native.pipe(), "pipe2");
        int[] fds = {Fd.second(packed), Fd.first(packed)};
        try (EventLoop loop = probe.openLoop()) {
            Pipe[] ends = new Pipe[2];
            for (int end = 0; end < 2; end++) {
                ends[end] = Pipe.adopt(loop, fds[end], end, OPTIONS);
                fds[end] = -1;
            }
            FaultStream there = new FaultStream(ends[0], ends[1], FRAMES_EACH_WAY);
            AtomicInteger closed = countCloses(probe, ends);
            awaitStreams(probe, loop, closed, there);
            ends[0].closeAfterFlush();
            probe.await(loop, "the closes", () -> closed.get() == 2, () -> false);
        } catch (Throwable e) {
            closeAfter(e, fds);
            throw e;
        }
    }

    private static void closeAfter(Throwable failure, int... fds) {
        for (int fd : fds) {
            if (fd >= 0) {
                Fd.closeAfter(failure, fd);
            }
        }
    }

    /** Connections without frames: one writes and closes, the other reads to the end. */
    private static void bytes(FaultProbe probe) throws Exception {
        long packed = Fd.check(Native.socketPair(), "socketpair");
        int[] fds = {Fd.first(packed), Fd.second(packed)};
        FaultBytes reader = new FaultBytes(probe);
        FaultBytes writer = new FaultBytes(probe);
        try (EventLoop loop = probe.openLoop()) {
            Connection from = loop.adopt(fds[0], 0, writer);
            fds[0] = -1;
            loop.adopt(fds[1], 1, reader);
            fds[1] = -1;
            from.write(reader.expected());
            from.closeAfterFlush();
            probe.await(loop, "the closes", () -> writer.isClosed() && reader.isClosed(), () -> false);
            if (!reader.isComplete()) {
                throw new FaultProbe.EndedEarly();
            }
        } catch (Throwable e) {
            closeAfter(e, fds);
            throw e;
        }
    }

    private static void blocking(FaultProbe probe) throws Exception {
        long packed = Fd.check(Native.socketPair(), "socketpair");
        int[] fds = {Fd.first(packed), Fd.second(packed)};
        try (BlockingPipe left = adoptBlocking(fds, 0);
                BlockingPipe right = adoptBlocking(fds, 1)) {
            for (int number = 1; number < FEW_FRAMES; number++) {
                left.writeFrame(number, ByteBuffer.wrap(Frames.pattern(number, number)));
            }
            left.flush();
            left.shutdownOutput();
            int received = 0;
            for (Frame frame = right.readFrame(); frame != null; frame = right.readFrame()) {
                received++;
                ByteBuffer expected = ByteBuffer.wrap(Frames.pattern(received, received));
                if (frame.channelId() != received || !expected.equals(frame.payload())) {
                    throw new AssertionError("frame " + received + " came as " + frame);
                }
            }
            if (received != FEW_FRAMES - 1) {
                throw new AssertionError("the end after frame " + received);
            }
        } catch (Throwable e) {
            closeAfter(e, fds);
            throw e;
        }
    }

    private static BlockingPipe adoptBlocking(int[] fds, int index) throws IOException {
        BlockingPipe pipe = BlockingPipe.adopt(fds[index]);
        fds[index] = -1;
        return pipe;
    }

    // sockets ----------------------------------------------------------------------------------------------------

    private static void sockets(FaultProbe probe, SocketKind kind) throws Exception {
        Address address = kind.newAddress();
        try (EventLoop loop = probe.openLoop()) {
            Pipe[] ends = connect(probe, loop, address);
            exchange(probe, loop, ends, FEW_FRAMES);
        } finally {
            Path file = address.path();
            if (file != null && Files.deleteIfExists(file) && !probe.fails("lstat", "unlink")) {
                throw new AssertionError("left behind: " + file);
            }
        }
    }

    private static Pipe[] connect(FaultProbe probe, EventLoop loop, Address address) throws Exception {
        Pipe[] ends = new Pipe[2];
        int[] failures = {0};
        AcceptHandler acceptor = (from, socket) -> {
            failures[0]++; // unless it comes to the end of this
            socket.remote();
            ends[1] = socket.pipe(1, OPTIONS);
            failures[0]--;
        };
        ConnectHandler connector = new ConnectHandler() {
            @Override
            public void onConnect(SocketHandle socket) throws IOException {
                failures[0]++;
                if (socket.isUnix()) {
                    socket.credentials();
                }
                ends[0] = socket.pipe(0, OPTIONS);
                failures[0]--;
            }

            @Override
            public void onFailure(IOException cause) {
                failures[0]++;
                probe.ended(cause);
            }
        };
        try (Listener listener = loop.listen(address, acceptor)) {
            loop.connect(listener.localAddress(), Duration.ofSeconds(2), connector);
            probe.await(loop, "a connection", () -> ends[0] != null && ends[1] != null, () -> failures[0] > 0);
        }
        return ends;
    }
}
