package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Frames;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The ring against a queue of arrays, for random sequences of what producers and the consumer do. */
class SendRingModelTest {

    private static final int CAPACITY = 4096;

    private enum State {
        CLAIMED,
        PUBLISHED,
        GIVEN_UP
    }

    /** What the model knows of a record. */
    private static final class Record {
        final int index;
        final int tag;
        final byte[] payload;
        State state = State.CLAIMED;

        Record(int index, int tag, byte[] payload) {
            this.index = index;
            this.tag = tag;
            this.payload = payload;
        }

        int lengthBytes() {
            return (8 + payload.length + 7) / 8 * 8;
        }
    }

    private SendRing ring;
    private Deque<Record> model;
    private List<Record> claimed;

    @Property(tries = 1_000)
    void holdsWhatAQueueOfArraysHolds(@ForAll long seed) {
        ring = new SendRing(CAPACITY);
        model = new ArrayDeque<>();
        claimed = new ArrayList<>();
        Random random = new Random(seed);
        for (int step = 0; step < 150; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> claim(random);
                case 3, 4, 5 -> finishOne(random);
                default -> drain(random);
            }
        }
        while (!claimed.isEmpty()) {
            finishOne(random);
        }
        ring.close();
        assertEquals(SendRing.CLOSED, ring.claim(1));
        drainAll();
        assertTrue(model.isEmpty());
        assertEquals(0, ring.usedBytes());
    }

    private void claim(Random random) {
        int length = 1 + random.nextInt(random.nextBoolean() ? 40 : ring.maxPayloadLength());
        long before = ring.usedBytes();
        int index = ring.claim(length);
        int needed = (8 + length + 7) / 8 * 8;
        if (index == SendRing.FULL) {
            assertTrue(before + 2L * needed > CAPACITY, "full with " + before + " used for " + needed);
            assertEquals(before, ring.usedBytes());
            return;
        }
        assertTrue(before + needed <= CAPACITY);
        Record record = new Record(index, random.nextInt(), Frames.pattern(random.nextInt(), length));
        ring.memory().put(index, record.payload);
        model.add(record);
        claimed.add(record);
    }

    private void finishOne(Random random) {
        if (claimed.isEmpty()) {
            return;
        }
        Record record = claimed.remove(random.nextInt(claimed.size()));
        if (random.nextInt(5) == 0) {
            record.state = State.GIVEN_UP;
            ring.giveUp(record.index, record.payload.length);
        } else {
            record.state = State.PUBLISHED;
            ring.publish(record.index, record.payload.length, record.tag);
        }
    }

    private void drain(Random random) {
        int refuseAt = random.nextInt(6);
        int[] offered = {0};
        ring.drain(
                (tag, memory, payload, length) -> {
                    skipGivenUp();
                    assertSame(model.element(), tag, memory, payload, length);
                    boolean take = offered[0]++ != refuseAt;
                    if (take) {
                        model.remove();
                    }
                    return take;
                },
                1 + random.nextInt(CAPACITY));
    }

    private void drainAll() {
        ring.drain(
                (tag, memory, payload, length) -> {
                    skipGivenUp();
                    assertSame(model.remove(), tag, memory, payload, length);
                    return true;
                },
                Long.MAX_VALUE);
        skipGivenUp();
    }

    private void skipGivenUp() {
        while (!model.isEmpty() && model.element().state == State.GIVEN_UP) {
            model.remove();
        }
    }

    private static void assertSame(Record record, int tag, ByteBuffer memory, int payload, int length) {
        assertEquals(State.PUBLISHED, record.state);
        assertEquals(record.tag, tag);
        byte[] bytes = new byte[length];
        memory.get(payload, bytes);
        assertArrayEquals(record.payload, bytes);
        assertTrue(record.lengthBytes() <= CAPACITY / 2);
    }
}
