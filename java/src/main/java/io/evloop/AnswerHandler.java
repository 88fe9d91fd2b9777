package io.evloop;

import java.nio.ByteBuffer;

/** Takes the answers of a {@link Supervisor}'s workers. */
@FunctionalInterface
public interface AnswerHandler {

    /**
     * Called in the loop's turn, once for each request that is answered.
     *
     * @param requestId what {@link Supervisor#request} was given
     * @param channelId of the answer, 0 to 65535
     * @param payload as in {@link FrameHandler#onFrame}: valid until this returns
     */
    void onAnswer(Supervisor supervisor, long requestId, int channelId, ByteBuffer payload);
}
