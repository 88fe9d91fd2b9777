package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/** What one side does with one pipe. */
interface Party {

    /** There is room: offers frames until one is refused or there are no more for now. */
    void onRoom(FrameOutput output);

    /** One frame; its payload is {@code [offset, offset + length)} of {@code bytes} until this returns. */
    void onFrame(FrameOutput output, int channelId, ByteBuffer bytes, int offset, int length);

    /** Whether nothing more will be sent or expected. */
    boolean finished();
}
