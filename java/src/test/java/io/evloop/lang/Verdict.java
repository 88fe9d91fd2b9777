package io.evloop.lang;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.error.InvalidFrameException;
import io.evloop.error.TruncatedFrameException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.stream.Stream;

/** Holds what an implementation makes of a vector against what it must. Keeps faults: a handler that throws proves little. */
final class Verdict {

    private final Vector vector;
    private final Iterator<Vector.Expected> expected;
    private String fault = "";
    private String ending = "";

    Verdict(Vector vector) {
        this.vector = vector;
        this.expected = vector.frames().stream()
                .flatMap(frame -> Stream.generate(() -> frame).limit(frame.number()))
                .iterator();
    }

    void frame(int channelId, ByteBuffer payload) {
        if (!expected.hasNext()) {
            fault = "a frame too many";
            return;
        }
        Vector.Expected frame = expected.next();
        if (frame.channelId() != channelId || !frame.payload().matches(payload)) {
            fault = "channel " + channelId + " and " + payload + " instead of " + frame;
        }
    }

    void invalid(int channelId, long declaredLength) {
        ending = describe(Vector.Ending.INVALID, channelId, declaredLength);
    }

    void truncated(long wanted, long got) {
        ending = describe(Vector.Ending.TRUNCATED, wanted, got);
    }

    /** What ended a pipe. */
    void end(Throwable cause) {
        if (cause == null) {
            ending = describe(Vector.Ending.CLEAN, 0, 0);
        } else if (cause instanceof InvalidFrameException invalid) {
            invalid(invalid.channelId(), invalid.declaredLength());
        } else if (cause instanceof TruncatedFrameException truncated) {
            truncated(truncated.wantedBytes(), truncated.gotBytes());
        } else {
            ending = cause.toString();
        }
    }

    boolean isEnded() {
        return !ending.isEmpty();
    }

    void check(Cut cut) {
        String how = vector.name() + ", cut: " + cut;
        assertEquals("", fault, how);
        assertEquals(describe(vector.ending(), vector.first(), vector.second()), ending, how);
        assertEquals(false, expected.hasNext(), how + ": a frame is missing");
    }

    private static String describe(Vector.Ending ending, long first, long second) {
        return ending + " " + first + " " + second;
    }
}
