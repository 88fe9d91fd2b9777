package io.evloop.bench.compare;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What the kernel says of the machine's other work at a moment.
 *
 * @param averages the load averages of 1, 5 and 15 minutes
 * @param totalTicks of all CPUs since boot, idle or not
 * @param stolenTicks of them, those that the hypervisor gave to others
 */
record Load(String averages, long totalTicks, long stolenTicks) {

    private static final Path STAT = Path.of("/proc/stat");
    private static final int TIMES = 8; // user, nice, system, idle, iowait, irq, softirq, steal; a guest's are in user
    private static final int STEAL = 7;

    static Load now() throws IOException {
        return parse(Machine.read(Path.of("/proc/loadavg")), Machine.line(STAT, "cpu "));
    }

    static Load parse(String loadavg, String times) {
        String[] averages = loadavg.split(" ", -1);
        String[] ticks = times.strip().split(" +", -1);
        long total = 0;
        for (int i = 0; i < TIMES; i++) {
            total += Long.parseLong(ticks[i]);
        }
        return new Load(String.join(" ", averages[0], averages[1], averages[2]), total, Long.parseLong(ticks[STEAL]));
    }

    double lastMinute() {
        return Double.parseDouble(averages.substring(0, averages.indexOf(' ')));
    }

    /** The part of the CPU time since then that the hypervisor gave to others; 0 to 1. */
    double stolenSince(Load before) {
        long total = totalTicks - before.totalTicks;
        return total > 0 ? (double) (stolenTicks - before.stolenTicks) / total : 0;
    }
}
