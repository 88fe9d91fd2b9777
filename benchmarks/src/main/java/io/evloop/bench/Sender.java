package io.evloop.bench;

import io.evloop.Pipe;
import io.evloop.WriteResult;

/** Sends numbered frames without end, as fast as the pipe takes them. On the thread of the pipe's loop. */
final class Sender {

    private final Payload payload;
    private long sequence;

    private Sender(int payloadLength) {
        payload = new Payload(payloadLength);
    }

    /** Sends until the pipe is closed. */
    static void start(Pipe pipe, int payloadLength) {
        Sender sender = new Sender(payloadLength);
        pipe.onDrain(sender::fill);
        sender.fill(pipe);
    }

    private void fill(Pipe pipe) {
        WriteResult result = WriteResult.OK;
        while (result == WriteResult.OK) { // after anything else onDrain follows, or the pipe is closed
            result = pipe.writeFrame(Payload.channelId(sequence), payload.numbered(sequence));
            if (result.isAccepted()) {
                sequence++;
            }
        }
    }
}
