package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.Programs;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** A supervisor that accepts TCP connections and hands each to a worker in Python, with a frame. */
class HandOverTest {

    /** Greets each connection that comes with a frame, with that frame's payload, and reports on the same channel. */
    private static final String WORKER = """
            import os, socket, struct
            pipe = socket.socket(fileno=int(os.environ["EVLOOP_FD"]))
            header = struct.Struct(">HI")
            def take(data, fds, length):
                while len(data) < length:
                    more, new_fds, flags, address = socket.recv_fds(pipe, length - len(data), 1)
                    if not more:
                        raise SystemExit(0)
                    data += more
                    fds += new_fds
                return data
            while True:
                fds = []
                channel, length = header.unpack(take(b"", fds, 6))
                payload = take(b"", fds, length)
                with socket.socket(fileno=fds[0]) as client:
                    client.setblocking(True)
                    no_delay = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                    client.sendall(b"hello " + payload)
                report = b"no delay: %d, descriptors: %d" % (no_delay, len(fds))
                pipe.sendall(header.pack(channel, len(report)) + report)
            """;

    private static final int CLIENTS = 20;

    @Test
    @SuppressWarnings("try") // the clients are waited for, and asked nothing
    void aWorkerServesTheConnectionsThatTheSupervisorAccepts() throws Exception {
        Programs.assumePython();
        List<String> reports = new ArrayList<>();
        ConcurrentLinkedQueue<String> greetings = new ConcurrentLinkedQueue<>();
        List<WorkerExit> exits = new ArrayList<>();
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Worker worker = Worker.command("python3", "-c", WORKER)
                    .onFrame((pipe, channelId, payload) -> reports.add(channelId + " " + Frames.text(payload)))
                    .onExit((gone, exit) -> exits.add(exit))
                    .start(loop);
            AcceptHandler handOver = (listener, socket) -> {
                int number = (int) listener.stats().accepted();
                ByteBuffer name = ByteBuffer.wrap(("client " + number).getBytes(UTF_8));
                assertEquals(WriteResult.OK, worker.pipe().writeFrame(number, name, socket.fd()));
            };
            try (Listener listener = loop.listen(Address.tcp(0), handOver);
                    Background clients = Background.run("clients", () -> {
                        for (int count = 0; count < CLIENTS; count++) {
                            greetings.add(greetingOf(listener.localAddress().port()));
                        }
                    })) {
                Await.turns(loop, "all reports", () -> reports.size() == CLIENTS);
            }
            for (int number = 1; number <= CLIENTS; number++) {
                assertEquals(number + " no delay: 1, descriptors: 1", reports.get(number - 1));
                assertEquals("hello client " + number, greetings.poll());
            }
            worker.pipe().closeAfterFlush();
            Await.turns(loop, "the exit", () -> !exits.isEmpty());
            assertEquals(0, exits.get(0).code());
        }
    }

    private static String greetingOf(int port) throws Exception {
        try (Socket client = new Socket("127.0.0.1", port)) {
            return new String(client.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private static String read(Connection connection) {
        String text = Frames.text(connection.readable());
        connection.consume(text.length());
        return text;
    }

    /** The other way round: a worker that opens something hands it to its supervisor, whole frame and descriptor at once. */
    @Test
    void aSupervisorTakesWhatAWorkerHasOpened() throws Exception {
        String sending = """
                import os, socket, struct
                pipe = socket.socket(fileno=int(os.environ["EVLOOP_FD"]))
                for number in range(3):
                    ours, theirs = socket.socketpair()
                    frame = struct.pack(">HI", number, 2) + b"ok"
                    socket.send_fds(pipe, [frame], [theirs.fileno()])
                    theirs.close()
                    ours.sendall(b"from the worker")
                    ours.close()
                """;
        Map<Integer, String> heard = new HashMap<>();
        List<WorkerExit> exits = new ArrayList<>();
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Worker worker = Worker.command("python3", "-c", sending)
                    .onExit((gone, exit) -> exits.add(exit))
                    .start(loop);
            worker.pipe().acceptFds(1).onFrame((pipe, channelId, payload) -> {
                try {
                    int fd = pipe.takeFd();
                    loop.adopt(fd, channelId, connection -> heard.merge(channelId, read(connection), String::concat));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            Await.turns(loop, "the exit", () -> !exits.isEmpty());
            Map<Integer, String> all = Map.of(0, "from the worker", 1, "from the worker", 2, "from the worker");
            Await.turns(loop, "all three", () -> heard.equals(all));
            assertEquals(0, exits.get(0).code());
        }
    }
}
