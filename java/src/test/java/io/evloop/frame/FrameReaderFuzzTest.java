package io.evloop.frame;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.HostileStreams;
import io.evloop.testing.ReaderComparison;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The reader against a naive one, on streams that nobody means well: 400,000 of them, or 40 million with {@code
 * -Devloop.soak}. What fails names its seed.
 */
class FrameReaderFuzzTest {

    private static final int EXECUTIONS = Boolean.getBoolean("evloop.soak") ? 40_000_000 : 400_000;
    private static final int[] MAX_LENGTHS = {1, 5, 20, 300, FrameLayout.MAX_PAYLOAD_LENGTH};

    private final ReaderComparison readers = new ReaderComparison();

    // row 12
    @Test
    void readsWhatANaiveReaderReadsOfAnyStreamCutAnywhere() throws Exception {
        HostileStreams streams = HostileStreams.ofCorpus();
        for (long seed = 0; seed < EXECUTIONS; seed++) {
            Random random = new Random(seed);
            execute(seed, random, streams.next(random));
        }
        long few = EXECUTIONS / 10;
        assertTrue(
                readers.frames() > few && readers.invalid() > few && readers.cut() > few,
                () -> readers.frames() + ", " + readers.invalid() + ", " + readers.cut());
    }

    // row 12
    @Test
    void readsTheCorpusCutAtEveryByte() throws Exception {
        for (byte[] stream : HostileStreams.ofCorpus().corpus()) {
            for (int max : MAX_LENGTHS) {
                for (int cutAt = 0; cutAt <= stream.length; cutAt++) {
                    readers.compare(1, stream, max, cutAt, stream.length);
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
            readers.compare(random.nextInt(readers.kinds()), stream, max, cuts);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ", " + HexFormat.of().formatHex(stream), e);
        }
    }
}
