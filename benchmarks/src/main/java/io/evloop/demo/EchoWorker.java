package io.evloop.demo;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.WriteResult;
import io.evloop.error.NativeIoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;

/** A worker in Java: sends every frame back, until the supervisor has closed its end. */
final class EchoWorker {

    /** Room for the longest frame behind whatever is queued when reading is paused. */
    private static final PipeOptions OPTIONS = PipeOptions.builder()
            .maxQueuedBytes(2L * PipeOptions.DEFAULT.maxFrameLength())
            .build();

    private EchoWorker() {}

    /** Exits with 0 once the supervisor has left, with 1 if a frame was wrong. */
    public static void main(String[] arguments) throws IOException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (EventLoop loop = EventLoop.open()) {
            Pipe.inherited(loop, OPTIONS)
                    .onFrame(EchoWorker::echo)
                    .onDrain(Pipe::resumeReading)
                    .onClose((pipe, cause) -> {
                        failure.set(cause);
                        loop.stop();
                    });
            loop.run();
        }
        Throwable cause = failure.get();
        if (cause != null && !(cause instanceof NativeIoException)) { // that is a supervisor gone without goodbye
            throw new IOException("the pipe to the supervisor broke", cause);
        }
    }

    private static void echo(Pipe pipe, int channelId, ByteBuffer payload) {
        WriteResult result = pipe.writeFrame(channelId, payload);
        if (result == WriteResult.ABOVE_HIGH_WATER) {
            pipe.pauseReading(); // the supervisor is slow to read: no more to echo until the queue has drained
        } else if (!result.isAccepted()) {
            throw new IllegalStateException("a frame of " + payload.remaining() + " bytes was refused: " + result);
        }
    }
}
