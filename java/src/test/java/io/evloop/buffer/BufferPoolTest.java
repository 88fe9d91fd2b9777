package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.frame.FrameLayout;
import io.evloop.testing.JavaProcess;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Buffers leased and given back. */
class BufferPoolTest {

    private static final int KIB = 1024;
    private static final int SMALLEST = 4 * KIB + BufferPool.SLACK;

    @Test
    void leasesAtLeastWhatIsAskedForAndNotMuchMoreThanTwice() {
        BufferPool pool = new BufferPool(0, () -> {});
        for (int capacity : new int[] {0, 1, 4095, 4096, 4097, 4160, 4161, 8192, 65_535, 65_536, 65_537, 1 << 20}) {
            OffHeapBuffer buffer = pool.lease(capacity);
            int least = Math.max(capacity, 4 * KIB);
            assertTrue(buffer.capacity() >= capacity, () -> buffer.capacity() + " for " + capacity);
            assertTrue(buffer.capacity() <= 2 * least + 64, () -> buffer.capacity() + " for " + capacity);
            assertEquals(buffer.capacity(), buffer.bytes().capacity());
            assertSame(ByteOrder.BIG_ENDIAN, buffer.bytes().order());
        }
    }

    @Test
    void fitsAPayloadOfAPowerOfTwoAndItsHeaderIntoTheClassOfThatPower() {
        BufferPool pool = new BufferPool(0, () -> {});
        for (int payload = 4 * KIB; payload <= 16 << 20; payload *= 2) {
            assertEquals(
                    pool.lease(payload).capacity(),
                    pool.lease(payload + FrameLayout.HEADER_LENGTH).capacity());
        }
    }

    @Test
    void refusesACapacityThatNoBufferHas() {
        BufferPool pool = new BufferPool(0, () -> {});
        for (int capacity : new int[] {-1, Integer.MIN_VALUE, (1 << 30) + 65, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> pool.lease(capacity));
        }
        assertEquals(0, pool.leasedBytes());
    }

    @Test
    void leasesTheBufferThatCameBackLastOfTheRightClass() {
        BufferPool pool = new BufferPool(1 << 20, () -> {});
        OffHeapBuffer first = pool.lease(4 * KIB);
        OffHeapBuffer second = pool.lease(4 * KIB);
        OffHeapBuffer large = pool.lease(64 * KIB);
        pool.release(first);
        pool.release(second);
        pool.release(large);
        assertSame(second, pool.lease(1));
        assertSame(large, pool.lease(40 * KIB));
        assertSame(first, pool.lease(4 * KIB + 64));
        assertNotSame(first, pool.lease(4 * KIB));
    }

    @Test
    void keepsItsLimitForGoodAndForgetsAllWhenTrimmed() {
        BufferPool pool = new BufferPool(2L * SMALLEST, () -> {});
        List<OffHeapBuffer> leased = leaseSmallest(pool, 3);
        assertEquals(3L * SMALLEST, pool.leasedBytes());
        leased.forEach(pool::release);
        assertEquals(0, pool.leasedBytes());
        pool.age();
        pool.age();
        assertEquals(2L * SMALLEST, pool.retainedBytes());
        assertSame(leased.get(1), pool.lease(1));
        assertEquals(SMALLEST, pool.retainedBytes());
        pool.trim();
        assertEquals(0, pool.retainedBytes());
        assertNotSame(leased.get(0), pool.lease(1));
    }

    @Test
    void isAtMostItsLimitLargerThanWhatWasLeasedAtOnceOfLate() {
        BufferPool pool = new BufferPool(2L * SMALLEST, () -> {});
        OffHeapBuffer large = pool.lease(60 * KIB);
        List<OffHeapBuffer> leased = leaseSmallest(pool, 4);
        pool.release(large);
        assertEquals(large.capacity(), pool.retainedBytes(), "far above the limit, and leased a moment ago");
        leased.addAll(leaseSmallest(pool, 30));
        assertFalse(pool.holds(60 * KIB), "with that it would be larger");
        leased.forEach(pool::release);
        assertEquals(34L * SMALLEST, pool.retainedBytes());
    }

    @Test
    void forgetsWhatWasNotNeededForAPeriod() {
        AtomicInteger calls = new AtomicInteger();
        BufferPool pool = new BufferPool(2L * SMALLEST, calls::incrementAndGet);
        leaseSmallest(pool, 2).forEach(pool::release);
        assertEquals(0, calls.get(), "no more than the limit");
        List.of(pool.lease(60 * KIB), pool.lease(30 * KIB)).forEach(pool::release);
        assertEquals(1, calls.get());
        pool.age();
        assertEquals(2, calls.get(), "both were leased within this period");
        pool.release(pool.lease(30 * KIB));
        assertTrue(pool.holds(60 * KIB));
        pool.age();
        assertEquals(3, calls.get());
        assertFalse(pool.holds(60 * KIB), "one period without it");
        assertTrue(pool.holds(30 * KIB));
        pool.age();
        assertEquals(3, calls.get());
        assertFalse(pool.holds(30 * KIB));
        assertEquals(2L * SMALLEST, pool.retainedBytes());
        pool.release(pool.lease(60 * KIB));
        assertEquals(4, calls.get(), "anew");
    }

    @Test
    void forgetsNoMoreThanItHasTo() {
        BufferPool pool = new BufferPool(2L * SMALLEST, () -> {});
        OffHeapBuffer large = pool.lease(60 * KIB);
        leaseSmallest(pool, 2).forEach(pool::release);
        OffHeapBuffer medium = pool.lease(15 * KIB);
        pool.release(medium);
        pool.release(large);
        pool.age();
        pool.release(pool.lease(60 * KIB));
        pool.age();
        assertTrue(pool.holds(60 * KIB), "the one in use");
        assertFalse(pool.holds(15 * KIB));
    }

    @Test
    void isAtMostItsLimitAndAPartOfTheHeapLargerThanWhatIsLeased() throws Exception {
        JavaProcess.Result jvm = JavaProcess.of(Bounded.class)
                .options("-Xmx64m", "-XX:MaxDirectMemorySize=256m")
                .run();
        assertEquals(0, jvm.exitCode(), jvm::output);
    }

    static final class Bounded {

        private Bounded() {}

        public static void main(String[] arguments) {
            BufferPool pool = new BufferPool(SMALLEST, () -> {});
            int mebibytes = (int) (Runtime.getRuntime().maxMemory() >> 20);
            List<OffHeapBuffer> leased = new ArrayList<>();
            for (int count = 0; count < mebibytes; count++) {
                leased.add(pool.lease(1 << 20));
            }
            leased.forEach(pool::release);
            long excess = pool.retainedBytes() - SMALLEST;
            if (excess > (mebibytes + 1L << 20) / 4 || excess < (mebibytes - 8L << 20) / 4) {
                throw new AssertionError(excess + " of " + mebibytes + " MiB");
            }
        }
    }

    private static List<OffHeapBuffer> leaseSmallest(BufferPool pool, int count) {
        List<OffHeapBuffer> leased = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            leased.add(pool.lease(1));
        }
        return leased;
    }

    @Test
    void givesOutNoBufferTwiceAndCountsThemAll() {
        Random random = new Random(1);
        BufferPool pool = new BufferPool(300 * KIB, () -> {});
        List<OffHeapBuffer> leased = new ArrayList<>();
        long peak = 0;
        for (int round = 0; round < 10_000; round++) {
            if (leased.isEmpty() || leased.size() < 20 && random.nextBoolean()) {
                OffHeapBuffer buffer = pool.lease(random.nextInt(60 * KIB));
                assertTrue(leased.stream().noneMatch(other -> other == buffer));
                assertEquals(0, buffer.length());
                leased.add(buffer);
            } else {
                pool.release(leased.remove(random.nextInt(leased.size())));
            }
            assertEquals(leased.stream().mapToLong(OffHeapBuffer::capacity).sum(), pool.leasedBytes());
            peak = Math.max(peak, pool.leasedBytes());
            assertTrue(pool.leasedBytes() + pool.retainedBytes() <= peak + 300 * KIB);
        }
    }

    @Test
    void doesNotAskTheJvmAgainAtOnceForWhatItDidNotHave() throws Exception {
        JavaProcess.Result jvm = JavaProcess.of(Scarce.class)
                .options("-XX:MaxDirectMemorySize=8m")
                .run();
        assertEquals(0, jvm.exitCode(), jvm::output);
    }

    static final class Scarce {

        private Scarce() {}

        public static void main(String[] arguments) {
            BufferPool pool = new BufferPool(0, () -> {});
            String first = refusalOf(pool, 16 << 20);
            String second = refusalOf(pool, 16 << 20);
            String larger = refusalOf(pool, 32 << 20);
            OffHeapBuffer smaller = pool.lease(1 << 20);
            if (first.contains("a moment ago")
                    || !second.contains("a moment ago")
                    || !larger.contains("a moment ago")
                    || pool.leasedBytes() != smaller.capacity()) {
                throw new AssertionError(first + "; " + second + "; " + larger + "; " + pool.leasedBytes());
            }
        }

        private static String refusalOf(BufferPool pool, int capacity) {
            return assertThrows(OutOfMemoryError.class, () -> pool.lease(capacity))
                    .getMessage();
        }
    }
}
