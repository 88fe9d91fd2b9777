package io.evloop.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * What the preloaded {@code schedule.c} has done to the calls of libevloop.so: how many met what, by their names, those that
 * were never made left out.
 */
public record Schedule(Map<String, Row> rows) {

    /** The variable that chooses it: the seed, a comma, and of how many calls something happens to one. */
    public static final String SEED_VARIABLE = "EVLOOP_SCHEDULE";

    /** The variable that names the file of the counts. */
    public static final String COUNTS_VARIABLE = "EVLOOP_SCHEDULE_COUNTS";

    /** The most calls in a row that meet the same, as chance.h has it. */
    private static final int LONGEST_STORM = 32;

    /** Turns or waits of a loop that are in vain at most, one after the other; 0 if this process is under none. */
    public static final int TURNS_IN_VAIN = ofThisProcess() == null ? 0 : 2 * LONGEST_STORM;

    // struct row of chance.h
    private static final int NAME_SIZE = 24;
    private static final int ROW_SIZE = 64;

    /** One call: how often it was made; of those, how many were cut short, and how many failed with an error in place of it. */
    public record Row(long made, long shortened, long interrupted, long notNow, long aborted) {}

    /** The one that this process is under, as its variable says; null if it is under none. */
    public static String ofThisProcess() {
        return System.getenv(SEED_VARIABLE);
    }

    /** No call on this descriptor fails with EAGAIN for no reason from now on until it is closed. */
    static void exempt(int fd) throws NativeIoException {
        Fd.check(Native.unreadBytes(fd), "ioctl"); // who asks for that counts on what is there, as schedule.c sees it
    }

    /** The counts of this process, and of those that it started; only if it is under a schedule. */
    public static Schedule current() throws IOException {
        return read(Path.of(System.getenv(COUNTS_VARIABLE)));
    }

    /** The counts up to now. */
    public static Schedule read(Path counts) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(counts)).order(ByteOrder.nativeOrder());
        Map<String, Row> rows = new TreeMap<>();
        while (file.remaining() >= ROW_SIZE) {
            byte[] name = new byte[NAME_SIZE];
            file.get(name);
            Row row = new Row(file.getLong(), file.getLong(), file.getLong(), file.getLong(), file.getLong());
            if (row.made() > 0) {
                rows.put(new String(name, US_ASCII).replace("\0", ""), row);
            }
        }
        return new Schedule(rows);
    }

    /** Runs a program to its end under a schedule; the file of the counts is its first argument. */
    public static JavaProcess.Result run(String schedule, Path counts, Class<?> main)
            throws IOException, InterruptedException {
        List<String> variables = List.of(SEED_VARIABLE + "=" + schedule, COUNTS_VARIABLE + "=" + counts);
        return JavaProcess.run(Programs.preloaded("schedule.so", variables, main));
    }

    /** Over all calls. */
    public long sum(ToLongFunction<Row> count) {
        return rows.values().stream().mapToLong(count).sum();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(
                String.format("%-16s %12s %9s %9s %9s %12s%n", "", "made", "short", "EINTR", "EAGAIN", "ECONNABORTED"));
        rows.forEach((name, row) -> text.append(String.format(
                "%-16s %,12d %,9d %,9d %,9d %,12d%n",
                name, row.made(), row.shortened(), row.interrupted(), row.notNow(), row.aborted())));
        return text.toString();
    }
}
