package io.evloop.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Where the fields of a frame stand: see the package's diagram. Offsets and lengths in bytes. */
public final class FrameLayout {

    public static final int CHANNEL_ID_OFFSET = 0;
    public static final int LENGTH_OFFSET = 2;
    public static final int HEADER_LENGTH = 6;

    /** Bytes behind a header that {@link #putHeaderAndSpill} overwrites. */
    public static final int SPILL = Long.BYTES - HEADER_LENGTH;

    public static final int MAX_CHANNEL_ID = 0xFFFF;

    /** The longest payload: 64 MiB. */
    public static final int MAX_PAYLOAD_LENGTH = 64 * 1024 * 1024;

    // A view handle is one load and one byte swap; ByteBuffer.getInt checks its mode first.
    private static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private static final int CHANNEL_SHIFT = Long.SIZE - Short.SIZE;
    private static final int LENGTH_SHIFT = Byte.SIZE * SPILL;

    private FrameLayout() {}

    /** The channel in the header at {@code frame}, 0 to 65535. */
    public static int channelId(ByteBuffer bytes, int frame) {
        return (short) SHORT.get(bytes, frame + CHANNEL_ID_OFFSET) & MAX_CHANNEL_ID;
    }

    /** The length in the header at {@code frame}: 32 bits, to be read as unsigned. */
    public static int length(ByteBuffer bytes, int frame) {
        return (int) INT.get(bytes, frame + LENGTH_OFFSET);
    }

    /** The eight bytes from {@code frame} on, of which the first six are the header. */
    static long header(ByteBuffer bytes, int frame) {
        return (long) LONG.get(bytes, frame);
    }

    /** A header as {@link #header} reads it, with zeros behind it. */
    static long header(int channelId, int length) {
        return (long) channelId << CHANNEL_SHIFT | Integer.toUnsignedLong(length) << LENGTH_SHIFT;
    }

    /** The channel in a header, 0 to 65535. */
    public static int channelId(long header) {
        return (int) (header >>> CHANNEL_SHIFT);
    }

    /** The length in a header: 32 bits, to be read as unsigned. */
    public static int length(long header) {
        return (int) (header >>> LENGTH_SHIFT);
    }

    /** As {@link #putHeader}, by one store, which leaves zeros in the {@link #SPILL} bytes behind the header. */
    public static void putHeaderAndSpill(ByteBuffer bytes, int frame, int channelId, int length) {
        LONG.set(bytes, frame, header(channelId, length));
    }

    /** Writes a header at {@code frame}. The values are not checked: see {@link #checkFrame}. */
    public static void putHeader(ByteBuffer bytes, int frame, int channelId, int length) {
        SHORT.set(bytes, frame + CHANNEL_ID_OFFSET, (short) channelId);
        INT.set(bytes, frame + LENGTH_OFFSET, length);
    }

    /**
     * Refuses a bound that no payload can reach, or that none can keep to.
     *
     * @throws IllegalArgumentException if it is outside 1..{@link #MAX_PAYLOAD_LENGTH}
     */
    public static void checkMaxFrameLength(int maxFrameLength) {
        if (maxFrameLength < 1 || maxFrameLength > MAX_PAYLOAD_LENGTH) {
            throw new IllegalArgumentException(
                    "maxFrameLength " + maxFrameLength + " is outside 1.." + MAX_PAYLOAD_LENGTH);
        }
    }

    /**
     * Refuses what no reader would accept.
     *
     * @throws IllegalArgumentException if {@code channelId} is outside 0..65535 or {@code length} outside
     *     1..{@code maxLength}
     */
    public static void checkFrame(int channelId, int length, int maxLength) {
        if (channelId < 0 || channelId > MAX_CHANNEL_ID) {
            throw new IllegalArgumentException("channel " + channelId + " is outside 0.." + MAX_CHANNEL_ID);
        }
        if (length < 1 || length > maxLength) {
            throw new IllegalArgumentException("payload of " + length + " bytes is outside 1.." + maxLength);
        }
    }
}
