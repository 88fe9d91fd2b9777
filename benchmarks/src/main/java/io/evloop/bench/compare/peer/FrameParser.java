package io.evloop.bench.compare.peer;

import java.nio.ByteBuffer;

/** Frames where they lie. */
final class FrameParser {

    private FrameParser() {}

    /**
     * Hands every complete frame in {@code [position, limit)} to the party.
     *
     * @return the index behind the last of them
     */
    static int parse(ByteBuffer bytes, int position, int limit, Party party, FrameOutput output) {
        int at = position;
        while (limit - at >= Wire.HEADER_LENGTH) {
            int length = Wire.length(bytes, at);
            int payload = at + Wire.HEADER_LENGTH;
            if (limit - payload < length) {
                break;
            }
            party.onFrame(output, Wire.channelId(bytes, at), bytes, payload, length);
            at = payload + length;
        }
        return at;
    }
}
