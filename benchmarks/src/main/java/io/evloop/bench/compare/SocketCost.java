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
import io.evloop.bench.FirstError;
import io.evloop.bench.OpenDescriptors;
import io.evloop.sys.Fd;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

    private static final int CHANNEL_ID = 1;
    private static final byte PAYLOAD = 'x';

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
            double[] ratios = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                c[round] = inC(program, work, count);
                java[round] = measure(work, count);
                ratios[round] = java[round] / c[round];
            }
            System.out.printf("%-8s %14.0f %14.0f %8.2f%n", work, median(c), median(java), median(ratios));
        }
        System.out.println("descriptors before " + before + ", after " + OpenDescriptors.count());
    }

    private static double median(double... values) {
        return Spread.of(values).median();
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
        FirstError errors = new FirstError();
        try (EventLoop loop = errors.openLoop()) {
            switch (work) {
                case "unix" ->
                    new Connections(loop, errors, count)
                            .run(Address.abstractUnix(
                                    "socket-bench-" + ProcessHandle.current().pid()));
                case "tcp" -> new Connections(loop, errors, count).run(Address.tcp(0));
                case "plain" -> sendFrames(loop, errors, count, -1);
                default -> sendFrames(loop, errors, count, 0); // standard input, whatever it is
            }
        }
        return count * 1e9 / (System.nanoTime() - start);
    }

    /** Connections made, accepted, and closed at both ends, some at a time. */
    private static final class Connections implements ConnectHandler {

        private final EventLoop loop;
        private final FirstError errors;
        private final int count;
        private Address address;
        private int begun;
        private int ended;

        Connections(EventLoop loop, FirstError errors, int count) {
            this.loop = loop;
            this.errors = errors;
            this.count = count;
        }

        void run(Address at) throws IOException {
            AcceptHandler acceptor = (listener, socket) ->
                    socket.pipe(0).onFrame((pipe, channelId, payload) -> {}).onClose(this::onClose);
            try (Listener listener = loop.listen(at, acceptor)) {
                address = listener.localAddress();
                while (begun < AT_ONCE) {
                    connect();
                }
                while (ended < count) {
                    loop.poll(-1);
                    errors.check();
                }
            }
        }

        private void onClose(Pipe pipe, Throwable cause) {
            errors.onClose(pipe, cause);
            ended++;
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
    private static void sendFrames(EventLoop loop, FirstError errors, int count, int fd) throws IOException {
        Pipe[] ends = Pipe.pair(loop, loop);
        ByteBuffer payload = ByteBuffer.allocateDirect(1).put(0, PAYLOAD);
        if (fd >= 0) {
            ends[1].acceptFds(1);
        }
        ends[1].onFrame((pipe, channelId, bytes) -> {
                    if (channelId != CHANNEL_ID || bytes.remaining() != 1 || bytes.get(bytes.position()) != PAYLOAD) {
                        throw new IllegalStateException("a wrong frame");
                    }
                    if (fd >= 0) {
                        closeFd(pipe.takeFd());
                    }
                })
                .onClose(errors::onClose);
        int sent = 0;
        while (ends[1].stats().framesIn() < count) {
            for (int index = 0; index < BATCH && sent < count; index++) {
                payload.clear();
                WriteResult result =
                        fd < 0 ? ends[0].writeFrame(CHANNEL_ID, payload) : ends[0].writeFrame(CHANNEL_ID, payload, fd);
                if (!result.isAccepted()) {
                    break;
                }
                sent++;
            }
            loop.poll(0);
            errors.check();
        }
    }

    private static void closeFd(int fd) {
        try {
            Fd.close(fd); // -1, there was none: EBADF
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
