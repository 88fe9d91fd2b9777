package io.evloop.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The calls of libevloop.so, which can be made to fail: the file that the preloaded {@code faults.c} of this
 * process is controlled by.
 */
public final class Faults {

    /** In place of an error number: the call moves one byte, or reports one event. */
    public static final int SHORT = 0;

    // struct control of faults.c
    private static final int CODE_START_OFFSET = 0;
    private static final int CODE_END_OFFSET = 8;
    private static final int ARMED_OFFSET = 16;
    private static final int FIRST_OFFSET = 20;
    private static final int LAST_OFFSET = 24;
    private static final int ERROR_OFFSET = 28;
    private static final int HITS_OFFSET = 32;
    private static final int NAMES_OFFSET = 40;
    private static final int CALLS_MAX = 64;
    private static final int NAME_SIZE = 24;
    private static final int COUNTS_OFFSET = NAMES_OFFSET + CALLS_MAX * NAME_SIZE;
    private static final int SIZE = COUNTS_OFFSET + CALLS_MAX * Integer.BYTES;

    private static final int NO_CALL = 0;
    private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final MappedByteBuffer control;

    /** By their numbers; the one of {@link #NO_CALL} is empty. */
    private final List<String> names = new ArrayList<>();

    private Faults(MappedByteBuffer control) {
        this.control = control;
        control.order(ByteOrder.nativeOrder());
        names.add("");
        for (String name = nameAt(1); !name.isEmpty(); name = nameAt(names.size())) {
            names.add(name);
        }
    }

    /** Runs a program to its end, preloaded; the file to {@link #map} is its first argument. */
    public static JavaProcess.Result run(long deadlineSeconds, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        Path file = Files.createTempFile("evloop-test-", ".faults");
        try {
            List<String> command = Programs.preloaded("faults.so", List.of("EVLOOP_FAULTS=" + file), main);
            command.add(file.toString());
            command.addAll(List.of(arguments));
            return JavaProcess.run(command, deadlineSeconds);
        } finally {
            Files.delete(file);
        }
    }

    /** Maps the file, once libevloop.so is loaded, whose calls are counted from now on. */
    public static Faults map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Faults faults = new Faults(channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE));
            String[] range = codeRange().split("-");
            faults.control.putLong(CODE_START_OFFSET, Long.parseUnsignedLong(range[0], 16));
            faults.control.putLong(CODE_END_OFFSET, Long.parseUnsignedLong(range[1], 16));
            return faults;
        }
    }

    private static String codeRange() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.map(line -> line.split("\\s+", 6))
                    .filter(fields -> fields.length == 6 && fields[5].contains("libevloop") && fields[1].contains("x"))
                    .map(fields -> fields[0])
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("libevloop.so is not loaded"));
        }
    }

    private String nameAt(int call) {
        byte[] name = new byte[NAME_SIZE];
        control.get(NAMES_OFFSET + call * NAME_SIZE, name);
        return new String(name, US_ASCII).replace("\0", "");
    }

    /** What can be made to fail. */
    public List<String> calls() {
        return names.subList(1, names.size());
    }

    /** Counts from 0 again; nothing fails. */
    public void reset() {
        INTS.setVolatile(control, ARMED_OFFSET, NO_CALL);
        INTS.setVolatile(control, HITS_OFFSET, 0);
        for (int call = 0; call < names.size(); call++) {
            INTS.setVolatile(control, COUNTS_OFFSET + call * Integer.BYTES, 0);
        }
    }

    /**
     * Counts from 0 again, and lets some calls fail.
     *
     * @param first the number of the first of them: 1 is the first that is made
     * @param length how many, one after the other
     * @param error a number of {@code errno(3)}, or {@link #SHORT}
     */
    public void arm(String call, int first, int length, int error) {
        reset();
        INTS.setVolatile(control, FIRST_OFFSET, first);
        INTS.setVolatile(control, LAST_OFFSET, (int) Math.min(Integer.MAX_VALUE, first + length - 1L));
        INTS.setVolatile(control, ERROR_OFFSET, error);
        INTS.setVolatile(control, ARMED_OFFSET, names.indexOf(call));
    }

    /** Lets nothing fail any more; returns whether any has failed. */
    public boolean disarm() {
        INTS.setVolatile(control, ARMED_OFFSET, NO_CALL);
        return (int) INTS.getVolatile(control, HITS_OFFSET) > 0;
    }

    /** How often it was called since the counts were 0. */
    public int count(String call) {
        return (int) INTS.getVolatile(control, COUNTS_OFFSET + names.indexOf(call) * Integer.BYTES);
    }
}
