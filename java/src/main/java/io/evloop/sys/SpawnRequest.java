package io.evloop.sys;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** What one call of {@link Native#spawn} is told, in one block off-heap: numbers, arguments, environment, directory. */
final class SpawnRequest {

    private static final int NUMBERS_LENGTH = Native.SPAWN_NUMBERS * Integer.BYTES;

    private final ByteBuffer memory;
    private final int argumentsEnd;
    private final int environmentEnd;
    private final int argumentCount;
    private final int environmentCount;
    private final boolean hasDirectory;

    /**
     * @param arguments without a NUL in them, as {@code environment}; the caller has checked them
     * @throws IllegalArgumentException if there is a NUL in {@code directory}
     */
    SpawnRequest(List<byte[]> arguments, List<byte[]> environment, String directory) {
        byte[] path = directory == null ? null : CString.encode(directory, "the directory");
        argumentsEnd = Math.addExact(NUMBERS_LENGTH, length(arguments));
        environmentEnd = Math.addExact(argumentsEnd, length(environment));
        argumentCount = arguments.size();
        environmentCount = environment.size();
        hasDirectory = path != null;
        int end = hasDirectory ? Math.addExact(environmentEnd, path.length + 1) : environmentEnd;
        memory = ByteBuffer.allocateDirect(end).order(ByteOrder.nativeOrder());
        memory.position(NUMBERS_LENGTH);
        put(arguments, memory);
        put(environment, memory);
        if (hasDirectory) {
            memory.put(path).put((byte) 0);
        }
    }

    private static int length(List<byte[]> strings) {
        int length = 0;
        for (byte[] string : strings) {
            length = Math.addExact(length, string.length + 1);
        }
        return length;
    }

    /** The strings, each with a NUL behind it. */
    private static void put(List<byte[]> strings, ByteBuffer memory) {
        for (byte[] string : strings) {
            memory.put(string).put((byte) 0);
        }
    }

    /** Sets the number in the place {@code index}, {@link Native#SPAWN_STDIN} and so on. */
    SpawnRequest put(int index, int value) {
        memory.putInt(index * Integer.BYTES, value);
        return this;
    }

    /** The pid or {@code -errno}, as {@link Native#spawn}. */
    int spawn() {
        try {
            long address = Native.addressOf(memory);
            return Native.spawn(
                    address + NUMBERS_LENGTH,
                    argumentsEnd - NUMBERS_LENGTH,
                    argumentCount,
                    address + argumentsEnd,
                    environmentEnd - argumentsEnd,
                    environmentCount,
                    hasDirectory ? address + environmentEnd : 0,
                    address);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }
}
