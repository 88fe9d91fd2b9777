package io.evloop.bench.compare;

import java.util.Arrays;
import java.util.Locale;

/** The median of some runs, and how far they lie apart. */
record Spread(double median, double min, double max, int count) {

    private static final double LEAST_WITH_TWO_DECIMALS = 0.095;
    private static final int MAX_DECIMALS = 9;

    static final Spread NONE = new Spread(Double.NaN, Double.NaN, Double.NaN, 0);

    /** Of the finite ones of the values. */
    static Spread of(double[] values) {
        double[] sorted =
                Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
        if (sorted.length == 0) {
            return NONE;
        }
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    boolean isPresent() {
        return count > 0;
    }

    /** "0.98 (0.95–1.01)". */
    String asRatio() {
        return isPresent() ? twoDigits(median) + " (" + twoDigits(min) + "–" + twoDigits(max) + ")" : Goal.NOT_MEASURED;
    }

    /** Two decimals, and two digits at least that are not leading zeros: "0.98", "0.0031". */
    static String twoDigits(double value) {
        int decimals = 2;
        if (value > 0 && value < LEAST_WITH_TWO_DECIMALS) {
            decimals = Math.min(MAX_DECIMALS, 1 - (int) Math.floor(Math.log10(value)));
        }
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
