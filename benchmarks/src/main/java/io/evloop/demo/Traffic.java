package io.evloop.demo;

import io.evloop.frame.FrameLayout;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * What is sent: the channel, the length and every byte of each frame follow from its number, so that what comes back can be
 * compared with what must come back. The bytes are a piece, another one for each frame, of an endless random pattern. For
 * one thread: the view of the pattern is reused.
 */
final class Traffic {

    static final int SHORTEST = 1;
    static final int LONGEST = 1024 * 1024;

    /** The length of the one frame that is sent apart from the others. */
    static final int LARGE = FrameLayout.MAX_PAYLOAD_LENGTH;

    private static final int[] CHANNELS = {0, 1, 127, 128, 255, 256, 32_768, 65_535};

    /** Lengths repeat after as many frames: a prime, so that each length meets each channel. */
    private static final int LENGTHS = 4_093;

    /** The pattern repeats after as many bytes: a prime, so that no two blocks of a round size are alike. */
    private static final int PERIOD = 1_048_583;

    /** How far the beginnings of two frames in turn are apart in the pattern. */
    private static final long STRIDE = 40_503;

    private static final long SEED = 20_260_101;

    private final int[] lengths = new int[LENGTHS];
    private final ByteBuffer piece = ByteBuffer.allocateDirect(2 * PERIOD); // from any beginning, a whole period

    Traffic() {
        Random random = new Random(SEED);
        for (int index = 0; index < LENGTHS; index++) {
            lengths[index] = randomLength(random);
        }
        lengths[0] = SHORTEST;
        lengths[1] = LONGEST;
        byte[] period = new byte[PERIOD];
        random.nextBytes(period);
        piece.put(period).put(period);
    }

    /** Of every order of magnitude; the smaller, the more often. */
    private static int randomLength(Random random) {
        int orders = Integer.numberOfTrailingZeros(LONGEST) + 1;
        int order = Math.min(random.nextInt(orders), random.nextInt(orders));
        return SHORTEST + random.nextInt(1 << order);
    }

    static int channels() {
        return CHANNELS.length;
    }

    int channel(long number) {
        return CHANNELS[(int) (number % CHANNELS.length)];
    }

    int length(long number) {
        return lengths[(int) (number % LENGTHS)];
    }

    /** The payload of a frame, off-heap; valid until the next call of any method here. */
    ByteBuffer payload(long number) {
        return piece(number, length(number));
    }

    /** Writes the payload of a frame that is as long as there is room. */
    void fill(long number, ByteBuffer room) {
        while (room.hasRemaining()) {
            room.put(piece(number, Math.min(PERIOD, room.remaining())));
        }
    }

    /**
     * Compares what came back with what was sent, every byte.
     *
     * @return what is wrong; null = nothing
     */
    String fault(long number, int length, int channelId, ByteBuffer payload) {
        if (channelId != channel(number)) {
            return "frame " + number + " came on channel " + channelId + " instead of " + channel(number);
        }
        if (payload.remaining() != length) {
            return "frame " + number + " came with " + payload.remaining() + " bytes instead of " + length;
        }
        int end = payload.limit();
        for (int begin = payload.position(); begin < end; begin += PERIOD) {
            payload.limit(Math.min(end, begin + PERIOD)).position(begin);
            int wrong = payload.mismatch(piece(number, payload.remaining()));
            if (wrong >= 0) {
                return "frame " + number + " of " + length + " bytes came with a wrong byte at "
                        + (length - (end - begin) + wrong);
            }
        }
        return null;
    }

    private ByteBuffer piece(long number, int length) {
        int begin = (int) (number * STRIDE % PERIOD);
        return piece.limit(begin + length).position(begin);
    }
}
