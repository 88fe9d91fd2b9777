package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The way of a frame through a pipe, out and in. */
class PipeTest {

    @Test
    void deliversAFrameAndAnswersIt() throws Exception {
        List<String> received = new ArrayList<>();
        List<Throwable> causes = new ArrayList<>();
        RawSocket[] pair = RawSocket.pair();
        try (EventLoop loop = EventLoop.open();
                RawSocket peer = pair[1]) {
            Pipe pipe = Pipe.adopt(loop, pair[0].release(), 1);
            pipe.onFrame((p, channelId, payload) -> {
                received.add(channelId + ":" + Frames.text(payload));
                p.writeFrame(channelId, ByteBuffer.wrap("pong".getBytes(StandardCharsets.UTF_8)));
            });
            pipe.onClose((p, cause) -> causes.add(cause));
            peer.write(Frames.frame(7, "ping"));
            Await.turns(loop, "the frame", () -> !received.isEmpty());
            assertEquals(List.of("7:ping"), received);
            Await.idle(loop);
            assertEquals("pong", new String(peer.read(10), 6, 4, StandardCharsets.UTF_8));
            peer.close();
            Await.turns(loop, "the close", () -> !causes.isEmpty());
            assertNull(causes.get(0));
        }
    }
}
