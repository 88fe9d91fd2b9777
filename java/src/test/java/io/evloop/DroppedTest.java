package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.NoConnectHandler;
import io.evloop.testing.RawSocket;
import io.evloop.testing.Resources;
import io.evloop.testing.SocketKind;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is dropped without a close is closed by the garbage collector, with one warning. In a JVM of its own. */
class DroppedTest {

    private static final String WARNING = "was dropped without a close";

    private static JavaProcess.Result run(String what, String... options) throws Exception {
        JavaProcess.Result result =
                JavaProcess.of(Program.class).options(options).run(what);
        assertEquals(0, result.exitCode(), result.output());
        return result;
    }

    private static long warnings(JavaProcess.Result result) {
        return result.output().lines().filter(line -> line.contains(WARNING)).count();
    }

    // row 35
    @ParameterizedTest
    @ValueSource(strings = {"loop", "epoll", "blocking"})
    void isClosedWithOneWarning(String what) throws Exception {
        JavaProcess.Result result = run(what);
        assertEquals(1 + Program.WITNESSES, warnings(result), result.output());
        assertTrue(result.output().contains("-Devloop.trackOpen=true"), result.output());
    }

    // row 35
    @ParameterizedTest
    @ValueSource(strings = {"loop", "epoll", "blocking"})
    void theWarningTellsWhereItWasOpenedIfThatIsTracked(String what) throws Exception {
        JavaProcess.Result result = run(what, "-Devloop.trackOpen=true");
        assertEquals(1 + Program.WITNESSES, warnings(result), result.output());
        assertTrue(result.output().contains("DroppedTest$Program.open"), result.output());
    }

    // row 35
    @Test
    void whatIsClosedIsNotWarnedOf() throws Exception {
        assertEquals(Program.WITNESSES, warnings(run("closed")));
    }

    static final class Program {

        /** Dropped later, one after the other: once the last has been warned of, nothing before it is still to come. */
        static final int WITNESSES = 2;

        private Program() {}

        public static void main(String[] arguments) throws Exception {
            RawSocket[] first = RawSocket.pair();
            open("closed", first, first[0].fd()).close(); // loads what needs a descriptor of the JVM
            RawSocket[] pair = RawSocket.pair();
            RawSocket[] watched = RawSocket.pair();
            int before = Resources.openDescriptors().size();
            boolean ends = !arguments[0].equals("epoll");
            RawSocket peer = open(arguments[0], pair, watched[0].fd());
            int after = ends ? before - 1 : before;
            awaitDescriptors(after);
            for (int count = 0; count < WITNESSES; count++) {
                Epoll.open(1);
                awaitDescriptors(after);
            }
            if (ends) {
                assertEquals(0, peer.readSome(1).length);
            }
            assertTrue(Native.descriptorFlags(watched[0].fd()) >= 0, "what is watched stays the caller's");
        }

        private static void awaitDescriptors(int expected) {
            Await.until(expected + " descriptors", () -> {
                System.gc();
                return Resources.openDescriptors().size() == expected;
            });
        }

        /** Returns the end of the pair that is not given away. */
        private static RawSocket open(String what, RawSocket[] pair, int watched) throws IOException {
            switch (what) {
                case "loop" -> {
                    EventLoop loop = EventLoop.open();
                    Pipe.adopt(loop, pair[0].release(), 0).onFrame((pipe, channelId, payload) -> {});
                    loop.watch(watched, Epoll.IN, (watch, events) -> {});
                    Listener listener = loop.listen(SocketKind.UNIX_ABSTRACT.newAddress(), (from, socket) -> {});
                    loop.connect(listener.localAddress(), Duration.ZERO, NoConnectHandler.INSTANCE);
                    Worker.command("sh", "-c", "cat <&3").start(loop); // which reads to the end, and leaves
                    loop.poll(0);
                }
                case "epoll" -> Epoll.open(4).add(watched, Epoll.IN, 1);
                case "blocking" -> BlockingPipe.adopt(pair[0].release());
                default -> {
                    try (EventLoop loop = EventLoop.open();
                            Epoll epoll = Epoll.open(4);
                            BlockingPipe pipe = BlockingPipe.adopt(pair[0].release())) {
                        Pipe.pair(loop, loop);
                        epoll.add(pipe.fd(), Epoll.IN, 1);
                    }
                }
            }
            return pair[1];
        }
    }
}
