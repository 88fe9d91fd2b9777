package io.evloop.bench.compare.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameParserTest {

    private final List<String> frames = new ArrayList<>();
    private final Party party = new Party() {
        @Override
        public void onRoom(FrameOutput output) {}

        @Override
        public void onFrame(FrameOutput output, int channelId, ByteBuffer bytes, int offset, int length) {
            byte[] payload = new byte[length];
            bytes.get(offset, payload);
            frames.add(channelId + ":" + new String(payload, StandardCharsets.US_ASCII));
        }

        @Override
        public boolean finished() {
            return false;
        }
    };

    private static ByteBuffer encode(String... payloads) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(256);
        for (int index = 0; index < payloads.length; index++) {
            bytes.putShort((short) (0xFFF0 + index));
            bytes.putInt(payloads[index].length());
            bytes.put(payloads[index].getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.flip();
    }

    private int parse(ByteBuffer bytes, int position, int limit) {
        return FrameParser.parse(bytes, position, limit, party, null);
    }

    @Test
    void handsOverEveryFrameOfABuffer() {
        ByteBuffer bytes = encode("one", "two", "three");
        assertEquals(bytes.limit(), parse(bytes, 0, bytes.limit()));
        assertEquals(List.of("65520:one", "65521:two", "65522:three"), frames);
    }

    @Test
    void leavesAFrameThatIsCutAtAnyByteUntilItIsComplete() {
        ByteBuffer bytes = encode("one", "two");
        int firstEnd = Wire.HEADER_LENGTH + 3;
        for (int cut = firstEnd; cut < bytes.limit(); cut++) {
            frames.clear();
            assertEquals(firstEnd, parse(bytes, 0, cut), "cut at " + cut);
            assertEquals(List.of("65520:one"), frames);
            assertEquals(bytes.limit(), parse(bytes, firstEnd, bytes.limit()));
            assertEquals(List.of("65520:one", "65521:two"), frames);
        }
    }

    @Test
    void refusesALengthThatNoSenderWrites() {
        for (int length : new int[] {0, -1, Wire.MAX_PAYLOAD_LENGTH + 1}) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(16);
            Wire.putHeader(bytes, 0, 1, length);
            assertThrows(IllegalStateException.class, () -> parse(bytes, 0, bytes.limit()), "length " + length);
        }
    }
}
