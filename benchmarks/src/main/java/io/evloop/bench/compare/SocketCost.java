package io.evloop.bench.compare;

import io.evloop.AcceptHandler;
import io.evloop.Address;
import io.evloop.ConnectHandler;
import io.evloop.EventLoop;
import io.evloop.Listener;
import io.evloop.Pipe;
import io.evloop.SocketHandle;
import io.evloop.WriteResult;
import io.evloop.bench.Build;
import io.evloop.bench.OpenDescriptors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What a connection costs, and a descriptor as a message, beside {@code bench_sockets}, the same in C, in one run.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar io.evloop.bench.compare.SocketCost</pre>
 */
public final class SocketCost {

    private static final List<String> WORKS = List.of("unix", "tcp", "plain", "fd");
    private static final int ROUNDS = 5;
    private static final int CONNECTIONS = 50_000;
    private static final int FRAMES = 320_000;
    private static final int AT_ONCE = 64;
    private static final int BATCH = 32;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private SocketCost() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String program = Build.program("bench_sockets").toString();
        for (String work : WORKS) {
            inC(program, work, AT_ONCE);
            measure(work, AT_ONCE); // what the JVM opens once
        }
        long before = OpenDescriptors.count();
        System.out.printf("%-8s %14s %14s %8s%n", "per s", "C", "evloop", "ratio");
        for (String work : WORKS) {
            int count = work.equals("unix") || work.equals("tcp") ? CONNECTIONS : FRAMES;
            measure(work, count); // the JIT
            double[] c = new double[ROUNDS];
            double[] java = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                c[round] = inC(program, work, count);
                java[round] = measure(work, count);
            }
            double ratio = median(java) / median(c);
            System.out.printf("%-8s %14.0f %14.0f %8.2f%n", work, median(c), median(java), ratio);
        }
        System.out.println("descriptors before " + before + ", after " + OpenDescriptors.count());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double inC(String program, String work, int count) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program, work, Integer.toString(count))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            String rate = output.readLine();
            if (process.waitFor() != 0 || rate == null) {
                throw new IOException(program + " " + work + " has failed");
            }
            return Double.parseDouble(rate);
        }
    }

    /** How many per second. */
    private static double measure(String work, int count) throws IOException {
        long start = System.nanoTime();
        try (EventLoop loop = EventLoop.open()) {
            switch (work) {
                case "unix" ->
                    new Connections(loop, count)
                            .run(Address.abstractUnix(
                                    "socket-bench-" + ProcessHandle.current().pid()));
                case "tcp" -> new Connections(loop, count).run(Address.tcp(0));
                case "plain" -> sendFrames(loop, count, -1);
                default -> sendFrames(loop, count, 0); // standard input, whatever it is
            }
        }
        return count * 1e9 / (System.nanoTime() - start);
    }

    /** Connections made, accepted, and closed at both ends, some at a time. */
    private static final class Connections implements ConnectHandler {

        private final EventLoop loop;
        private final int count;
        private Address address;
        private int begun;
        private int ended;

        Connections(EventLoop loop, int count) {
            this.loop = loop;
            this.count = count;
        }

        void run(Address at) throws IOException {
            AcceptHandler acceptor = (listener, socket) ->
                    socket.pipe(0).onFrame((pipe, channelId, payload) -> {}).onClose((pipe, cause) -> ended++);
            try (Listener listener = loop.listen(at, acceptor)) {
                address = listener.localAddress();
                while (begun < AT_ONCE) {
                    connect();
                }
                while (ended < count) {
                    loop.poll(-1);
                }
            }
        }

        private void connect() {
            begun++;
            loop.connect(address, TIMEOUT, this);
        }

        @Override
        public void onConnect(SocketHandle socket) {
            socket.close();
            if (begun < count) {
                connect();
            }
        }

        @Override
        public void onFailure(IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    /** Frames of 7 bytes, with a descriptor each unless {@code fd} is negative. */
    private static void sendFrames(EventLoop loop, int count, int fd) throws IOException {
        Pipe[] ends = Pipe.pair(loop, loop);
        ByteBuffer payload = ByteBuffer.allocateDirect(1);
        if (fd >= 0) {
            ends[1].acceptFds(1);
        }
        ends[1].onFrame((pipe, channelId, bytes) -> {}); // nobody takes it: it is closed
        int sent = 0;
        while (ends[1].stats().framesIn() < count) {
            for (int index = 0; index < BATCH && sent < count; index++) {
                payload.clear();
                WriteResult result = fd < 0 ? ends[0].writeFrame(1, payload) : ends[0].writeFrame(1, payload, fd);
                if (result.compareTo(WriteResult.FULL) >= 0) {
                    break;
                }
                sent++;
            }
            loop.poll(0);
        }
    }
}
