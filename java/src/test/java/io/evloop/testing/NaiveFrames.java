package io.evloop.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A reader of frames as one would write it first: byte by byte, into lists. It shares nothing with the code under test. What
 * it hears is told in the words of {@link PeeredPipe}; behind a header that is none, it begins anew.
 */
public final class NaiveFrames {

    private static final int HEADER_LENGTH = 6;

    private final long maxFrameLength;
    private final List<Integer> header = new ArrayList<>();
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
    private final List<String> heard = new ArrayList<>();

    public NaiveFrames(long maxFrameLength) {
        this.maxFrameLength = maxFrameLength;
    }

    /** Takes {@code [from, to)} of a stream. */
    public void take(byte[] stream, int from, int to) {
        for (int index = from; index < to; index++) {
            take(stream[index] < 0 ? stream[index] + 256 : stream[index]);
        }
    }

    private void take(int one) {
        if (header.size() < HEADER_LENGTH) {
            header.add(one);
            if (header.size() == HEADER_LENGTH && (length() == 0 || length() > maxFrameLength)) {
                heard.add(channelId() + " of " + length() + " invalid");
                header.clear();
            }
            return;
        }
        payload.write(one);
        if (payload.size() == length()) {
            heard.add(channelId() + ":" + payload.toString(ISO_8859_1));
            header.clear();
            payload.reset();
        }
    }

    private int channelId() {
        return header.get(0) * 256 + header.get(1);
    }

    private long length() {
        long length = 0;
        for (int one : header.subList(2, HEADER_LENGTH)) {
            length = length * 256 + one;
        }
        return length;
    }

    /** The bytes of the frame that is under way, or of a header where even that is not whole. */
    public long wanted() {
        return header.size() < HEADER_LENGTH ? HEADER_LENGTH : HEADER_LENGTH + length();
    }

    /** The bytes of it that are there. */
    public int got() {
        return header.size() + payload.size();
    }

    public List<String> heard() {
        return heard;
    }
}
