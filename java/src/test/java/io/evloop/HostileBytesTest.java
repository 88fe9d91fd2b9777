package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.evloop.error.TruncatedFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.HostileStreams;
import io.evloop.testing.NaiveFrames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pipes against a naive reader, on streams that nobody means well, each through a socketpair of its own. */
class HostileBytesTest {

    private static final int EXECUTIONS = Boolean.getBoolean("evloop.soak") ? 1_000_000 : 10_000;
    private static final int[] MAX_LENGTHS = {1, 5, 20, 300};

    // row 12
    @Test
    void aPipeReadsWhatANaiveReaderReadsAndEndsAsItDoes() throws Exception {
        HostileStreams streams = HostileStreams.ofCorpus();
        try (TestLoop test = TestLoop.open()) {
            for (long seed = 0; seed < EXECUTIONS; seed++) {
                Random random = new Random(seed);
                byte[] stream = streams.next(random);
                try {
                    compare(test.loop(), random, stream);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError(
                            "seed " + seed + ", " + HexFormat.of().formatHex(stream), e);
                }
            }
        }
    }

    private static void compare(EventLoop loop, Random random, byte[] stream) throws IOException {
        int max = MAX_LENGTHS[random.nextInt(MAX_LENGTHS.length)];
        NaiveFrames naive = new NaiveFrames(max);
        PipeOptions options = PipeOptions.builder().maxFrameLength(max).build();
        try (PeeredPipe peered = PeeredPipe.adopt(loop, options).pulled()) {
            for (int from = 0; from < stream.length; ) {
                int to = from + 1 + random.nextInt(stream.length - from);
                peered.peer().write(Arrays.copyOfRange(stream, from, to));
                naive.take(stream, from, to);
                from = to;
                Await.idle(loop);
                assertEquals(naive.heard(), peered.heard());
            }
            peered.peer().close();
            Throwable cause = peered.awaitClose();
            if (naive.got() == 0) {
                assertNull(cause);
            } else {
                TruncatedFrameException truncated = assertInstanceOf(TruncatedFrameException.class, cause);
                assertEquals(naive.wanted(), truncated.wantedBytes());
                assertEquals(naive.got(), truncated.gotBytes());
            }
        }
    }
}
