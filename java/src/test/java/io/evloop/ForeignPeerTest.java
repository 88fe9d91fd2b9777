package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.Programs;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.BufferedReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A peer that is not ours at the other end of each kind of socket: Python's, which knows nothing but the wire. */
class ForeignPeerTest {

    /** Arguments: what to do, the kind of address, host or path or name, port. Echoes every frame, upper case. */
    private static final String PEER = """
            import socket, struct, sys
            role, kind, name, port = sys.argv[1:]
            family = {"tcp4": socket.AF_INET, "tcp6": socket.AF_INET6}.get(kind, socket.AF_UNIX)
            address = {"path": name, "abstract": "\\0" + name}.get(kind, (name, int(port)))
            end = socket.socket(family, socket.SOCK_STREAM)
            if role == "connect":
                end.connect(address)
            else:
                end.bind(address)
                end.listen()
                print(end.getsockname()[1] if kind.startswith("tcp") else 0, flush=True)
                end = end.accept()[0]
            pipe = end.makefile("rwb")
            header = struct.Struct(">HI")
            while len(head := pipe.read(6)) == 6:
                channel, length = header.unpack(head)
                pipe.write(header.pack(channel, length) + pipe.read(length).upper())
                pipe.flush()
            """;

    private static List<String> arguments(String role, SocketKind kind, Address address) {
        String name = switch (kind) {
            case UNIX_PATH -> address.path().toString();
            case UNIX_ABSTRACT -> address.abstractName();
            default -> address.inetAddress().getHostAddress().replaceAll("%.*", "");
        };
        String family = switch (kind) {
            case UNIX_PATH -> "path";
            case UNIX_ABSTRACT -> "abstract";
            default -> kind.name().toLowerCase(Locale.ROOT);
        };
        return List.of("python3", "-c", PEER, role, family, name, Integer.toString(Math.max(0, address.port())));
    }

    private static void converse(EventLoop loop, Pipe pipe) {
        List<String> heard = new ArrayList<>();
        pipe.onFrame((from, channelId, payload) -> heard.add(channelId + ":" + Frames.text(payload)));
        pipe.onClose((closed, cause) -> {
            assertNull(cause);
            heard.add("closed");
        });
        for (int channelId = 0; channelId < 3; channelId++) {
            pipe.writeFrame(channelId * 30_000, ByteBuffer.wrap(("frame " + channelId).getBytes(UTF_8)));
        }
        pipe.shutdownOutput();
        Await.turns(loop, "the close", () -> heard.contains("closed"));
        assertEquals(List.of("0:FRAME 0", "30000:FRAME 1", "60000:FRAME 2", "closed"), heard);
    }

    private static void assumeAvailable(SocketKind kind) {
        assumeTrue(kind.isAvailable());
        Programs.assumePython();
    }

    private static void assertLeft(Process peer) throws InterruptedException {
        try {
            assertTrue(peer.waitFor(30, TimeUnit.SECONDS));
            assertEquals(0, peer.exitValue());
        } finally {
            peer.destroyForcibly();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "UNIX_ABSTRACT", "TCP4", "TCP6"})
    void connectsToUs(SocketKind kind) throws Exception {
        assumeAvailable(kind);
        List<Pipe> pipes = new ArrayList<>();
        try (TestLoop test = TestLoop.open();
                Listener listener =
                        test.loop().listen(kind.newAddress(), (from, socket) -> pipes.add(socket.pipe(1)))) {
            Process peer = new ProcessBuilder(arguments("connect", kind, listener.localAddress()))
                    .inheritIO()
                    .start();
            Await.turns(test.loop(), "the connection", () -> !pipes.isEmpty());
            converse(test.loop(), pipes.get(0));
            assertLeft(peer);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UNIX_PATH", "UNIX_ABSTRACT", "TCP4", "TCP6"})
    void isConnectedTo(SocketKind kind) throws Exception {
        assumeAvailable(kind);
        List<Pipe> pipes = new ArrayList<>();
        Address address = kind.newAddress();
        Process peer = new ProcessBuilder(arguments("listen", kind, address))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (TestLoop test = TestLoop.open();
                BufferedReader answers = peer.inputReader(UTF_8)) {
            int port = Integer.parseInt(answers.readLine());
            Address there = kind.isUnix() ? address : Address.tcp(address.inetAddress(), port);
            test.loop()
                    .connect(there, Duration.ofSeconds(30), SocketKind.connected(socket -> pipes.add(socket.pipe(1))));
            Await.turns(test.loop(), "the connection", () -> !pipes.isEmpty());
            converse(test.loop(), pipes.get(0));
            assertLeft(peer);
        } finally {
            peer.getOutputStream().close();
            peer.getErrorStream().close();
            if (kind == SocketKind.UNIX_PATH) {
                Files.deleteIfExists(address.path());
            }
        }
    }
}
