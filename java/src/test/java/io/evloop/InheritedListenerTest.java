package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Frames;
import io.evloop.testing.Programs;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Listening sockets that a service manager hands over: here one in Python, which becomes a JVM. */
class InheritedListenerTest {

    /** Listens twice at TCP, connects to the second, makes all three 3, 4 and 5, and becomes the command. */
    private static final String MANAGER = """
            import fcntl, os, socket, struct, sys
            first, second = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
            client = socket.create_connection(second.getsockname())
            client.sendall(struct.pack(">HI", 7, 5) + b"hello")
            high = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD_CLOEXEC, 20) for one in (first, second, client)]
            for target, number in zip((3, 4, 5), high):
                os.dup2(number, target)
            os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))
            os.execvp(sys.argv[1], sys.argv[1:])
            """;

    /** The program that inherits them. */
    public static final class Heir {

        private Heir() {}

        public static void main(String[] args) throws IOException {
            try (EventLoop loop = EventLoop.open()) {
                AcceptHandler acceptor = (from, socket) -> socket.pipe(1).onFrame((pipe, channelId, payload) -> {
                    System.out.println("heard " + channelId + " " + Frames.text(payload));
                    loop.stop();
                });
                ListenOptions unfit = ListenOptions.builder().allowUids(0).build(); // for Unix sockets alone
                try {
                    loop.listenInherited(1, unfit, acceptor);
                } catch (IllegalArgumentException e) {
                    System.out.println("unfit"); // and there to be taken all the same
                }
                Listener listener = loop.listenInherited(1, ListenOptions.DEFAULT, acceptor);
                System.out.println("unix " + listener.localAddress().isUnix());
                for (int index : new int[] {1, 2, -1}) {
                    try {
                        loop.listenInherited(index, ListenOptions.DEFAULT, acceptor);
                    } catch (IOException | IllegalStateException e) {
                        System.out.println(e.getMessage());
                    }
                }
                loop.run();
            }
        }
    }

    @Test
    void acceptsAtASocketThatWasHandedOver() throws Exception {
        Programs.assumePython();
        List<String> command = new ArrayList<>(List.of("python3", "-c", MANAGER));
        command.addAll(Programs.inJava(Heir.class));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            assertEquals("""
                    unfit
                    unix false
                    listening socket 1 was taken before
                    no listening socket 2: LISTEN_FDS is 2
                    no listening socket -1: LISTEN_FDS is 2
                    heard 7 hello
                    """, output);
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void withoutAManagerThereIsNone() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            IOException refused = assertThrows(
                    IOException.class,
                    () -> test.loop().listenInherited(0, ListenOptions.DEFAULT, (from, socket) -> {}));
            assertTrue(refused.getMessage().contains("LISTEN_PID is not set"), refused::getMessage);
        }
    }
}
