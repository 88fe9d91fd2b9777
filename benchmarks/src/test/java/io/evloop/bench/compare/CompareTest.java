package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CompareTest {

    private final StringWriter printed = new StringWriter();

    private int execute(String... arguments) {
        CommandLine line = Compare.commandLine(arguments);
        line.setErr(new PrintWriter(printed)).setOut(new PrintWriter(printed));
        return line.execute(arguments);
    }

    private void assertRefused(String... arguments) {
        assertEquals(2, execute(arguments), String.join(" ", arguments));
        assertEquals(1, printed.toString().lines().count(), printed.toString());
        assertTrue(printed.toString().contains(arguments[0].split("=", 2)[0]), printed.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--runs=0",
                "--runs=-1",
                "--runs=x",
                "--warmup-ms=0",
                "--measure-ms=-5",
                "--measure-ms=99999999999",
                "--cpus=0,0",
                "--cpus=0",
                "--cpus=0,100000",
                "--only=nobody",
                "--native=/nowhere",
                "--out=/proc/self/status",
            })
    void refusesAWrongArgumentInALine(String argument) {
        assertRefused(argument);
    }

    @Test
    void refusesAFileAsADirectory(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertRefused("--readme", file.toString(), "--out", directory.toString());
    }

    @Test
    void printsItsVersion() {
        assertEquals(0, execute("--version"));
        assertTrue(printed.toString().matches("evloop \\S+\\s+"), printed.toString());
    }

    @Test
    void leavesPathsOutOfTheCommandThatIsReported() {
        assertEquals(
                "--quick --runs 3",
                Compare.withoutPaths("--quick", "--out", "here", "--readme=there", "--native=x=y", "--runs", "3"));
    }
}
