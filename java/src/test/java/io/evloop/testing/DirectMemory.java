package io.evloop.testing;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** The direct memory of the JVM: what every off-heap buffer is taken from. */
public final class DirectMemory {

    private static final BufferPoolMXBean POOL = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .findAny()
            .orElseThrow();

    private DirectMemory() {}

    public static long usedBytes() {
        return POOL.getMemoryUsed();
    }

    /** {@code usedBefore} may hold garbage that is freed meanwhile, so that less growth is seen than there was. */
    public static void assertGrownByLessThan(long bytes, long usedBefore) {
        long grown = usedBytes() - usedBefore;
        if (grown >= bytes) {
            throw new AssertionError("direct memory has grown by " + grown + " bytes");
        }
    }
}
