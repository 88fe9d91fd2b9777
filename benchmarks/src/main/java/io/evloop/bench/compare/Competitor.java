package io.evloop.bench.compare;

import java.util.List;
import java.util.Set;

/**
 * What is compared.
 *
 * @param id names it in {@code --only} and in the raw results
 * @param program of C: the executable; in Java: the transport that the process runs
 * @param jvmFlags what its own documentation advises
 * @param colour of its bars, as CSS has it
 * @param note how it was used, for the report
 */
record Competitor(
        String id, String title, Language language, String program, List<String> jvmFlags, String colour, String note) {

    enum Language {
        C,
        JAVA
    }

    static final String YARDSTICK = "c-best";

    private static final Set<String> BATCHED =
            Set.of("stream-16", "stream-64", "stream-1k", "echo-128", "echo-128-spin");
    private static final Set<String> FAIRNESS = Set.of("stream-64", "fan-in-64");
    private static final Set<String> BLOCKS = Set.of("echo-1", "echo-128");
    private static final Set<String> SPINS = Set.of("echo-1-spin", "echo-128-spin");

    /** Of those whom no goal names, bytes: the buffers of Aeron's settings take no larger message. */
    private static final int MAX_PAYLOAD = 1 << 20;

    private static final List<String> NETTY_FLAGS = List.of(
            "-Dio.netty.leakDetection.level=disabled",
            "-Dio.netty.buffer.checkAccessible=false",
            "-Dio.netty.buffer.checkBounds=false");
    private static final List<String> AERON_FLAGS =
            List.of("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-Dagrona.disable.bounds.checks=true");

    static final List<Competitor> ALL = List.of(
            c(
                    YARDSTICK,
                    "best C",
                    "bench_best",
                    "#39424e",
                    "coalesced writes, large reads, frames parsed in place, epoll where there are many pipes"),
            c(
                    "c-epoll",
                    "C behind epoll",
                    "bench_epoll",
                    "#6b7683",
                    "the best C with an epoll_wait in front of each read, as every event loop has it"),
            java("evloop", "evloop", List.of(), "#0b6e4f", "its defaults; spinning: without end"),
            java(
                    "netty",
                    "Netty, batched by hand",
                    NETTY_FLAGS,
                    "#c2410c",
                    "native epoll on the inherited descriptor, frames parsed in place, one buffer for many frames"),
            java(
                    "netty-consolidation",
                    "Netty, FlushConsolidationHandler",
                    NETTY_FLAGS,
                    "#ee9a63",
                    "the same, with a buffer and a writeAndFlush for each frame"),
            java(
                    "nio",
                    "JDK NIO",
                    List.of(),
                    "#1d5fa8",
                    "SocketChannel and Selector over a socket file, direct buffers"),
            java(
                    "junixsocket",
                    "junixsocket",
                    List.of(),
                    "#7c3aed",
                    "channels on the inherited descriptors, direct buffers"),
            java("one-nio", "one-nio", List.of(), "#be185d", "native sockets, direct buffers"),
            java(
                    "aeron",
                    "Aeron IPC (shared memory)",
                    AERON_FLAGS,
                    "#b58900",
                    "no socket; the media driver runs on the driving side's thread; blocking: BackoffIdleStrategy"),
            c("c-naive", "naive C", "bench_naive", "#98a2ad", "a write for each frame, two reads for each frame, poll"),
            java("evloop-one", "evloop, framesPerTurn 1", List.of(), "#2f8f6d", "as fair as can be"),
            java("evloop-unlimited", "evloop, framesPerTurn unlimited", List.of(), "#5aa98c", "what fairness costs"),
            java("evloop-spin-20us", "evloop, spin of 20 µs", List.of(), "#86c5ad", "what an endless spin gains"));

    private static Competitor c(String id, String title, String program, String colour, String note) {
        return new Competitor(id, title, Language.C, program, List.of(), colour, note);
    }

    private static Competitor java(String id, String title, List<String> jvmFlags, String colour, String note) {
        return new Competitor(id, title, Language.JAVA, id, jvmFlags, colour, note);
    }

    static Competitor byId(String id) {
        return ALL.stream()
                .filter(competitor -> competitor.id.equals(id))
                .findFirst()
                .orElseThrow();
    }

    boolean isYardstick() {
        return id.equals(YARDSTICK);
    }

    /** Whether there is something to learn from it there. */
    boolean takesPartIn(Workload workload) {
        return switch (id) {
            case "netty-consolidation" -> BATCHED.contains(workload.id());
            case "evloop-one", "evloop-unlimited" -> FAIRNESS.contains(workload.id());
            case "c-epoll" -> BLOCKS.contains(workload.id());
            case "evloop-spin-20us" -> SPINS.contains(workload.id());
            case "aeron", "c-naive", "junixsocket", "one-nio" ->
                !workload.hasLargeBuffers() && workload.payloadLength() <= MAX_PAYLOAD;
            default -> true;
        };
    }

    /** A variant of a competitor, which the overview leaves out. */
    boolean isVariant() {
        return id.startsWith("evloop-");
    }

    /** Whether it has so much code that it is rarely compiled in the time that is enough for the others. */
    boolean isSlowToWarm() {
        return isNetty();
    }

    /** Whether the descriptors have to be non-blocking when it gets them. */
    boolean wantsNonBlocking() {
        return isNetty();
    }

    private boolean isNetty() {
        return id.startsWith("netty");
    }
}
