package io.evloop.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The soak as a user starts it, for a minute. */
class SoakTest {

    private final StringWriter output = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new Soak())
                .setOut(new PrintWriter(output))
                .setErr(new PrintWriter(output))
                .execute(arguments);
    }

    @Test
    void everyCheckHoldsForAMinute() {
        assertEquals(0, run("--minutes", "1"), output.toString());
        assertTrue(output.toString().contains("every check held"), output.toString());
    }

    @Test
    void aLengthThatIsNoneIsRefused() {
        assertEquals(2, run("--minutes", "0"), output.toString());
        assertTrue(output.toString().contains("--minutes must be above 0"), output.toString());
    }
}
