package io.evloop.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.Frames;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** The reader against a model that knows neither buffers nor indexes nor signed numbers, on good and bad streams. */
class FrameReaderModelTest {

    /** What a reader says of a run of bytes at its beginning: consumed bytes and a text. */
    private record Answer(int consumed, String text) {}

    /** The naive reader: takes the bytes one by one into a number, and copies. */
    private static Answer model(byte[] unread, int maxFrameLength) {
        if (unread.length < 6) {
            return new Answer(0, "wants 6");
        }
        long[] fields = new long[2];
        for (int index = 0; index < 6; index++) {
            int field = index < 2 ? 0 : 1;
            fields[field] = fields[field] * 256 + (unread[index] < 0 ? unread[index] + 256 : unread[index]);
        }
        if (fields[1] == 0 || fields[1] > maxFrameLength) {
            return new Answer(0, "invalid: " + fields[0] + " of " + fields[1]);
        }
        if (unread.length - 6 < fields[1]) {
            return new Answer(0, "wants " + (6 + fields[1]));
        }
        int end = (int) (6 + fields[1]);
        return new Answer(end, fields[0] + ":" + Arrays.toString(Arrays.copyOfRange(unread, 6, end)));
    }

    private static Answer answer(FrameReader reader, byte[] stream, int position, int limit) {
        int result = reader.next(ByteBuffer.wrap(stream), position, limit);
        assertPeekAgrees(result, reader, stream, position, limit);
        return switch (result) {
            case FrameReader.FRAME ->
                new Answer(
                        reader.end() - position,
                        reader.channelId() + ":"
                                + Arrays.toString(Arrays.copyOfRange(stream, reader.payload(), reader.end())));
            case FrameReader.INVALID ->
                new Answer(0, "invalid: " + reader.channelId() + " of " + reader.declaredLength());
            default -> new Answer(0, "wants " + reader.wanted());
        };
    }

    private static void assertPeekAgrees(int result, FrameReader reader, byte[] stream, int position, int limit) {
        long header = FrameReader.peek(ByteBuffer.wrap(stream), position, limit, reader.maxFrameLength());
        if (result == FrameReader.FRAME && limit - position >= Long.BYTES) {
            assertEquals(reader.channelId(), FrameLayout.channelId(header));
            assertEquals(reader.declaredLength(), FrameLayout.length(header));
            assertEquals(reader.channelId(), FrameLayout.channelId(reader.header()));
            assertEquals(reader.declaredLength(), FrameLayout.length(reader.header()));
        } else {
            assertEquals(0, header);
        }
    }

    // row 11
    @Property(tries = 100_000, edgeCases = EdgeCasesMode.NONE)
    void agreesWithTheModelAfterEveryCut(
            @ForAll("streams") byte[] stream,
            @ForAll("cuts") List<Integer> cuts,
            @ForAll @IntRange(min = 1, max = 40) int max) {
        FrameReader reader = new FrameReader(max);
        int position = 0;
        int limit = 0;
        for (int piece = 0; piece <= cuts.size(); piece++) {
            limit = piece == cuts.size() ? stream.length : Math.min(stream.length, limit + cuts.get(piece));
            Answer expected;
            do {
                expected = model(Arrays.copyOfRange(stream, position, limit), max);
                assertEquals(expected, answer(reader, stream, position, limit));
                position += expected.consumed;
            } while (expected.consumed > 0);
        }
    }

    /** Mostly good frames; some too long or empty; some junk. */
    @Provide
    Arbitrary<byte[]> streams() {
        Arbitrary<Integer> channels = Arbitraries.integers().between(0, 0xFFFF);
        Arbitrary<byte[]> good = Combinators.combine(
                        channels, Arbitraries.integers().between(1, 30))
                .as((channelId, length) -> Frames.frame(channelId, Frames.pattern(channelId, length)));
        Arbitrary<Long> badLengths = Arbitraries.of(0L, 31L, 41L, 0x7FFF_FFFFL, 0x8000_0000L, 0xFFFF_FFFFL);
        Arbitrary<byte[]> bad = Combinators.combine(channels, badLengths).as(Frames::header);
        Arbitrary<byte[]> junk =
                Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(8);
        return Arbitraries.frequencyOf(Tuple.of(20, good), Tuple.of(2, bad), Tuple.of(1, junk))
                .list()
                .ofMaxSize(5)
                .map(parts -> Frames.concat(parts.toArray(byte[][]::new)));
    }

    @Provide
    Arbitrary<List<Integer>> cuts() {
        return Arbitraries.integers().between(0, 25).list().ofMaxSize(6);
    }
}
