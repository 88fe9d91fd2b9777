package io.evloop.soak;

import io.evloop.error.InvalidFrameException;
import io.evloop.error.TruncatedFrameException;

/** How a worker behaves, and what must come of it unless its supervisor ends it before. Codes are those of soak_worker.c. */
enum Mode {
    ECHO("echo", 0, 0, null),
    FLOOD("flood", 0, 9, null),
    DEAF("deaf", 0, 9, null),
    HALF_CLOSE("half-close", 3, 0, null),
    BAD_HEADER("bad-header", 4, 0, InvalidFrameException.class),
    CUT_OFF("cut-off", 5, 0, TruncatedFrameException.class),
    DIE("die", 0, 9, null);

    final String word;
    final int code;
    final int signal;
    final Class<? extends Throwable> cause;

    Mode(String word, int code, int signal, Class<? extends Throwable> cause) {
        this.word = word;
        this.code = code;
        this.signal = signal;
        this.cause = cause;
    }

    /** Whether it writes a number of frames of its own accord and comes to its end by itself. */
    boolean isRecital() {
        return this == HALF_CLOSE || this == BAD_HEADER || this == CUT_OFF || this == DIE;
    }

    boolean hasBadStream() {
        return cause != null;
    }
}
