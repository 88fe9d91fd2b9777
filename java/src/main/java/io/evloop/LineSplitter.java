package io.evloop;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Makes lines of a worker's output. Holds the beginning of one line at most, and that is bounded. */
final class LineSplitter implements OutputHandler {

    private final LineHandler handler;
    private final int maxLength;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    LineSplitter(LineHandler handler, int maxLength) {
        this.handler = handler;
        this.maxLength = maxLength;
    }

    @Override
    public void onOutput(Worker worker, ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n') {
                emit(worker);
            } else {
                cutIfFull(worker, next);
                line.write(next);
            }
        }
    }

    /** Not in front of a CR, which may be of the end of the line. */
    private void cutIfFull(Worker worker, byte next) {
        if (line.size() > maxLength) { // it was not
            emit(worker);
            line.write('\r');
        }
        if (line.size() == maxLength && next != '\r') {
            handler.onLine(worker, takeText());
        }
    }

    /** The output has ended, perhaps inside a line. */
    void end(Worker worker) {
        if (line.size() > 0) {
            emit(worker);
        }
    }

    private String takeText() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        return text;
    }

    /** A line with its end: LF, or CR and LF. */
    private void emit(Worker worker) {
        String text = takeText();
        handler.onLine(worker, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
    }
}
