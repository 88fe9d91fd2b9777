package io.evloop.testing;

import java.nio.ByteBuffer;

/** Memory that is freed though a buffer of it is left, as Java has it since 22. */
public final class ClosedArena {

    private ClosedArena() {}

    /** A direct buffer of {@code length} bytes, of which none can be read. */
    public static ByteBuffer buffer(int length) throws ReflectiveOperationException {
        Class<?> type = Class.forName("java.lang.foreign.Arena");
        Object arena = type.getMethod("ofConfined").invoke(null);
        Object segment = type.getMethod("allocate", long.class).invoke(arena, (long) length);
        ByteBuffer buffer = (ByteBuffer) Class.forName("java.lang.foreign.MemorySegment")
                .getMethod("asByteBuffer")
                .invoke(segment);
        type.getMethod("close").invoke(arena);
        return buffer;
    }
}
