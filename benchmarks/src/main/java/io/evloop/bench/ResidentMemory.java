package io.evloop.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has in main memory, as {@code proc_pid_status(5)} tells it. */
public final class ResidentMemory {

    private static final String LABEL = "VmRSS:";
    private static final int KIB = 1024;

    private ResidentMemory() {}

    /** Bytes. */
    public static long bytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(LABEL))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
                .findFirst()
                .orElseThrow();
    }
}
