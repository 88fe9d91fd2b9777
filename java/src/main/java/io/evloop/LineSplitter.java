package io.evloop;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Makes lines of a worker's output. Holds the beginning of one line at most, and that is bounded. */
final class LineSplitter implements OutputHandler {

    private static final int FIRST_CAPACITY = 128;

    /** Bytes of the longest character of UTF-8. */
    private static final int MAX_CHARACTER_LENGTH = 4;

    private final LineHandler handler;
    private final int maxLength;
    private byte[] line = new byte[FIRST_CAPACITY];
    private int length;

    /** A CR has come behind {@link #line}, which may be of the end of the line. */
    private boolean carriageReturn;

    LineSplitter(LineHandler handler, int maxLength) {
        this.handler = handler;
        this.maxLength = maxLength;
    }

    @Override
    public void onOutput(Worker worker, ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n') {
                emit(worker, length);
                continue;
            }
            if (carriageReturn) {
                carriageReturn = false;
                append(worker, (byte) '\r');
            }
            if (next == '\r') {
                carriageReturn = true;
            } else {
                append(worker, next);
            }
        }
    }

    private void append(Worker worker, byte next) {
        if (length >= maxLength) {
            int cut = isContinuation(next) ? startOfCharacter() : length;
            if (cut > 0) { // or else the line is one character, which is kept whole
                emit(worker, cut);
            }
        }
        if (length == line.length) {
            line = Arrays.copyOf(line, 2 * length);
        }
        line[length++] = next;
    }

    /** Where the character begins that lacks bytes at the end of the line; the end, if none does. */
    private int startOfCharacter() {
        int index = length - 1;
        while (index > 0 && isContinuation(line[index]) && length - index < MAX_CHARACTER_LENGTH) {
            index--;
        }
        int leadingOnes = Integer.numberOfLeadingZeros(~line[index] << Integer.SIZE - Byte.SIZE);
        return leadingOnes <= MAX_CHARACTER_LENGTH && leadingOnes > length - index ? index : length;
    }

    private static boolean isContinuation(byte value) {
        return (value & 0xC0) == 0x80;
    }

    /** The output has ended, perhaps inside a line. */
    void end(Worker worker) {
        if (length > 0 || carriageReturn) {
            emit(worker, length);
        }
    }

    /** Hands over the first {@code count} bytes; the rest begins the next line. */
    private void emit(Worker worker, int count) {
        String text = new String(line, 0, count, StandardCharsets.UTF_8);
        length -= count;
        System.arraycopy(line, count, line, 0, length);
        carriageReturn = false;
        handler.onLine(worker, text);
    }
}
