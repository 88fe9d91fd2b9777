package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.TruncatedFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A large payload in the memory of a file that somebody has cut: what was sent of it cannot be taken back. In JVMs that only
 * interpret: compiled code hears of the fault some time later.
 */
class CutPayloadTest {

    private static final int LENGTH = 4 << 20;
    private static final int LEFT = 64 << 10;
    private static final String BROKE_OFF = "the stream broke off inside a frame: java.lang.InternalError";

    private static void run(Class<?> main) throws Exception {
        JavaProcess.Result jvm = JavaProcess.of(main).options("-Xint").run();
        assertEquals(0, jvm.exitCode(), jvm::output);
    }

    private static ByteBuffer payload() throws IOException {
        Path path = Files.createTempFile("payload", null);
        try (FileChannel file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            file.write(ByteBuffer.allocate(1), LENGTH - 1);
            ByteBuffer payload = file.map(FileChannel.MapMode.READ_ONLY, 0, LENGTH);
            file.truncate(LEFT);
            return payload;
        }
    }

    @Test
    void endsThePipeAndNothingIsTakenForItsRest() throws Exception {
        run(OfALoop.class);
    }

    static final class OfALoop {

        private OfALoop() {}

        public static void main(String[] arguments) throws Exception {
            ByteBuffer payload = payload();
            try (TestLoop test = TestLoop.open()) {
                Pipe[] pair = Pipe.pair(test.loop(), test.loop());
                List<Integer> frames = new ArrayList<>();
                List<Throwable> causes = new ArrayList<>();
                List<Throwable> causesOfPeer = new ArrayList<>();
                pair[0].onClose((pipe, cause) -> causes.add(cause));
                pair[1].onFrame((pipe, channelId, received) -> frames.add(channelId))
                        .onClose((pipe, cause) -> causesOfPeer.add(cause));
                assertThrows(InternalError.class, () -> pair[0].writeFrame(7, payload));
                assertTrue(pair[0].stats().bytesOut() > 0);
                assertEquals(WriteResult.CLOSED, pair[0].writeFrame(9, ByteBuffer.allocate(10)));
                Await.turns(test.loop(), "both ends", () -> !causes.isEmpty() && !causesOfPeer.isEmpty());
                assertTrue(causes.get(0).getMessage().startsWith(BROKE_OFF), causes::toString);
                assertInstanceOf(InternalError.class, causes.get(0).getCause());
                assertInstanceOf(TruncatedFrameException.class, causesOfPeer.get(0));
                assertEquals(List.of(), frames);
                assertEquals(0, test.loop().stats().leasedBytes());
            }
        }
    }

    @Test
    void endsTheOutputOfABlockingPipe() throws Exception {
        run(Blocking.class);
    }

    static final class Blocking {

        private Blocking() {}

        public static void main(String[] arguments) throws Exception {
            ByteBuffer payload = payload();
            RawSocket[] pair = RawSocket.pair();
            try (RawSocket peer = pair[1];
                    Background reader = Background.run("reader", () -> readToTheEnd(peer));
                    BlockingPipe pipe = BlockingPipe.adopt(pair[0].release())) {
                assertThrows(InternalError.class, () -> pipe.writeFrame(7, payload));
                IOException refused =
                        assertThrows(IOException.class, () -> pipe.writeFrame(9, ByteBuffer.allocate(10)));
                assertTrue(refused.getMessage().contains(BROKE_OFF), refused::toString);
                assertTrue(reader.thread().isAlive(), "the peer saw the end before the close");
            }
        }

        private static void readToTheEnd(RawSocket peer) throws IOException {
            int count;
            do {
                count = peer.readSome(LEFT).length;
            } while (count > 0);
        }
    }
}
