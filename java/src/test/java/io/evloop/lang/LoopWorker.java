package io.evloop.lang;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.WriteResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** A worker by {@link Pipe#inherited}. */
final class LoopWorker {

    private LoopWorker() {}

    public static void main(String[] arguments) throws IOException {
        try (EventLoop loop = EventLoop.open()) {
            Pipe.inherited(loop)
                    .onFrame(LoopWorker::answer)
                    .onDrain(Pipe::resumeReading)
                    .onEnd(LoopWorker::end)
                    .onClose((pipe, cause) -> loop.stop());
            loop.run();
        }
    }

    private static void answer(Pipe pipe, int channelId, ByteBuffer payload) {
        ByteBuffer answer = payload;
        try {
            if (channelId == LanguageWorker.INHERITED) {
                answer = ByteBuffer.wrap(LanguageWorker.inherited());
            } else if (channelId == LanguageWorker.OPEN_AGAIN) {
                answer = ByteBuffer.wrap(LanguageWorker.openAgain());
            } else if (channelId == LanguageWorker.DIE) {
                LanguageWorker.die(pipe.connection().fd());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (pipe.writeFrame(channelId, answer) == WriteResult.ABOVE_HIGH_WATER) {
            pipe.pauseReading();
        }
    }

    private static void end(Pipe pipe) {
        pipe.writeFrame(LanguageWorker.END, ByteBuffer.wrap("end".getBytes(US_ASCII)));
        pipe.closeAfterFlush();
    }
}
