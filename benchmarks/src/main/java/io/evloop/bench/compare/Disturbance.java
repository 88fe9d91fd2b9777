package io.evloop.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Whether others were at work on the machine while it was measured. */
final class Disturbance {

    private static final double MAX_LOAD_BEFORE = 0.5;
    private static final double MAX_STOLEN = 0.01;
    private static final int MAX_STARVED = 3;

    private Disturbance() {}

    /** A line for each sign of it. */
    static List<String> signs(Load before, Load after, Summary summary) {
        List<String> signs = new ArrayList<>();
        if (before.lastMinute() > MAX_LOAD_BEFORE) {
            signs.add("the load average was " + before.lastMinute() + " before the first measurement");
        }
        double stolen = after.stolenSince(before);
        if (stolen > MAX_STOLEN) {
            signs.add(
                    String.format(Locale.ROOT, "the hypervisor gave %.1f %% of the CPU time to others", 100 * stolen));
        }
        long starved = summary.starvedSamples();
        if (starved > MAX_STARVED) {
            signs.add(starved + " samples had a side that spun and did not get its CPU for the whole window");
        }
        return signs;
    }
}
