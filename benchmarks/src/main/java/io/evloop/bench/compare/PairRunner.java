package io.evloop.bench.compare;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Runs one measurement at a time: the launcher, which starts both sides. */
final class PairRunner {

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int TIMEOUT_MARGIN_MILLIS = 30_000;
    private static final int KILL_SECONDS = 5;

    private final Programs programs;
    private final String cpus;
    private final Object lock = new Object();

    // under the lock, for a shutdown hook
    private boolean abandoned;
    private Process launcher;
    private Path directory;

    /** A measurement that gave no result. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        FailedException(String message) {
            super(message);
        }
    }

    /**
     * @param cpus of the driving side and of the other, "A,B"
     */
    PairRunner(Programs programs, String cpus) {
        this.programs = programs;
        this.cpus = cpus;
    }

    Sample run(Plan.Step step, Timing timing) throws IOException, InterruptedException, FailedException {
        try {
            Process process = start(step, timing);
            String output;
            try (var stdout = process.getInputStream()) {
                output = new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
            }
            int status = process.waitFor();
            if (status != 0) {
                throw new FailedException("status " + status + ": "
                        + Files.readString(errors(), StandardCharsets.UTF_8).strip());
            }
            return parse(step, output);
        } finally {
            end();
        }
    }

    private Process start(Plan.Step step, Timing timing) throws IOException, InterruptedException {
        synchronized (lock) {
            while (abandoned) {
                lock.wait(); // the JVM is about to end
            }
            directory = Files.createTempDirectory(
                    Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir")),
                    "evloop-bench-");
            launcher = new ProcessBuilder(
                            command(step.workload(), step.competitor(), step.counting(), timing, directory))
                    .redirectError(errors().toFile())
                    .start();
            return launcher;
        }
    }

    private Path errors() {
        synchronized (lock) {
            return directory.resolve("stderr");
        }
    }

    private void end() throws IOException {
        synchronized (lock) {
            if (directory != null && !abandoned) {
                delete(directory);
                directory = null;
            }
        }
    }

    /** Kills both sides, removes what they have left, and starts no others. For a shutdown hook. */
    void abandon() {
        synchronized (lock) {
            abandoned = true;
            if (directory == null) {
                return;
            }
            if (launcher != null) {
                List<ProcessHandle> all = new ArrayList<>(launcher.descendants().toList());
                all.add(launcher.toHandle());
                all.forEach(ProcessHandle::destroyForcibly);
                all.forEach(PairRunner::awaitEnd);
            }
            try {
                delete(directory);
            } catch (IOException | UncheckedIOException e) {
                System.err.println(directory + " is left: " + e);
            }
        }
    }

    private static void awaitEnd(ProcessHandle process) {
        try {
            process.onExit().get(KILL_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            System.err.println("process " + process.pid() + " has not ended: " + e);
        }
    }

    /** The whole command of a measurement. */
    List<String> command(Workload workload, Competitor competitor, boolean counting, Timing timing, Path directory) {
        List<String> words = new ArrayList<>(workload.words());
        words.add("warmup-ms=" + timing.warmupMillis(competitor));
        words.add("measure-ms=" + timing.measureMillis());
        List<String> command = new ArrayList<>();
        command.add(programs.launcher().toString());
        command.add("pipes=" + workload.pipes());
        command.add("buffer=" + workload.socketBuffer());
        command.add("nonblocking=" + (competitor.wantsNonBlocking() ? 1 : 0));
        command.add("count=" + (counting ? 1 : 0));
        command.add("cpus=" + cpus);
        command.add("dir=" + directory);
        command.add("timeout-ms=" + (timing.totalMillis(competitor) + TIMEOUT_MARGIN_MILLIS));
        command.add("--");
        command.addAll(programs.side(competitor, workload.driverRole(), words));
        command.add("--");
        command.addAll(programs.side(competitor, workload.otherRole(), words));
        return command;
    }

    private static Sample parse(Plan.Step step, String output) throws FailedException {
        Map<String, JsonObject> bySide = new HashMap<>();
        for (String line : output.lines().toList()) {
            try {
                JsonObject json = JsonParser.parseString(line).getAsJsonObject();
                bySide.put(json.get("side").getAsString(), json);
            } catch (JsonSyntaxException | IllegalStateException e) {
                throw new FailedException("no line of JSON: " + line + " (" + e.getMessage() + ")");
            }
        }
        JsonObject driver = bySide.get(step.workload().driverRole());
        JsonObject other = bySide.get(step.workload().otherRole());
        JsonObject pair = bySide.get("pair");
        if (driver == null || other == null || pair == null) {
            throw new FailedException("a result is missing: " + output);
        }
        return new Sample(
                step.workload(),
                step.competitor(),
                step.run(),
                step.counting(),
                new Sample.Side(driver),
                new Sample.Side(other),
                pair);
    }

    private static void delete(Path directory) throws IOException {
        List<Path> entries;
        try (Stream<Path> walk = Files.walk(directory)) {
            entries = new ArrayList<>(walk.toList());
        }
        Collections.reverse(entries);
        for (Path entry : entries) {
            Files.deleteIfExists(entry);
        }
    }
}
