package io.evloop.bench.compare.peer;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {

    private static final long SEQUENCE = 123_456_789;

    private static Executable verify(ByteBuffer payload, int channelId, long sequence) {
        return () -> Wire.verify(channelId, payload, 0, payload.capacity(), payload.capacity(), sequence);
    }

    private static ByteBuffer stamped(int length) {
        ByteBuffer payload = Wire.newPayloads(length, 1);
        Wire.stamp(payload, 0, length, SEQUENCE);
        return payload;
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 64, 1024, 65536})
    void acceptsWhatWasStamped(int length) {
        assertDoesNotThrow(verify(stamped(length), Wire.channelOf(SEQUENCE), SEQUENCE));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 64, 1024, 65536})
    void refusesAnotherSequenceNumberChannelOrLength(int length) {
        ByteBuffer payload = stamped(length);
        int channelId = Wire.channelOf(SEQUENCE);
        assertThrows(IllegalStateException.class, verify(payload, channelId, SEQUENCE + 1024));
        assertThrows(IllegalStateException.class, verify(payload, channelId + 1, SEQUENCE));
        assertThrows(
                IllegalStateException.class, () -> Wire.verify(channelId, payload, 0, length - 8, length, SEQUENCE));
        payload.put(length - 1, (byte) (payload.get(length - 1) + 1));
        assertThrows(IllegalStateException.class, verify(payload, channelId, SEQUENCE));
    }

    @Test
    void looksAtEveryInnerWordSoonerOrLater() {
        ByteBuffer payload = Wire.newPayloads(64, 1);
        for (int at = 8; at < 56; at += 8) {
            payload.putLong(at, ~payload.getLong(at));
            assertEquals(true, isFoundWithin(payload, 1000), "word at " + at);
            payload.putLong(at, ~payload.getLong(at));
        }
        assertEquals(false, isFoundWithin(payload, 1000));
    }

    private static boolean isFoundWithin(ByteBuffer payload, int frames) {
        for (long sequence = 0; sequence < frames; sequence++) {
            Wire.stamp(payload, 0, payload.capacity(), sequence);
            try {
                Wire.verify(Wire.channelOf(sequence), payload, 0, payload.capacity(), payload.capacity(), sequence);
            } catch (IllegalStateException e) {
                return true;
            }
        }
        return false;
    }
}
