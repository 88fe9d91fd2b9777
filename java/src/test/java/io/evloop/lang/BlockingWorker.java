package io.evloop.lang;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.evloop.BlockingPipe;
import io.evloop.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A worker by {@link BlockingPipe}. */
final class BlockingWorker {

    private BlockingWorker() {}

    public static void main(String[] arguments) throws IOException {
        try (BlockingPipe pipe = BlockingPipe.inherited()) {
            for (Frame frame = pipe.readFrame(); frame != null; frame = pipe.readFrame()) {
                switch (frame.channelId()) {
                    case LanguageWorker.INHERITED ->
                        pipe.writeFrame(LanguageWorker.INHERITED, ByteBuffer.wrap(LanguageWorker.inherited()));
                    case LanguageWorker.OPEN_AGAIN ->
                        pipe.writeFrame(LanguageWorker.OPEN_AGAIN, ByteBuffer.wrap(LanguageWorker.openAgain()));
                    case LanguageWorker.DIE -> LanguageWorker.die(pipe.fd());
                    default -> pipe.writeFrame(frame.channelId(), frame.payload());
                }
            }
            pipe.writeFrame(LanguageWorker.END, ByteBuffer.wrap("end".getBytes(US_ASCII)));
        }
    }
}
