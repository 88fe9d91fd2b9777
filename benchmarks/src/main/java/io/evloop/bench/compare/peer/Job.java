package io.evloop.bench.compare.peer;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a process is told: the words of its command line, the same for C and Java, and its environment.
 *
 * @param payloadLength bytes of each frame's payload
 * @param outstanding requests under way
 * @param socketBuffer bytes to ask for on sockets that the process makes itself; 0: the default
 * @param firstFd the first of {@code pipes} connected descriptors
 */
record Job(
        Role role,
        boolean spinning,
        int payloadLength,
        int outstanding,
        int pipes,
        int socketBuffer,
        long warmupNanos,
        long measureNanos,
        int firstFd) {

    private static final long MILLI = 1_000_000;

    enum Role {
        SENDER,
        RECEIVER,
        CLIENT,
        SERVER;

        /** Whether this side connects where the other one listens. */
        boolean connects() {
            return this == SENDER || this == CLIENT;
        }
    }

    static Job parse(String[] words, int from) {
        Map<String, String> values = new HashMap<>();
        for (int i = from; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(words[i] + " is not key=value");
            }
            values.put(words[i].substring(0, equals), words[i].substring(equals + 1));
        }
        Job job = new Job(
                Role.valueOf(values.remove("role").toUpperCase(Locale.ROOT)),
                "spinning".equals(values.remove("mode")),
                take(values, "payload", 64),
                take(values, "outstanding", 1),
                take(values, "pipes", 1),
                take(values, "buffer", 0),
                take(values, "warmup-ms", 0) * MILLI,
                take(values, "measure-ms", 400) * MILLI,
                Integer.parseInt(System.getenv("EVLOOP_FD")));
        if (!values.isEmpty()) {
            throw new IllegalArgumentException("unknown words " + values.keySet());
        }
        return job;
    }

    private static int take(Map<String, String> values, String name, int otherwise) {
        String value = values.remove(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    /** Bytes of a frame, header included. */
    int frameLength() {
        return Wire.HEADER_LENGTH + payloadLength;
    }

    /** A private directory that both sides know, for a socket file or shared memory. */
    static Path directory() {
        return Path.of(System.getenv("EVLOOP_BENCH_DIR"));
    }
}
