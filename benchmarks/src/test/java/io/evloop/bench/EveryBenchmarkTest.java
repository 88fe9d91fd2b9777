package io.evloop.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark of the suite for a moment, in this JVM: each checks what it receives, and ends without a rest. */
class EveryBenchmarkTest {

    private static Collection<RunResult> run() throws Exception {
        return new Runner(new OptionsBuilder()
                        .include("io\\.evloop\\.bench\\.\\w+Benchmark")
                        .param("pending", "0", "1000")
                        .param("pipes", "8", "64")
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(2)
                        .measurementTime(TimeValue.milliseconds(20))
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
    }

    private static Set<String> kernelObjects() throws IOException {
        Files.readString(Path.of("/proc/self/stat")); // the JDK's channels open a socket of their own on first use
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .map(EveryBenchmarkTest::target)
                    .filter(target -> target.startsWith("socket:") || target.startsWith("anon_inode:"))
                    .collect(Collectors.toSet());
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return ""; // the one that lists the directory
        }
    }

    @Test
    void measuresSomethingAndLeavesNothingBehind() throws Exception {
        Set<String> before = kernelObjects();
        for (RunResult result : run()) {
            assertTrue(
                    result.getPrimaryResult().getScore() > 0,
                    () -> result.getParams().id());
        }
        assertEquals(before, kernelObjects());
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("peer")));
    }
}
