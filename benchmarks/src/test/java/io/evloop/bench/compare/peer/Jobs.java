package io.evloop.bench.compare.peer;

import java.util.concurrent.TimeUnit;

/** What a process would be told. */
final class Jobs {

    private Jobs() {}

    static Job of(Job.Role role, int payloadLength, int pipes, int warmupMillis, int measureMillis) {
        return new Job(
                role,
                false,
                payloadLength,
                1,
                pipes,
                0,
                TimeUnit.MILLISECONDS.toNanos(warmupMillis),
                TimeUnit.MILLISECONDS.toNanos(measureMillis),
                3);
    }
}
