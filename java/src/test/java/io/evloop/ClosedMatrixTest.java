package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.NoConnectHandler;
import io.evloop.testing.PublicCalls;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every public method of everything that can be closed, with good and bad arguments, in any order. A crash is an exit code. */
class ClosedMatrixTest {

    private static final String SURVIVED = "survived";

    // row 33
    @Test
    void endsInAResultOrADocumentedExceptionAndNeverInACrash() throws Exception {
        JavaProcess.Result jvm =
                JavaProcess.of(Program.class).options("-XX:TieredStopAtLevel=4").run();
        assertEquals(0, jvm.exitCode(), jvm.output());
        assertTrue(jvm.output().strip().endsWith(SURVIVED), jvm.output());
    }

    /** Everything that is closed in one way or another. */
    static final class Program {

        private static final int ROUNDS = 40;

        /** What the documentation of some method speaks of. */
        private static final Set<Class<?>> DOCUMENTED = Set.of(
                IllegalStateException.class,
                IllegalArgumentException.class,
                IndexOutOfBoundsException.class,
                UnsupportedOperationException.class,
                RejectedExecutionException.class,
                IOException.class);

        private final List<Object> closed = new ArrayList<>();
        private final List<RawSocket> peers = new ArrayList<>();
        private int calls;

        private Program() {}

        public static void main(String... arguments) throws Exception {
            Program program = new Program();
            program.close();
            program.assertComplete();
            for (long seed = 0; seed < ROUNDS; seed++) {
                program.callAll(new Random(seed));
            }
            for (RawSocket peer : program.peers) {
                peer.close();
            }
            System.out.println(program.calls + " calls");
            System.out.println(SURVIVED);
        }

        private int adoptable() throws IOException {
            RawSocket[] pair = RawSocket.pair();
            peers.add(pair[1]);
            return pair[0].release();
        }

        private <T> T keep(T object) {
            closed.add(object);
            return object;
        }

        private void close() throws IOException {
            EventLoop loop = keep(EventLoop.open());
            Pipe pipe = keep(Pipe.adopt(loop, adoptable(), 0).onFrame((from, channelId, payload) -> {}));
            keep(pipe.sender());
            Connection connection = keep(loop.adopt(adoptable(), 0, from -> {}));
            keep(pipe.connection());
            keep(pipe.stats());
            keep(connection.stats());
            keep(loop.stats());
            keep(loop.watch(peers.get(0).fd(), Epoll.IN, (watch, events) -> {})).cancel();
            keep(loop.schedule(0, () -> {}));
            Worker worker = keep(Worker.command("/bin/true").start(loop));
            keep(Supervisor.builder(Worker.command("cat"), 1).start(loop)).close();
            closeSockets(loop);
            pipe.close();
            connection.close();
            Await.turns(loop, "the exit", () -> !worker.isAlive());
            worker.close();
            Await.idle(loop);
            loop.close();
            keep(EventLoopGroup.open(1)).close();
            keep(Epoll.open(8)).close();
            BlockingPipe blocking = keep(BlockingPipe.adopt(adoptable()));
            peers.get(peers.size() - 1).write(Frames.frame(1, "x"));
            keep(blocking.readFrame());
            blocking.close();
        }

        private void closeSockets(EventLoop loop) throws IOException {
            List<SocketHandle> accepted = new ArrayList<>();
            Listener listener = keep(loop.listen(Address.tcp(0), (from, socket) -> accepted.add(socket)));
            keep(listener.stats());
            ConnectAttempt attempt =
                    keep(loop.connect(listener.localAddress(), Duration.ZERO, NoConnectHandler.INSTANCE));
            Await.turns(loop, "the other end", () -> !accepted.isEmpty());
            keep(accepted.get(0)).close();
            attempt.cancel();
            listener.close();
        }

        /** No public class that can be closed or cancelled is forgotten. */
        private void assertComplete() throws Exception {
            Path classes = Path.of(JavaProcess.pathOf(EventLoop.class));
            Set<String> missing = new TreeSet<>();
            for (String name : namesIn(classes)) {
                Class<?> type = Class.forName(name);
                boolean ends = Stream.of(type.getMethods())
                        .anyMatch(method -> method.getParameterCount() == 0
                                && Set.of("close", "cancel").contains(method.getName()));
                if (ends && Modifier.isPublic(type.getModifiers()) && !type.isInterface()) {
                    missing.add(name);
                }
            }
            closed.forEach(object -> missing.remove(object.getClass().getName()));
            assertEquals(Set.of(), missing);
        }

        private static List<String> namesIn(Path classes) throws IOException {
            try (Stream<Path> files = Stream.concat(
                    Files.list(classes.resolve("io/evloop")), Files.list(classes.resolve("io/evloop/epoll")))) {
                return files.map(file -> classes.relativize(file).toString())
                        .filter(name -> name.endsWith(".class") && !name.contains("-info"))
                        .map(name -> name.replace(".class", "").replace('/', '.'))
                        .collect(Collectors.toList());
            }
        }

        private void callAll(Random random) {
            Collections.shuffle(closed, random);
            for (Object object : closed) {
                List<PublicCalls.Call> all = new ArrayList<>(PublicCalls.of(object.getClass()));
                Collections.shuffle(all, random);
                for (PublicCalls.Call call : all) {
                    call(call, object, random);
                }
            }
        }

        private void call(PublicCalls.Call call, Object object, Random random) {
            calls++;
            boolean good = random.nextBoolean();
            try {
                if (good) {
                    call.on(object);
                } else {
                    call.onWithBadArguments(object, random);
                }
            } catch (Throwable e) {
                boolean documented = DOCUMENTED.stream().anyMatch(type -> type.isInstance(e));
                if (!documented && (good || !(e instanceof NullPointerException))) {
                    throw new AssertionError(call + " of " + object, e);
                }
            }
        }
    }
}
