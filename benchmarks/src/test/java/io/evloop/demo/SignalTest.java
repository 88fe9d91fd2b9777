package io.evloop.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.bench.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demonstration as a process of its own, ended by a signal in the middle. */
class SignalTest {

    private static final int DEADLINE_SECONDS = 60;

    @TempDir
    private Path temporaryFiles;

    private Process start() throws IOException {
        // a shell starts its background jobs with SIGINT ignored, and so would this JVM its children
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(JavaCommand.of(List.of(), Demo.class.getName()));
        command.addAll(List.of("--seconds", "30", "--limit", "60"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporaryFiles);
        return builder.redirectErrorStream(true).start();
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void leavesNoWorkerAndNoFileAfter(String signal, int exitCode) throws IOException, InterruptedException {
        Process process = start();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            String line = output.readLine();
            while (line != null && !line.contains("/s ")) { // the load is on
                line = output.readLine();
            }
            List<ProcessHandle> workers = process.children().toList();
            assertEquals(WorkerProgram.hasPython() ? 3 : 2, workers.size());
            signal(process, signal);

            List<String> rest = output.lines().toList();
            assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS));
            assertEquals("interrupted: all workers have been ended", rest.get(rest.size() - 1));
            assertEquals(exitCode, process.exitValue());
            assertEquals(
                    List.of(), workers.stream().filter(ProcessHandle::isAlive).toList());
            assertEquals(List.of(), filesLeft());
        } finally {
            process.destroyForcibly();
        }
    }

    private static void signal(Process process, String signal) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid()).start();
        assertEquals(0, kill.waitFor());
    }

    private List<Path> filesLeft() throws IOException {
        try (Stream<Path> files = Files.list(temporaryFiles)) {
            return files.toList();
        }
    }
}
