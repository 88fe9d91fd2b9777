package io.evloop.bench.compare;

import java.util.ArrayList;
import java.util.List;

/**
 * What is measured.
 *
 * @param id names it in {@code --only} and in the raw results
 * @param payloadLength bytes of each frame's payload
 * @param outstanding requests under way, of an echo
 * @param spinning whether both sides poll instead of waiting in the kernel
 * @param socketBuffer bytes of SO_SNDBUF and SO_RCVBUF to ask for; 0: the default
 */
record Workload(
        String id,
        String title,
        Kind kind,
        int payloadLength,
        int outstanding,
        boolean spinning,
        int pipes,
        int socketBuffer) {

    enum Kind {
        ONE_WAY,
        ECHO
    }

    static final List<Workload> ALL = all();

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final int LARGE_BUFFER = 4 * MIB;
    private static final int MANY = 128;
    private static final int FAN_IN = 64;

    private static List<Workload> all() {
        List<Workload> all = new ArrayList<>();
        all.add(oneWay("stream-16", "one way, 16 B", 16, 1, 0));
        for (int buffer : new int[] {0, LARGE_BUFFER}) {
            String suffix = buffer == 0 ? "" : "-large";
            String with = buffer == 0 ? "" : ", 4 MiB socket buffers";
            all.add(oneWay("stream-64" + suffix, "one way, 64 B" + with, 64, 1, buffer));
            all.add(oneWay("stream-1k" + suffix, "one way, 1 KiB" + with, KIB, 1, buffer));
            all.add(oneWay("stream-64k" + suffix, "one way, 64 KiB" + with, 64 * KIB, 1, buffer));
            all.add(oneWay("stream-1m" + suffix, "one way, 1 MiB" + with, MIB, 1, buffer));
        }
        all.add(oneWay("stream-32m", "one way, 32 MiB", 32 * MIB, 1, 0));
        all.add(echo("echo-1-spin", "round trip, spinning", 1, true));
        all.add(echo("echo-1", "round trip, blocking", 1, false));
        all.add(echo("echo-128-spin", "128 outstanding, spinning", MANY, true));
        all.add(echo("echo-128", "128 outstanding, blocking", MANY, false));
        all.add(oneWay("fan-in-64", "fan-in of 64 pipes, 64 B", 64, FAN_IN, 0));
        all.add(oneWay("fan-in-64-large", "fan-in of 64 pipes, 64 B, 4 MiB socket buffers", 64, FAN_IN, LARGE_BUFFER));
        return List.copyOf(all);
    }

    private static Workload oneWay(String id, String title, int payloadLength, int pipes, int socketBuffer) {
        return new Workload(id, title, Kind.ONE_WAY, payloadLength, 1, false, pipes, socketBuffer);
    }

    private static Workload echo(String id, String title, int outstanding, boolean spinning) {
        return new Workload(id, title, Kind.ECHO, 64, outstanding, spinning, 1, 0);
    }

    static Workload byId(String id) {
        return ALL.stream()
                .filter(workload -> workload.id.equals(id))
                .findFirst()
                .orElseThrow();
    }

    boolean hasLargeBuffers() {
        return socketBuffer > 0;
    }

    /** Whether the README has a goal for it. */
    boolean hasGoal() {
        return socketBuffer == 0 && payloadLength != 16 && payloadLength <= MIB;
    }

    /** One request at a time: what counts is how long it takes, not how many there are. */
    boolean isRoundTrip() {
        return kind == Kind.ECHO && outstanding == 1;
    }

    /** The figure by which competitors are compared first. */
    Metric headline() {
        return isRoundTrip() ? Metric.P50 : Metric.FRAMES_PER_SECOND;
    }

    String driverRole() {
        return kind == Kind.ECHO ? "client" : "sender";
    }

    String otherRole() {
        return kind == Kind.ECHO ? "server" : "receiver";
    }

    /** The words that every program of this workload gets. */
    List<String> words() {
        return List.of(
                "payload=" + payloadLength,
                "outstanding=" + outstanding,
                "mode=" + (spinning ? "spinning" : "blocking"),
                "pipes=" + pipes,
                "buffer=" + socketBuffer);
    }
}
