package io.evloop.demo;

import java.util.List;
import java.util.Locale;

/** The table at the end. */
final class ResultTable {

    /** One worker's line; a number of 0 = not measured. */
    record Row(
            String worker,
            double framesPerSecond,
            double bytesPerSecond,
            long p50Nanos,
            long p99Nanos,
            long p999Nanos,
            long largeNanos,
            String exitStatus) {

        static Row of(Lane lane) {
            Meter meter = lane.meter();
            return new Row(
                    lane.name(),
                    meter.framesPerSecond(),
                    meter.bytesPerSecond(),
                    meter.roundTripNanos(50),
                    meter.roundTripNanos(99),
                    meter.roundTripNanos(99.9),
                    lane.largeNanos(),
                    lane.exitStatus());
        }
    }

    private static final String LINE = "%-8s%12s%10s%12s%12s%12s%12s  %s%n";
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double BYTES_PER_MEGABYTE = 1e6;
    private static final String NOT_MEASURED = "-";

    private ResultTable() {}

    static String of(List<Row> rows) {
        StringBuilder table = new StringBuilder(
                String.format(LINE, "worker", "frames/s", "MB/s", "p50", "p99", "p99.9", "64 MiB", "exit status"));
        for (Row row : rows) {
            table.append(String.format(
                    LINE,
                    row.worker(),
                    number("%,.0f", row.framesPerSecond()),
                    number("%,.1f", row.bytesPerSecond() / BYTES_PER_MEGABYTE),
                    number("%,.0f us", row.p50Nanos() / NANOS_PER_MICRO),
                    number("%,.0f us", row.p99Nanos() / NANOS_PER_MICRO),
                    number("%,.0f us", row.p999Nanos() / NANOS_PER_MICRO),
                    number("%,.1f ms", row.largeNanos() / NANOS_PER_MILLI),
                    row.exitStatus()));
        }
        return table.toString();
    }

    private static String number(String format, double value) {
        return value == 0 ? NOT_MEASURED : String.format(Locale.ROOT, format, value);
    }
}
