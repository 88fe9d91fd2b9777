package io.evloop.bench.compare;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs one measurement: the launcher, which starts both sides. */
final class PairRunner {

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int TIMEOUT_MARGIN_MILLIS = 30_000;

    private final Programs programs;
    private final String cpus;
    private final Timing timing;

    /** A measurement that gave no result. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        FailedException(String message) {
            super(message);
        }
    }

    PairRunner(Programs programs, String cpus, Timing timing) {
        this.programs = programs;
        this.cpus = cpus;
        this.timing = timing;
    }

    /** The same with twice the time to compile. */
    PairRunner withLongerWarmup() {
        return new PairRunner(programs, cpus, timing.withLongerWarmup());
    }

    Sample run(Workload workload, Competitor competitor, int run, boolean counting)
            throws IOException, InterruptedException, FailedException {
        Path directory = Files.createTempDirectory(
                Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir")),
                "evloop-bench-");
        Path errors = directory.resolve("stderr");
        try {
            Process process = new ProcessBuilder(command(workload, competitor, counting, directory))
                    .redirectError(errors.toFile())
                    .start();
            String output;
            try (var stdout = process.getInputStream()) {
                output = new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
            }
            int status = process.waitFor();
            if (status != 0) {
                throw new FailedException("status " + status + ": "
                        + Files.readString(errors, StandardCharsets.UTF_8).strip());
            }
            return parse(workload, competitor, run, counting, output);
        } finally {
            delete(directory);
        }
    }

    /** The whole command of a measurement. */
    List<String> command(Workload workload, Competitor competitor, boolean counting, Path directory) {
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

    private static Sample parse(Workload workload, Competitor competitor, int run, boolean counting, String output)
            throws FailedException {
        Map<String, JsonObject> bySide = new HashMap<>();
        for (String line : output.lines().toList()) {
            try {
                JsonObject json = JsonParser.parseString(line).getAsJsonObject();
                bySide.put(json.get("side").getAsString(), json);
            } catch (JsonSyntaxException | IllegalStateException e) {
                throw new FailedException("no line of JSON: " + line + " (" + e.getMessage() + ")");
            }
        }
        JsonObject driver = bySide.get(workload.driverRole());
        JsonObject other = bySide.get(workload.otherRole());
        JsonObject pair = bySide.get("pair");
        if (driver == null || other == null || pair == null) {
            throw new FailedException("a result is missing: " + output);
        }
        return new Sample(workload, competitor, run, counting, new Sample.Side(driver), new Sample.Side(other), pair);
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
