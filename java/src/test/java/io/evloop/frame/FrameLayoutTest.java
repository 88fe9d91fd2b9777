package io.evloop.frame;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Frames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The six bytes of a header. */
class FrameLayoutTest {

    private static final int[] CHANNELS = {0, 1, 255, 256, 0x1234, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF};
    private static final int[] LENGTHS = {
        0, 1, 255, 256, 0x0102_0304, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, FrameLayout.MAX_PAYLOAD_LENGTH
    };

    private static List<ByteBuffer> buffers(int capacity) {
        return List.of(
                ByteBuffer.allocate(capacity),
                ByteBuffer.allocateDirect(capacity),
                ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN),
                ByteBuffer.allocateDirect(capacity + 3).position(3).slice());
    }

    @Test
    void isTwoBytesOfChannelAndFourOfLengthTheHighestFirst() {
        for (ByteBuffer bytes : buffers(6)) {
            for (int channelId : CHANNELS) {
                for (int length : LENGTHS) {
                    FrameLayout.putHeader(bytes, 0, channelId, length);
                    byte[] header = new byte[6];
                    bytes.get(0, header);
                    assertArrayEquals(Frames.header(channelId, length), header);
                    assertEquals(channelId, FrameLayout.channelId(bytes, 0));
                    assertEquals(length, FrameLayout.length(bytes, 0));
                    assertEquals(0, bytes.position());
                }
            }
        }
    }

    @Test
    void standsAtAnyIndexAndTouchesNothingBesideIt() {
        for (ByteBuffer bytes : buffers(32)) {
            for (int frame = 0; frame <= 32 - FrameLayout.HEADER_LENGTH; frame++) {
                bytes.put(0, new byte[32]);
                FrameLayout.putHeader(bytes, frame, 0xFFFF, -1);
                for (int index = 0; index < 32; index++) {
                    boolean inside = index >= frame && index < frame + 6;
                    assertEquals(inside ? -1 : 0, bytes.get(index));
                }
                assertEquals(0xFFFF, FrameLayout.channelId(bytes, frame));
            }
            assertThrows(IndexOutOfBoundsException.class, () -> FrameLayout.putHeader(bytes, 27, 1, 1));
        }
    }

    @Test
    void refusesWhatNoReaderWouldAcceptAndSaysTheBounds() {
        FrameLayout.checkFrame(0, 1, 1);
        FrameLayout.checkFrame(65_535, FrameLayout.MAX_PAYLOAD_LENGTH, FrameLayout.MAX_PAYLOAD_LENGTH);
        for (int channelId : new int[] {-1, 65_536, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertRefused(channelId, 1, 1, "channel " + channelId, "0..65535");
        }
        for (int length : new int[] {0, -1, 8, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertRefused(0, length, 7, length + " bytes", "1..7");
        }
    }

    private static void assertRefused(int channelId, int length, int maxLength, String... parts) {
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class, () -> FrameLayout.checkFrame(channelId, length, maxLength));
        for (String part : parts) {
            assertTrue(refused.getMessage().contains(part), refused.getMessage());
        }
    }

    @Test
    void allowsSixtyFourMebibytes() {
        assertEquals(67_108_864, FrameLayout.MAX_PAYLOAD_LENGTH);
        assertEquals(6, FrameLayout.HEADER_LENGTH);
        assertEquals(65_535, FrameLayout.MAX_CHANNEL_ID);
    }
}
