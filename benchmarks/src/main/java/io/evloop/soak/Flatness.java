package io.evloop.soak;

import io.evloop.LoopStats;
import io.evloop.bench.DirectMemory;
import io.evloop.bench.OpenDescriptors;
import io.evloop.bench.ResidentMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/**
 * Whether this process stays as large as it is. Each quantity is sampled over time and a line is fitted to the samples behind
 * the warm-up; it has grown if what the line rises over the run, less three standard errors, is above an allowance.
 */
final class Flatness {

    private static final int KIB = 1024;
    private static final int STANDARD_ERRORS = 3;
    private static final double WARM_UP = 0.4;

    private final double runSeconds;
    private final List<Quantity> quantities;

    Flatness(double runSeconds, Quantity... quantities) {
        this.runSeconds = runSeconds;
        this.quantities = List.of(quantities);
    }

    /**
     * Everything of this process that could grow. What the loop keeps for its next use is left out: it rises to what was
     * needed at the worst moment, which may come late, and no further.
     */
    static Flatness ofThisProcess(double runSeconds, LoopStats stats) {
        return new Flatness(
                runSeconds,
                new Quantity(
                        "resident memory, KiB", 16 * KIB, () -> (ResidentMemory.bytes() - stats.pooledBytes()) / KIB),
                new Quantity("direct memory, KiB", KIB, () -> (DirectMemory.bytes() - stats.pooledBytes()) / KIB),
                new Quantity("descriptors", 4, OpenDescriptors::count),
                new Quantity(
                        "children", 2, () -> ProcessHandle.current().children().count()),
                new Quantity(
                        "threads", 2, () -> ManagementFactory.getThreadMXBean().getThreadCount()));
    }

    /** What is measured at the moment, in words; part of the line from {@code WARM_UP} of the run to its end. */
    String sample(double atSeconds) throws IOException {
        StringBuilder line = new StringBuilder();
        for (Quantity quantity : quantities) {
            long value = quantity.source.value();
            if (atSeconds >= WARM_UP * runSeconds && atSeconds <= runSeconds) {
                quantity.line.addData(atSeconds, (double) value);
            }
            line.append(line.length() == 0 ? "" : ", ").append(String.format(Locale.ROOT, "%,d ", value));
            line.append(quantity.name);
        }
        return line.toString();
    }

    /** A line for each quantity; what has grown is a violation. */
    String verdict(Ledger ledger) {
        StringBuilder text = new StringBuilder();
        for (Quantity quantity : quantities) {
            double slope = quantity.line.getSlope();
            double error = quantity.line.getSlopeStdErr();
            text.append(String.format(
                    Locale.ROOT,
                    "%-22s %+10.2f ± %.2f a minute (%d samples)%n",
                    quantity.name,
                    slope * 60,
                    error * 60,
                    quantity.line.getN()));
            // a quantity that never changes has no error, and one with too few samples no slope
            ledger.check(!Double.isNaN(slope), "too few samples of " + quantity.name);
            double rise = (slope - STANDARD_ERRORS * error) * runSeconds;
            ledger.check(!(rise > quantity.allowance), quantity.name + " grows: " + slope * 60 + " a minute");
        }
        return text.toString();
    }

    /** Where a value comes from. */
    @FunctionalInterface
    interface Source {
        long value() throws IOException;
    }

    /** Something that is counted, and how much more of it there may be at the end. */
    static final class Quantity {

        private final String name;
        private final double allowance;
        private final Source source;
        private final SimpleRegression line = new SimpleRegression();

        Quantity(String name, double allowance, Source source) {
            this.name = name;
            this.allowance = allowance;
            this.source = source;
        }
    }
}
