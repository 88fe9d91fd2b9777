package io.evloop;

import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Traffic that a schedule can do something to: the two ends of a pipe send each other frames, and compare what comes. */
final class ScheduledPipes {

    private static final int FRAMES = 2_000;
    private static final int MAX_PAYLOAD = 4_000;

    private ScheduledPipes() {}

    /** Ends with an exception unless every frame came as it was sent. */
    public static void main(String[] arguments) throws Exception {
        exchange();
    }

    static void exchange() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Pipe[] pair = Pipe.pair(loop, loop);
            int[] received = new int[pair.length];
            for (int end = 0; end < pair.length; end++) {
                int index = end;
                pair[end].onFrame((pipe, channelId, payload) -> check(channelId, payload, received, index));
            }
            for (int number = 0; number < FRAMES; number++) {
                for (Pipe end : pair) {
                    end.writeFrame(number, ByteBuffer.wrap(payload(number)));
                }
                loop.poll(0);
            }
            Await.turns(loop, "every frame", () -> received[0] == FRAMES && received[1] == FRAMES);
        }
    }

    private static void check(int channelId, ByteBuffer payload, int[] received, int end) {
        int number = received[end]++;
        if (channelId != number || !Arrays.equals(payload(number), Frames.bytes(payload))) {
            throw new AssertionError("frame " + number + " came as " + channelId + " of " + payload.remaining());
        }
    }

    private static byte[] payload(int number) {
        return Frames.pattern(number, 1 + number * 37 % MAX_PAYLOAD);
    }
}
