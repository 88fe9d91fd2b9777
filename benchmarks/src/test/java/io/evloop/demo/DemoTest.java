package io.evloop.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The command line, and a whole run from it. */
class DemoTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new Demo())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @Test
    void sendsFramesToThreeWorkersAndGetsEveryByteBack() {
        assertEquals(0, run("--seconds", "2", "--limit", "300"), () -> out.toString() + err);
        List<String> lines = out.toString().lines().toList();
        String names = WorkerProgram.hasPython() ? "3 workers (Java, C, Python)" : "2 workers (Java, C)";
        assertTrue(lines.stream().anyMatch(line -> line.startsWith(names)), out::toString);
        assertTrue(lines.stream().anyMatch(line -> line.matches("worker +frames/s .*")), out::toString);
        assertTrue(lines.stream().anyMatch(line -> line.matches("Java +[1-9].* ms  0")), out::toString);
        assertTrue(lines.stream().anyMatch(line -> line.matches("C +[1-9].* ms  0")), out::toString);
        assertTrue(lines.get(lines.size() - 1).startsWith("OK  "), out::toString);
        assertEquals("", err.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--seconds=0",
                "--seconds=-1",
                "--seconds=18",
                "--seconds=2.5",
                "--seconds",
                "--outstanding=0",
                "--outstanding=4097",
                "--outstanding=many",
                "--limit=0",
                "--limit=2147483647",
                "--fast"
            })
    void refusesWhatItDoesNotUnderstandAndSaysHowToCallIt(String argument) {
        assertEquals(2, run(argument));
        assertTrue(err.toString().contains("Usage: demo"), err::toString);
        assertTrue(err.toString()
                .contains(argument.substring(0, argument.indexOf('=') + 1).replace("=", "")));
        assertEquals("", out.toString());
    }

    @Test
    void explainsItself() {
        assertEquals(0, run("--help"));
        assertTrue(out.toString().contains("--outstanding=<outstanding>"), out::toString);
        assertTrue(out.toString().contains("(default: 16)"), out::toString);
    }

    @Test
    void givesUpAtItsLimit() {
        assertEquals(1, run("--seconds", "1", "--limit", "1"));
        assertTrue(out.toString().contains("FAILED  not done within the limit"), out::toString);
    }
}
