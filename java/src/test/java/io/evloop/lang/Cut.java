package io.evloop.lang;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;

/** The pieces in which a stream comes. */
enum Cut {
    /** As large as a socket takes without a reader. */
    WHOLE,
    EVERY_BYTE,
    RANDOM;

    private static final int WHOLE_LENGTH = 64 * 1024;
    private static final int SHORT_LENGTH = 12;

    /** Takes one piece; false: no more of them. */
    @FunctionalInterface
    interface Piece {
        boolean take(byte[] bytes) throws IOException;
    }

    void feed(byte[] stream, Piece piece) throws IOException {
        Random random = new Random(stream.length);
        for (int index = 0; index < stream.length; ) {
            int end = Math.min(stream.length, index + nextLength(random));
            if (!piece.take(Arrays.copyOfRange(stream, index, end))) {
                return;
            }
            index = end;
        }
    }

    /** Around a header as often as anything up to a whole read. */
    private int nextLength(Random random) {
        return switch (this) {
            case WHOLE -> WHOLE_LENGTH;
            case EVERY_BYTE -> 1;
            case RANDOM -> 1 + random.nextInt(random.nextBoolean() ? SHORT_LENGTH : WHOLE_LENGTH);
        };
    }
}
