package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** The ring of records, from many threads to one. */
class SendRingTest {

    private static final int CAPACITY = 4096;
    private static final int HEADER = 8;

    private SendRing ring = new SendRing(CAPACITY);

    private static int recordLength(int payload) {
        return (HEADER + payload + 7) / 8 * 8;
    }

    /** Claims room and fills it; the index of the payload. */
    private int claim(int seed, int length) {
        int index = ring.claim(length);
        if (index >= 0) {
            ring.memory().put(index, Frames.pattern(seed, length));
        }
        return index;
    }

    private void write(int seed, int length) {
        int index = claim(seed, length);
        assertTrue(index >= 0, "refused: " + index);
        ring.publish(index, length, seed);
    }

    /** Takes every record that is there; each must hold what {@link #write} put into it. Returns their seeds. */
    private List<Integer> takeAll() {
        return take(Long.MAX_VALUE);
    }

    private List<Integer> take(long maxBytes) {
        List<Integer> seeds = new ArrayList<>();
        ring.drain(
                (seed, memory, payload, length) -> {
                    byte[] bytes = new byte[length];
                    memory.get(payload, bytes);
                    assertArrayEquals(Frames.pattern(seed, length), bytes);
                    seeds.add(seed);
                    return true;
                },
                maxBytes);
        return seeds;
    }

    @Test
    void wrapsAroundAtEveryOffsetWithEveryKindOfLength() {
        int[] lengths = {1, 7, 8, 9, 100, 1_000, ring.maxPayloadLength() - 1, ring.maxPayloadLength()};
        for (int offset = 16; offset < CAPACITY; offset += 8) { // no record ends at 8
            for (int length : lengths) {
                ring = ringAt(offset);
                write(offset, length);
                assertEquals(List.of(offset), takeAll(), "a payload of " + length + " at " + offset);
                assertEquals(0, ring.usedBytes());
                write(length, 3);
                write(offset, 5);
                assertEquals(List.of(length, offset), takeAll());
            }
        }
    }

    /** An empty ring whose next record begins at a place. */
    private static SendRing ringAt(int offset) {
        SendRing ring = new SendRing(CAPACITY);
        int first = offset <= CAPACITY / 2 ? offset : offset / 2 / 8 * 8;
        for (int length : new int[] {first, offset - first}) {
            if (length > 0) {
                ring.publish(ring.claim(length - HEADER), length - HEADER, 0);
                ring.drain((seed, memory, payload, any) -> true, Long.MAX_VALUE);
            }
        }
        return ring;
    }

    @Test
    void isFullOnlyWhenNoRoomIsLeft() {
        int length = 24;
        int records = CAPACITY / recordLength(length);
        for (int index = 0; index < records; index++) {
            write(index, length);
        }
        assertEquals(CAPACITY, ring.usedBytes());
        assertEquals(SendRing.FULL, ring.claim(1));
        assertEquals(1, take(1).size());
        write(99, length);
        assertEquals(SendRing.FULL, ring.claim(1));
        assertEquals(records, takeAll().size());
        assertEquals(0, ring.usedBytes());
    }

    @Test
    void aFullRingIsLeftAsItWas() {
        write(1, ring.maxPayloadLength());
        write(2, 1_000);
        long used = ring.usedBytes();
        assertEquals(SendRing.FULL, ring.claim(ring.maxPayloadLength()));
        assertEquals(used, ring.usedBytes());
        assertEquals(List.of(1, 2), takeAll());
    }

    @Test
    void aRecordThatIsNotPublishedHoldsBackThoseBehindIt() {
        write(1, 10);
        int second = claim(2, 20);
        write(3, 30);
        assertEquals(List.of(1), takeAll());
        assertEquals(List.of(), takeAll());
        ring.publish(second, 20, 2);
        assertEquals(List.of(2, 3), takeAll());
    }

    @Test
    void whatWritersThatThrowHaveClaimedHoldsUpNothing() {
        for (int round = 0; round < 3; round++) {
            int thrown = 0;
            for (int call = 0;
                    call < 2_000 && thrown < 1_000;
                    call++) { // the index is none, as that of memory that is freed
                int result = 0;
                try {
                    result = ring.write(ByteBuffer.allocate(8), 1, 8, 7);
                } catch (IndexOutOfBoundsException e) {
                    thrown++;
                }
                if (result == SendRing.FULL) {
                    ring.giveUpAbandoned();
                    assertEquals(List.of(), takeAll());
                }
            }
            assertEquals(1_000, thrown);
            ring.giveUpAbandoned();
            write(round, 10);
            assertEquals(List.of(round), takeAll());
            assertEquals(0, ring.usedBytes());
        }
    }

    @Test
    void aRecordGivenUpIsPassedOver() {
        write(1, 10);
        int second = claim(2, 1_000);
        write(3, 30);
        ring.giveUp(second, 1_000);
        assertEquals(List.of(1, 3), takeAll());
        assertEquals(0, ring.usedBytes());
    }

    @Test
    void recordsGivenUpAloneFreeTheirRoom() {
        for (int round = 0; round < 1_000; round++) {
            ring.giveUp(claim(round, 500), 500);
            assertEquals(List.of(), takeAll());
            assertEquals(0, ring.usedBytes());
        }
    }

    @Test
    void aRecordThatIsNotTakenStaysTheFirst() {
        write(1, 10);
        write(2, 20);
        write(3, 30);
        List<Integer> offered = new ArrayList<>();
        long taken = ring.drain(
                (seed, memory, payload, length) -> {
                    offered.add(seed);
                    return seed == 1;
                },
                Long.MAX_VALUE);
        assertEquals(List.of(1, 2), offered);
        assertEquals(recordLength(10), taken);
        assertEquals(List.of(2, 3), takeAll());
    }

    @Test
    void aConsumerThatThrowsHasTakenTheRecordsBeforeAlone() {
        write(1, 10);
        write(2, 20);
        RuntimeException thrown = new RuntimeException();
        assertThrows(
                RuntimeException.class,
                () -> ring.drain(
                        (seed, memory, payload, length) -> {
                            if (seed == 2) {
                                throw thrown;
                            }
                            return true;
                        },
                        Long.MAX_VALUE));
        assertEquals(recordLength(20), ring.usedBytes());
        assertEquals(List.of(2), takeAll());
    }

    @Test
    void takesNoFurtherRecordOnceTheBoundIsReached() {
        for (int index = 0; index < 10; index++) {
            write(index, 24);
        }
        assertEquals(List.of(0, 1), take(64));
        assertEquals(List.of(2, 3, 4), take(65));
        assertEquals(5, takeAll().size());
    }

    @Test
    void givesRoomBackInTheMiddleOfALongDrain() {
        SendRing large = new SendRing(64 * 1024);
        int length = 24;
        for (int index = large.claim(length); index >= 0; index = large.claim(length)) {
            large.publish(index, length, 0);
        }
        int[] taken = {0};
        large.drain(
                (seed, memory, payload, any) -> {
                    taken[0]++;
                    return large.usedBytes() == large.capacity(); // until a producer could go on
                },
                Long.MAX_VALUE);
        assertTrue(taken[0] < large.capacity() / recordLength(length), "taken: " + taken[0]);
    }

    @Test
    void roundsItsCapacityUpAndRefusesWhatIsNone() {
        assertEquals(4096, new SendRing(1).capacity());
        assertEquals(4096, new SendRing(4096).capacity());
        assertEquals(8192, new SendRing(4097).capacity());
        assertEquals(4096 / 2 - HEADER, new SendRing(1).maxPayloadLength());
        assertThrows(IllegalArgumentException.class, () -> new SendRing(0));
        assertThrows(IllegalArgumentException.class, () -> new SendRing(-1));
        assertThrows(IllegalArgumentException.class, () -> new SendRing((1 << 30) + 1));
    }

    @Test
    void afterTheCloseNothingIsTakenInAndWhatWasThereComesOut() {
        write(1, 10);
        ring.close();
        ring.close();
        assertEquals(SendRing.CLOSED, ring.claim(10));
        assertEquals(recordLength(10), ring.usedBytes());
        assertEquals(List.of(1), takeAll());
        assertEquals(SendRing.CLOSED, ring.claim(10));
        assertEquals(0, ring.usedBytes());
    }

    @Test
    void aFullRingThatIsClosedSaysClosed() {
        while (ring.claim(500) >= 0) {
            continue;
        }
        assertEquals(SendRing.FULL, ring.claim(500));
        SendRing other = new SendRing(CAPACITY);
        other.close();
        assertEquals(SendRing.CLOSED, other.claim(1));
    }

    @RepeatedTest(10)
    void closeWaitsForEveryRecordThatWasClaimedBefore() throws Exception {
        write(1, 10);
        int second = claim(2, 20);
        int third = claim(3, 30);
        AtomicInteger published = new AtomicInteger();
        try (Background closer = Background.run("closer", () -> {
            ring.close();
            assertEquals(2, published.get());
        })) {
            Await.until("the close", () -> ring.claim(4_000) == SendRing.CLOSED);
            published.incrementAndGet();
            ring.giveUp(third, 30);
            published.incrementAndGet();
            ring.publish(second, 20, 2);
        }
        assertEquals(List.of(1, 2), takeAll());
    }

    @RepeatedTest(10)
    void closeWhileProducersRaceLosesNothingThatWasTakenIn() throws Exception {
        int producers = 4;
        AtomicLong accepted = new AtomicLong();
        AtomicLong taken = new AtomicLong();
        List<Background> threads = new ArrayList<>();
        for (int producer = 0; producer < producers; producer++) {
            int seed = producer;
            threads.add(Background.run("producer-" + producer, () -> {
                int length = 1 + seed * 100;
                int index = claim(seed, length);
                while (index != SendRing.CLOSED) {
                    if (index == SendRing.FULL) {
                        Thread.onSpinWait();
                    } else {
                        ring.publish(index, length, seed);
                        accepted.incrementAndGet();
                    }
                    index = claim(seed, length);
                }
            }));
        }
        Await.until("some records", () -> {
            taken.addAndGet(take(CAPACITY).size()); // all would be for ever
            return taken.get() > 2_000;
        });
        ring.close();
        taken.addAndGet(takeAll().size());
        for (Background thread : threads) {
            thread.close();
        }
        assertEquals(accepted.get(), taken.get());
        assertEquals(0, ring.usedBytes());
    }
}
