package io.evloop.testing;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;

/** The direct memory of the JVM: what every off-heap buffer is taken from. */
public final class DirectMemory {

    private static final int LIMIT = 8 << 20;

    /** For a JVM of its own, whose direct memory is soon exhausted. */
    public static final String LIMIT_OPTION = "-XX:MaxDirectMemorySize=" + LIMIT;

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

    /** Under {@link #LIMIT_OPTION}: takes what is left but {@code rest} bytes, for as long as the result is reachable. */
    public static ByteBuffer takeAllBut(int rest) {
        return ByteBuffer.allocateDirect((int) (LIMIT - POOL.getTotalCapacity() - rest));
    }
}
