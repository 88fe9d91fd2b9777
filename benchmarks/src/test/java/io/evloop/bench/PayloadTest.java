package io.evloop.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadTest {

    private static final long SEQUENCE = 987_654_321;
    private static final int CHANNEL_ID = Payload.channelId(SEQUENCE);

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 64, 1024, 1048576})
    void acceptsWhatWasNumbered(int length) {
        ByteBuffer payload = new Payload(length).numbered(SEQUENCE);
        assertDoesNotThrow(() -> Payload.verify(CHANNEL_ID, payload, length, SEQUENCE));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 64, 1024, 1048576})
    void refusesAnotherChannelLengthOrSequenceNumber(int length) {
        ByteBuffer payload = new Payload(length).numbered(SEQUENCE);
        assertThrows(IllegalStateException.class, () -> Payload.verify(CHANNEL_ID + 1, payload, length, SEQUENCE));
        assertThrows(IllegalStateException.class, () -> Payload.verify(CHANNEL_ID, payload, length + 8, SEQUENCE));
        assertThrows(IllegalStateException.class, () -> Payload.verify(CHANNEL_ID, payload, length, SEQUENCE + 1024));
        payload.put(length - 1, (byte) ~payload.get(length - 1));
        assertThrows(IllegalStateException.class, () -> Payload.verify(CHANNEL_ID, payload, length, SEQUENCE));
    }

    @Test
    void findsEveryWrongInnerWordSoonerOrLater() {
        for (int at = 8; at < 56; at += 8) {
            Payload payload = new Payload(64);
            ByteBuffer bytes = payload.numbered(0);
            bytes.putLong(at, ~bytes.getLong(at));
            assertTrue(isFoundWithin(payload, 1000), "word at " + at);
        }
    }

    private static boolean isFoundWithin(Payload payload, int frames) {
        for (long sequence = 0; sequence < frames; sequence++) {
            try {
                Payload.verify(Payload.channelId(sequence), payload.numbered(sequence), 64, sequence);
            } catch (IllegalStateException e) {
                return true;
            }
        }
        return false;
    }
}
