package io.evloop.demo;

import java.util.List;
import java.util.Locale;

/** What the workers are doing, line by line; rates are those since the line before. */
final class Progress {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BYTES_PER_MEGABYTE = 1e6;

    private final List<Lane> lanes;
    private final LiveLine live;
    private final long startNanos;
    private final long[] shownFrames;
    private final long[] shownBytes;
    private long shownNanos;

    Progress(List<Lane> lanes, LiveLine live, long nowNanos) {
        this.lanes = lanes;
        this.live = live;
        this.startNanos = nowNanos;
        this.shownNanos = nowNanos;
        this.shownFrames = lanes.stream().mapToLong(Lane::received).toArray();
        this.shownBytes = lanes.stream().mapToLong(Lane::receivedBytes).toArray();
    }

    void show(long nowNanos) {
        double seconds = (nowNanos - shownNanos) / NANOS_PER_SECOND;
        StringBuilder line =
                new StringBuilder(String.format(Locale.ROOT, "%5.1f s", (nowNanos - startNanos) / NANOS_PER_SECOND));
        for (int index = 0; index < lanes.size(); index++) {
            Lane lane = lanes.get(index);
            line.append(String.format(
                    Locale.ROOT,
                    "  %s %,d/s %,d MB/s",
                    lane.name(),
                    Math.round((lane.received() - shownFrames[index]) / seconds),
                    Math.round((lane.receivedBytes() - shownBytes[index]) / seconds / BYTES_PER_MEGABYTE)));
            shownFrames[index] = lane.received();
            shownBytes[index] = lane.receivedBytes();
        }
        shownNanos = nowNanos;
        live.show(line.toString());
    }

    void showLarge(Lane lane, long nowNanos) {
        live.show(elapsed(nowNanos) + "  " + lane.name() + ": the frame of 64 MiB");
    }

    private String elapsed(long nowNanos) {
        return String.format(Locale.ROOT, "%5.1f s", (nowNanos - startNanos) / NANOS_PER_SECOND);
    }
}
