package io.evloop.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Frames;
import io.evloop.testing.HostileStreams;
import io.evloop.testing.NaiveFrames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * The reader against a naive one, on streams that nobody means well: 400,000 of them, or 40 million with {@code
 * -Devloop.soak}. What fails names its seed.
 */
class FrameReaderFuzzTest {

    private static final int EXECUTIONS = Boolean.getBoolean("evloop.soak") ? 40_000_000 : 400_000;
    private static final int[] MAX_LENGTHS = {1, 5, 20, 300, FrameLayout.MAX_PAYLOAD_LENGTH};
    private static final int MAX_STREAM = 1 << 12;
    private static final int MARGIN = 16;

    /** Around a stream there is what others left, which no reader may look at. */
    private final List<ByteBuffer> blocks = List.of(
            ByteBuffer.allocate(MAX_STREAM + 2 * MARGIN),
            ByteBuffer.allocateDirect(MAX_STREAM + 2 * MARGIN),
            ByteBuffer.allocateDirect(MAX_STREAM + 2 * MARGIN).order(ByteOrder.LITTLE_ENDIAN));

    private long frames;
    private long invalid;
    private long cut;

    // row 12
    @Test
    void readsWhatANaiveReaderReadsOfAnyStreamCutAnywhere() throws Exception {
        HostileStreams streams = HostileStreams.ofCorpus();
        for (long seed = 0; seed < EXECUTIONS; seed++) {
            Random random = new Random(seed);
            execute(seed, random, streams.next(random));
        }
        long few = EXECUTIONS / 10;
        assertTrue(frames > few && invalid > few && cut > few, () -> frames + ", " + invalid + ", " + cut);
    }

    // row 12
    @Test
    void readsTheCorpusCutAtEveryByte() throws Exception {
        for (byte[] stream : HostileStreams.ofCorpus().corpus()) {
            for (int max : MAX_LENGTHS) {
                for (int cutAt = 0; cutAt <= stream.length; cutAt++) {
                    compare(blocks.get(1), stream, max, cutAt, stream.length);
                }
            }
        }
    }

    private void execute(long seed, Random random, byte[] stream) {
        int max = MAX_LENGTHS[random.nextInt(MAX_LENGTHS.length)];
        int[] cuts = new int[1 + random.nextInt(6)];
        for (int index = 0; index < cuts.length - 1; index++) {
            cuts[index] = random.nextInt(stream.length + 1);
        }
        cuts[cuts.length - 1] = stream.length;
        Arrays.sort(cuts);
        try {
            compare(blocks.get(random.nextInt(blocks.size())), stream, max, cuts);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ", " + HexFormat.of().formatHex(stream), e);
        }
    }

    private void compare(ByteBuffer block, byte[] stream, int max, int... cuts) {
        NaiveFrames naive = new NaiveFrames(max);
        FrameReader reader = new FrameReader(max);
        List<String> heard = new ArrayList<>();
        block.put(MARGIN, stream);
        int position = MARGIN;
        int from = 0;
        for (int to : cuts) {
            naive.take(stream, from, to);
            from = to;
            position = read(reader, block, position, MARGIN + to, heard);
            assertEquals(naive.heard(), heard);
            assertEquals(naive.got(), MARGIN + to - position);
            assertEquals(naive.wanted(), reader.wanted());
        }
        cut += naive.got() > 0 ? 1 : 0;
    }

    /** Reads as far as it goes, behind a bad header, too; returns where the first byte is that was not taken. */
    private int read(FrameReader reader, ByteBuffer block, int start, int limit, List<String> heard) {
        block.limit(limit); // to read behind it throws
        int position = start;
        int result = reader.next(block, position, limit);
        while (result != FrameReader.INCOMPLETE) {
            if (result == FrameReader.FRAME) {
                frames++;
                block.position(reader.payload()).limit(reader.end());
                heard.add(reader.channelId() + ":" + Frames.latin(block));
                block.clear().limit(limit);
                position = reader.end();
            } else {
                invalid++;
                heard.add(reader.channelId() + " of " + reader.declaredLength() + " invalid");
                position = reader.payload();
            }
            assertTrue(position > start && position <= limit, outside(position, start, limit));
            result = reader.next(block, position, limit);
        }
        block.clear();
        return position;
    }

    private static Supplier<String> outside(int position, int start, int limit) {
        return () -> position + " is outside " + start + ".." + limit;
    }
}
