package io.evloop.soak;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Frames whose contents follow from their number, here and in soak_worker.c. */
final class Payloads {

    static final int LARGEST = 60_000;

    private static final int LARGE_EVERY = 64;
    private static final int USUAL_LENGTH = 1500;
    private static final int SPREAD = (int) 2654435761L;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(LARGEST);

    private static int length(int number) {
        return number % LARGE_EVERY == LARGE_EVERY - 1
                ? LARGEST
                : Integer.BYTES + Integer.remainderUnsigned(number * SPREAD, USUAL_LENGTH);
    }

    /** The payload of a number, valid until the next call. */
    ByteBuffer of(int number) {
        memory.clear().limit(length(number));
        memory.putInt(number);
        while (memory.hasRemaining()) {
            memory.put((byte) (number + memory.position()));
        }
        return memory.flip();
    }

    /** What is wrong with a payload that should be that of {@code number}; {@code null} = nothing. */
    static String fault(int number, ByteBuffer payload) {
        ByteBuffer bytes = payload.duplicate().order(ByteOrder.BIG_ENDIAN);
        if (bytes.remaining() != length(number)) {
            return "frame " + number + " has " + bytes.remaining() + " bytes instead of " + length(number);
        }
        int start = bytes.position();
        if (bytes.getInt() != number) {
            return "frame " + number + " came as " + bytes.getInt(start);
        }
        while (bytes.hasRemaining()) {
            int index = bytes.position() - start;
            if (bytes.get() != (byte) (number + index)) {
                return "byte " + index + " of frame " + number + " is wrong";
            }
        }
        return null;
    }
}
