package io.evloop.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evloop.frame.FrameLayout;
import io.evloop.testing.FuzzInput;
import io.evloop.testing.ReaderComparison;

/** The frame reader against a naive one. The C reader's fuzzer, native/test/fuzz/fuzz_evloop_h.c, has the same inputs. */
class ReaderFuzzTest {

    private static final int[] MAX_LENGTHS = {1, 5, 20, 300, FrameLayout.MAX_PAYLOAD_LENGTH};

    private final ReaderComparison readers = new ReaderComparison();

    // row 12
    @FuzzTest
    void readsWhatANaiveReaderReadsOfAnyStreamCutAnywhere(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        int max = MAX_LENGTHS[input.next() % MAX_LENGTHS.length];
        byte[] pieces = input.pieces();
        byte[] stream = input.take(ReaderComparison.MAX_STREAM);
        for (int kind = 0; kind < readers.kinds(); kind++) {
            readers.compare(kind, stream, max, FuzzInput.cuts(pieces, stream.length));
        }
    }
}
