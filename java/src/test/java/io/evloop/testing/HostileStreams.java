package io.evloop.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Streams of frames that are random, or good ones of a corpus that were spoilt: always the same for the same seed. */
public final class HostileStreams {

    private static final String CORPUS = "/frames/corpus.txt";
    private static final int MAX_RANDOM_LENGTH = 40;
    private static final int MAX_SEEDS = 3;
    private static final int MAX_MUTATIONS = 4;
    private static final long[] LENGTHS = {
        0,
        1,
        2,
        5,
        6,
        7,
        20,
        21,
        255,
        256,
        65_535,
        65_536,
        64 << 20,
        (64 << 20) + 1,
        0x7FFF_FFFFL,
        0x8000_0000L,
        0xFFFF_FFFFL
    };

    private final List<byte[]> corpus;

    private HostileStreams(List<byte[]> corpus) {
        this.corpus = corpus;
    }

    /** Those that are made from the corpus among the test resources. */
    public static HostileStreams ofCorpus() throws IOException {
        try (InputStream in = HostileStreams.class.getResourceAsStream(CORPUS)) {
            return new HostileStreams(new String(in.readAllBytes(), US_ASCII)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> HexFormat.of().parseHex(line.replace(" ", "")))
                    .toList());
        }
    }

    /** The corpus as it is. */
    public List<byte[]> corpus() {
        return corpus;
    }

    /** The next stream of {@code random}; may be empty. */
    public byte[] next(Random random) {
        byte[] stream = {};
        if (random.nextInt(5) == 0) {
            stream = new byte[random.nextInt(MAX_RANDOM_LENGTH)];
            random.nextBytes(stream);
        } else {
            for (int count = 1 + random.nextInt(MAX_SEEDS); count > 0; count--) {
                stream = Frames.concat(stream, corpus.get(random.nextInt(corpus.size())));
            }
        }
        for (int count = random.nextInt(MAX_MUTATIONS + 1); count > 0 && stream.length > 0; count--) {
            stream = mutate(random, stream);
        }
        return stream;
    }

    private static byte[] mutate(Random random, byte[] stream) {
        int from = random.nextInt(stream.length);
        int to = from + random.nextInt(stream.length - from + 1);
        byte[] head = Arrays.copyOf(stream, from);
        byte[] middle = Arrays.copyOfRange(stream, from, to);
        byte[] tail = Arrays.copyOfRange(stream, to, stream.length);
        byte[] behind = Arrays.copyOfRange(stream, from, stream.length);
        return switch (random.nextInt(7)) {
            case 0 -> head; // cut short
            case 1 -> Frames.concat(head, tail); // a piece is missing
            case 2 -> Frames.concat(head, middle, middle, tail); // a piece comes twice
            case 3 -> Frames.concat(head, Frames.header(random.nextInt(), length(random)), behind);
            case 4 -> overwrite(stream, from, Frames.header(random.nextInt(), length(random)));
            case 5 -> overwrite(stream, from, (byte) random.nextInt());
            default -> overwrite(stream, from, (byte) (stream[from] ^ 1 << random.nextInt(8)));
        };
    }

    private static long length(Random random) {
        return LENGTHS[random.nextInt(LENGTHS.length)];
    }

    private static byte[] overwrite(byte[] stream, int from, byte... bytes) {
        byte[] copy = stream.clone();
        System.arraycopy(bytes, 0, copy, from, Math.min(bytes.length, copy.length - from));
        return copy;
    }
}
