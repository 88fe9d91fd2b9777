package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On which CPUs a worker may run. */
class WorkerAffinityTest {

    private static final String KEY = "Cpus_allowed_list:";

    private static final int MAX_LINE = 4096;

    /** Of the thread that reads it; of a process, its first one. */
    private static String allowedCpus(String process) throws Exception {
        return Files.readAllLines(Path.of("/proc", process, "status")).stream()
                .filter(line -> line.startsWith(KEY))
                .findAny()
                .orElseThrow();
    }

    private static int firstCpu() throws Exception {
        return Integer.parseInt(
                allowedCpus("self").substring(KEY.length()).strip().split("[-,]")[0]);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWorkerOfABoundLoopSatOnTheCpuOfTheLoop(boolean byTheHelper) throws Exception {
        CompletableFuture<String> found = new CompletableFuture<>();
        CompletableFuture<String> ofTheLoop = new CompletableFuture<>();
        try (EventLoopGroup group =
                EventLoopGroup.builder(1).affinity(firstCpu()).open()) {
            WorkerBuilder builder = Worker.command("grep", KEY, "/proc/self/status")
                    .stdout(Stdio.lines(MAX_LINE, (worker, line) -> found.complete(line)));
            if (byTheHelper) {
                builder.noNewPrivileges();
            }
            EventLoop loop = group.next();
            loop.execute(() -> {
                try {
                    builder.start(loop);
                    ofTheLoop.complete(allowedCpus("thread-self"));
                } catch (Exception e) {
                    found.completeExceptionally(e);
                    ofTheLoop.completeExceptionally(e);
                }
            });
            assertEquals(allowedCpus("self"), found.get(30, TimeUnit.SECONDS));
            assertEquals(KEY + "\t" + firstCpu(), ofTheLoop.get(30, TimeUnit.SECONDS), "the loop is bound again");
        }
    }
}
