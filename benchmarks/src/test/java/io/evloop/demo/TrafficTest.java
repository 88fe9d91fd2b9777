package io.evloop.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that follow from their numbers, and the comparison of what came back with them. */
class TrafficTest {

    /** The frame of one byte, the one of 1 MiB, and one in between. */
    private static final long SHORTEST = 0;

    private static final long LONGEST = 1;

    private static final int FRAMES = 10_000;

    /** So much that the pattern repeats in it, and no round number. */
    private static final int FOUR_PERIODS = 4 * 1024 * 1024 + 77;

    private static final int BLOCK = 64 * 1024;

    private final Traffic traffic = new Traffic();

    private ByteBuffer sent(long number) {
        ByteBuffer payload = traffic.payload(number);
        return ByteBuffer.allocateDirect(payload.remaining()).put(payload).flip();
    }

    private String faultOf(long number, ByteBuffer payload) {
        return traffic.fault(number, traffic.length(number), traffic.channel(number), payload);
    }

    private static void flipBit(ByteBuffer payload, int index) {
        payload.put(index, (byte) (payload.get(index) ^ 1));
    }

    @Test
    void acceptsEveryFrameAsItWasSent() {
        for (long number = 0; number < FRAMES; number++) {
            assertNull(faultOf(number, sent(number)));
        }
    }

    @Test
    void readsThePayloadFromItsPositionOn() {
        ByteBuffer payload = sent(LONGEST);
        ByteBuffer inside = ByteBuffer.allocateDirect(payload.remaining() + 20)
                .position(7)
                .put(payload)
                .flip()
                .position(7);
        assertNull(faultOf(LONGEST, inside));
    }

    @ParameterizedTest
    @ValueSource(longs = {SHORTEST, LONGEST, 2, 3, 4, 5})
    void noticesAFlippedBitInTheFirstAndTheMiddleAndTheLastByte(long number) {
        int length = traffic.length(number);
        for (int index : new int[] {0, length / 2, length - 1}) {
            ByteBuffer payload = sent(number);
            flipBit(payload, index);
            assertEquals(
                    "frame " + number + " of " + length + " bytes came with a wrong byte at " + index,
                    faultOf(number, payload));
        }
    }

    @Test
    void noticesAFlippedBitInEveryByteOfAShortFrame() {
        long number = 2;
        while (traffic.length(number) < 100 || traffic.length(number) > 1000) {
            number++;
        }
        ByteBuffer payload = sent(number);
        for (int index = 0; index < payload.limit(); index++) {
            flipBit(payload, index);
            assertNotNull(faultOf(number, payload.rewind()));
            flipBit(payload, index);
        }
        assertNull(faultOf(number, payload.rewind().limit(traffic.length(number))));
    }

    @Test
    void noticesAFlippedBitBehindARepetitionOfThePattern() {
        for (int index : new int[] {0, FOUR_PERIODS / 2, FOUR_PERIODS - 1}) {
            ByteBuffer payload = large();
            assertNull(traffic.fault(8, FOUR_PERIODS, traffic.channel(8), payload));
            flipBit(payload, index);
            payload.clear();
            assertEquals(
                    "frame 8 of " + FOUR_PERIODS + " bytes came with a wrong byte at " + index,
                    traffic.fault(8, FOUR_PERIODS, traffic.channel(8), payload));
        }
    }

    @Test
    void noticesTwoBlocksThatChangedPlaces() {
        for (int distance = BLOCK; distance < FOUR_PERIODS - BLOCK; distance += BLOCK) {
            ByteBuffer payload = large();
            byte[] first = new byte[BLOCK];
            byte[] second = new byte[BLOCK];
            payload.get(0, first).get(distance, second);
            payload.put(0, second).put(distance, first);
            assertNotNull(traffic.fault(8, FOUR_PERIODS, traffic.channel(8), payload));
        }
    }

    private ByteBuffer large() {
        ByteBuffer room = ByteBuffer.allocate(FOUR_PERIODS);
        traffic.fill(8, room);
        return room.flip();
    }

    @Test
    void noticesAnotherChannel() {
        assertEquals(
                "frame 1 came on channel 77 instead of " + traffic.channel(1),
                traffic.fault(1, traffic.length(1), 77, sent(1)));
    }

    @Test
    void noticesAMissingByte() {
        ByteBuffer payload = sent(LONGEST);
        payload.limit(payload.limit() - 1);
        assertEquals("frame 1 came with 1048575 bytes instead of 1048576", faultOf(LONGEST, payload));
    }

    @Test
    void noticesTheFrameOfTheSameChannelAndLengthThatCameBefore() {
        long number = 100;
        long before = number - 8; // the channels repeat after eight frames
        assertEquals(traffic.channel(before), traffic.channel(number));
        ByteBuffer room = ByteBuffer.allocateDirect(traffic.length(number));
        traffic.fill(before, room);
        assertNotNull(faultOf(number, room.flip()));
    }

    @Test
    void reachesFromOneByteToOneMebibyteOnEveryChannel() {
        Set<Integer> channels = new TreeSet<>();
        Set<Integer> orders = new TreeSet<>();
        for (long number = 0; number < FRAMES; number++) {
            channels.add(traffic.channel(number));
            orders.add(Integer.SIZE - Integer.numberOfLeadingZeros(traffic.length(number)));
        }
        assertEquals(Set.of(0, 1, 127, 128, 255, 256, 32_768, 65_535), channels);
        assertEquals(Traffic.channels(), channels.size());
        assertEquals(21, orders.size());
        assertEquals(1, traffic.length(SHORTEST));
        assertEquals(1024 * 1024, traffic.length(LONGEST));
    }
}
