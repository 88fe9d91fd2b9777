package io.evloop.bench.compare.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadRingTest {

    private static void verify(PayloadRing ring, int length, long sequence) {
        Wire.verify(Wire.channelOf(sequence), ring.bytes(), ring.offset(sequence), length, length, sequence);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 64, 1024, 4096, 65536})
    void holdsARightPayloadForEveryFrame(int length) {
        PayloadRing ring = new PayloadRing(length);
        for (long sequence = 0; sequence < 5000; sequence++) {
            verify(ring, length, sequence);
            verify(ring, length, sequence); // refused, and offered again
        }
    }

    @ParameterizedTest
    @CsvSource({"16, 256", "64, 1024", "1024, 4096", "3000, 3000", "4096, 4096", "65536, 65536"})
    void keepsWithinASmallPartOfTheCacheUnlessOnePayloadIsMore(int length, int capacity) {
        assertEquals(capacity, new PayloadRing(length).bytes().capacity());
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 64, 1024})
    void stampsSmallPayloadsWellBeforeTheyAreSent(int length) {
        PayloadRing ring = new PayloadRing(length);
        assertNotEquals(ring.offset(0), ring.offset(1));
    }
}
