package io.evloop.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The descriptors that this process has open, as {@code proc_pid_fd(5)} tells it. */
public final class OpenDescriptors {

    private OpenDescriptors() {}

    /** How many. */
    public static long count() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count() - 1; // the directory's own
        }
    }
}
