package io.evloop.testing;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The worker in Java: sends every frame back, and reads no faster than the supervisor does. */
public final class EchoWorker {

    private EchoWorker() {}

    public static void main(String[] arguments) throws IOException {
        try (EventLoop loop = EventLoop.open()) {
            Pipe.inherited(loop)
                    .onFrame(EchoWorker::echo)
                    .onDrain(Pipe::resumeReading)
                    .onClose((pipe, cause) -> {
                        if (cause != null) {
                            System.exit(1);
                        }
                        loop.stop();
                    });
            loop.run();
        }
    }

    private static void echo(Pipe pipe, int channelId, ByteBuffer payload) {
        if (pipe.writeFrame(channelId, payload) == WriteResult.ABOVE_HIGH_WATER) {
            pipe.pauseReading();
        }
    }
}
