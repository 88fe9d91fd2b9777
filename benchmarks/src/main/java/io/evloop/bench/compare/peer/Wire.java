package io.evloop.bench.compare.peer;

import io.evloop.sys.SignatureClasses;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes on the wire, as in {@code bench_frame.h}: a header of channel (2) and length (4), then a payload that tells a
 * right frame from a wrong one. Its first word is the sequence number, its last the sequence number times {@link #MIX},
 * word {@code k} in between {@code k * MIX}; the channel is the low bits of the sequence number. All big-endian.
 */
final class Wire {

    static final int HEADER_LENGTH = 6;
    static final int MAX_PAYLOAD_LENGTH = 64 * 1024 * 1024;

    static final int CONTROL_CHANNEL = 0xFFFF;
    static final int CONTROL_LENGTH = 16;
    static final int BEGIN = 1;
    static final int MIDDLE = 2;
    static final int END = 3;
    /** Sent now and then before the measurement, so that the compiler has seen control frames when it begins. */
    static final int NOTHING = 4;

    private static final int LENGTH_OFFSET = 2;
    private static final int WORD = 8;
    private static final int CHANNEL_MASK = 1023;
    private static final long MIX = 0x9E3779B97F4A7C15L;
    private static final long PICK = 0x9E3779B1L;
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    private static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final ByteBuffer[] CONTROLS = {
        null, newControl(BEGIN), newControl(MIDDLE), newControl(END), newControl(NOTHING)
    };

    static {
        // as evloop does for itself: what checks the frames is to be equally fast for everybody
        SignatureClasses.load();
    }

    private Wire() {}

    static int channelId(ByteBuffer bytes, int frame) {
        return (short) SHORT.get(bytes, frame) & 0xFFFF;
    }

    /** Payload bytes of the frame at {@code frame}, checked. */
    static int length(ByteBuffer bytes, int frame) {
        int length = (int) INT.get(bytes, frame + LENGTH_OFFSET);
        if (length <= 0 || length > MAX_PAYLOAD_LENGTH) {
            throw new IllegalStateException("a header declares " + Integer.toUnsignedLong(length) + " bytes");
        }
        return length;
    }

    static void putHeader(ByteBuffer bytes, int frame, int channelId, int length) {
        SHORT.set(bytes, frame, (short) channelId);
        INT.set(bytes, frame + LENGTH_OFFSET, length);
    }

    /** Payloads, one behind the other, whose inner words are in place: {@link #stamp} does the rest for each frame. */
    static ByteBuffer newPayloads(int length, int count) {
        ByteBuffer payloads = ByteBuffer.allocateDirect(length * count);
        for (int payload = 0; payload < length * count; payload += length) {
            for (int at = WORD; at + WORD <= length; at += WORD) {
                LONG.set(payloads, payload + at, at / WORD * MIX);
            }
        }
        return payloads;
    }

    static void stamp(ByteBuffer bytes, int offset, int length, long sequence) {
        LONG.set(bytes, offset, sequence);
        LONG.set(bytes, offset + length - WORD, sequence * MIX);
    }

    static int channelOf(long sequence) {
        return (int) sequence & CHANNEL_MASK;
    }

    /** Checks the channel, the length and three words of the payload. */
    static void verify(int channelId, ByteBuffer bytes, int offset, int length, int expectedLength, long sequence) {
        if (length != expectedLength
                || channelId != channelOf(sequence)
                || (long) LONG.get(bytes, offset) != sequence
                || (long) LONG.get(bytes, offset + length - WORD) != sequence * MIX) {
            throw wrong(channelId, length, sequence);
        }
        if (length >= 3 * WORD) {
            int word = 1 + pick(length, sequence);
            if ((long) LONG.get(bytes, offset + word * WORD) != word * MIX) {
                throw wrong(channelId, length, sequence);
            }
        }
    }

    private static int pick(int length, long sequence) {
        int words = (length - 2 * WORD) / WORD;
        return (int) ((sequence * PICK & LOW_HALF) * words >>> 32);
    }

    private static IllegalStateException wrong(int channelId, int length, long sequence) {
        return new IllegalStateException(
                "frame " + sequence + " is wrong: channel " + channelId + ", length " + length + ", or its content");
    }

    /** The payload of a control frame, made beforehand: nothing is allocated while a window is open. */
    static ByteBuffer control(int code) {
        return CONTROLS[code];
    }

    private static ByteBuffer newControl(int code) {
        ByteBuffer payload = ByteBuffer.allocateDirect(CONTROL_LENGTH);
        LONG.set(payload, 0, (long) code);
        LONG.set(payload, WORD, ~(long) code);
        return payload;
    }

    static int controlCode(ByteBuffer bytes, int offset, int length) {
        long code = length == CONTROL_LENGTH ? (long) LONG.get(bytes, offset) : 0;
        if (code < BEGIN || code > NOTHING || (long) LONG.get(bytes, offset + WORD) != ~code) {
            throw wrong(CONTROL_CHANNEL, length, 0);
        }
        return (int) code;
    }
}
