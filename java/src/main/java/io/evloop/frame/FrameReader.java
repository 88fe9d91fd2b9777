package io.evloop.frame;

import java.nio.ByteBuffer;

/**
 * Finds the next frame in a run of unread bytes. It keeps nothing between calls but its last answer: the bytes of a frame
 * that is not complete stay where they are, and the next call, with more of them, begins at the same place. So it can be
 * resumed at every byte. Allocates nothing. For one thread.
 *
 * <pre>{@code
 * while ((result = reader.next(bytes, position, limit)) == FrameReader.FRAME) {
 *     handle(reader.channelId(), bytes, reader.payload(), reader.end());
 *     position = reader.end();
 * }
 * }</pre>
 */
public final class FrameReader {

    /** A complete frame: {@link #channelId()}, {@link #payload()} and {@link #end()} tell which. */
    public static final int FRAME = 1;

    /** Not yet: {@link #wanted()} tells how many bytes the frame, or its header, has in all. */
    public static final int INCOMPLETE = 0;

    /** The header is no header: {@link #channelId()} and {@link #declaredLength()} tell what stood in it. */
    public static final int INVALID = -1;

    private final int maxFrameLength;
    private int channelId;
    private int length;
    private int payload;
    private int wanted;

    /**
     * @param maxFrameLength the longest payload to accept, 1 to {@link FrameLayout#MAX_PAYLOAD_LENGTH} bytes
     */
    public FrameReader(int maxFrameLength) {
        FrameLayout.checkMaxFrameLength(maxFrameLength);
        this.maxFrameLength = maxFrameLength;
    }

    /**
     * Looks at {@code [position, limit)} of {@code bytes}, whose own position is not used and whose limit is not below
     * {@code limit}.
     *
     * @return {@link #FRAME}, {@link #INCOMPLETE} or {@link #INVALID}
     */
    public int next(ByteBuffer bytes, int position, int limit) {
        final int available = limit - position;
        if (available < FrameLayout.HEADER_LENGTH) {
            wanted = FrameLayout.HEADER_LENGTH;
            return INCOMPLETE;
        }
        final int declared = FrameLayout.length(bytes, position);
        channelId = FrameLayout.channelId(bytes, position);
        length = declared;
        payload = position + FrameLayout.HEADER_LENGTH;
        // one unsigned comparison: 0 becomes 2^32 - 1
        if (Integer.compareUnsigned(declared - 1, maxFrameLength) >= 0) {
            return INVALID;
        }
        if (available - FrameLayout.HEADER_LENGTH < declared) {
            wanted = FrameLayout.HEADER_LENGTH + declared;
            return INCOMPLETE;
        }
        return FRAME;
    }

    /**
     * A first look at the frame at {@code position}, by one load: for the many frames of a long run.
     *
     * @return the header of a complete frame, for {@link FrameLayout#channelId(long)} and {@link FrameLayout#length(long)};
     *     0: there is none, or one of a single byte in front of the limit; {@link #next} tells
     */
    public static long peek(ByteBuffer bytes, int position, int limit, int maxFrameLength) {
        final int available = limit - position;
        if (available < Long.BYTES) {
            return 0;
        }
        final long header = FrameLayout.header(bytes, position);
        final int declared = FrameLayout.length(header);
        if (Integer.compareUnsigned(declared - 1, maxFrameLength) >= 0
                || available - FrameLayout.HEADER_LENGTH < declared) {
            return 0;
        }
        return header;
    }

    /** After {@link #FRAME}: its header as {@link #peek} returns it. */
    public long header() {
        return FrameLayout.header(channelId, length);
    }

    /** The channel of the frame, 0 to 65535. */
    public int channelId() {
        return channelId;
    }

    /** After {@link #FRAME}: the index of the payload's first byte. */
    public int payload() {
        return payload;
    }

    /** After {@link #FRAME}: the index behind the payload's last byte. */
    public int end() {
        return payload + length;
    }

    /** The length in the header, bytes, 0 to 2^32 - 1. */
    public long declaredLength() {
        return Integer.toUnsignedLong(length);
    }

    /** After {@link #INCOMPLETE}: the bytes of the whole frame, header included, or of the header while that is cut. */
    public int wanted() {
        return wanted;
    }

    /**
     * After {@link #INCOMPLETE}: the unread bytes at which the reads of a frame of more than {@code usual} bytes had better stop:
     * behind it and the next header, so that there is next to nothing to be moved afterwards. 0: anywhere.
     */
    public int readGoal(int usual) {
        return wanted > usual ? wanted + FrameLayout.HEADER_LENGTH : 0;
    }

    public int maxFrameLength() {
        return maxFrameLength;
    }
}
