package io.evloop.stress;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What states are made of. */
final class Loops {

    /** Longer than a thread waits for a core; who waits so long was forgotten. */
    static final long LONG_NANOS = 20_000_000_000L;

    private Loops() {}

    static EventLoop open() {
        try {
            return EventLoop.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Pipe[] pair(EventLoop loop) {
        try {
            return Pipe.pair(loop, loop);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
