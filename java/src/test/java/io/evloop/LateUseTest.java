package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Views that are used when they are no longer valid. In a JVM of its own: a crash would end it. */
class LateUseTest {

    private static final String SURVIVED = "survived";

    // row 9
    @Test
    void endsInAnExceptionOrInStaleBytesButNeverInACrash() throws Exception {
        JavaProcess.Result jvm =
                JavaProcess.of(Program.class).options("-XX:TieredStopAtLevel=4").run();
        assertEquals(0, jvm.exitCode(), jvm.output());
        assertTrue(jvm.output().strip().endsWith(SURVIVED), jvm.output());
    }

    /** Keeps every view that it is handed, and uses them all at every later moment. */
    static final class Program {

        private static final int LARGE = 3 << 20;

        private final List<ByteBuffer> kept = new ArrayList<>();
        private Frame keptFrame;

        private Program() {}

        public static void main(String... arguments) throws Exception {
            new Program().run();
            System.out.println(SURVIVED);
        }

        private void run() throws Exception {
            RawSocket[] pair = RawSocket.pair();
            try (TestLoop test = TestLoop.open();
                    PeeredPipe pushed = PeeredPipe.adopt(test.loop());
                    PeeredPipe pulled = PeeredPipe.adopt(test.loop());
                    RawSocket peer = pair[1]) {
                EventLoop loop = test.loop();
                Connection connection = loop.adopt(pair[0].release(), 0, from -> {
                    keep(from.readable());
                    from.consume(1);
                });
                pushed.pipe().onFrame((from, channelId, payload) -> keep(payload));
                pulled.pipe().onReadable(from -> {
                    keptFrame = from.readFrame();
                    keep(keptFrame.payload());
                });
                for (int round = 0; round < 5; round++) {
                    int length = round % 2 == 0 ? 10 : LARGE; // small blocks, large blocks, and small ones again
                    feed(loop, pushed.peer(), Frames.frame(1, new byte[length]));
                    feed(loop, pulled.peer(), Frames.frame(1, new byte[length]));
                    feed(loop, peer, new byte[] {1, 2, 3});
                    claim(pushed.pipe(), length);
                    useAll();
                }
                keep(connection.readable());
                connection.close();
                pushed.pipe().close();
                pulled.pipe().close();
                Await.idle(loop);
                useAll();
            }
            useAll();
            System.gc();
            useAll();
        }

        private static void feed(EventLoop loop, RawSocket peer, byte[] bytes) throws Exception {
            for (int from = 0; from < bytes.length; from += 50_000) {
                peer.write(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 50_000)));
                Await.idle(loop);
            }
        }

        private void claim(Pipe pipe, int length) {
            for (int count = 0; count < 2; count++) {
                ByteBuffer room = pipe.claim(1, length);
                if (room != null) {
                    keep(room);
                    pipe.abort();
                }
            }
        }

        private void keep(ByteBuffer view) {
            kept.add(view);
            kept.add(view.duplicate());
            kept.add(view.slice());
        }

        private void useAll() {
            use(keptFrame.payload());
            for (ByteBuffer view : kept) {
                use(view);
            }
        }

        private static void use(ByteBuffer view) {
            attempt(() -> view.get());
            attempt(() -> view.put((byte) 1));
            attempt(() -> view.putLong(0, -1));
            attempt(() -> view.clear().putLong(view.capacity() - 8, 0)); // also beyond what was lent
            for (int index = 0; index < view.capacity(); index += 4096) {
                int at = index;
                attempt(() -> view.put(at, (byte) at));
            }
        }

        private static void attempt(Runnable use) {
            try {
                use.run();
            } catch (RuntimeException e) {
                return; // an exception is what late use may end in
            }
        }
    }
}
