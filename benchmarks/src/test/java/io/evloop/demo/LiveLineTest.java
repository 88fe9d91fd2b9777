package io.evloop.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What progress looks like on a terminal and in a file. */
class LiveLineTest {

    private final StringWriter written = new StringWriter();

    private LiveLine live(boolean terminal) {
        return new LiveLine(new PrintWriter(written), terminal);
    }

    @Test
    void rewritesOneLineOnATerminalAndLeavesNothingOfIt() {
        LiveLine live = live(true);
        live.show("a long line");
        live.show("short");
        live.clear();
        assertEquals("\ra long line\033[K\rshort\033[K\r\033[K", written.toString());
    }

    @Test
    void addsLinesElsewhere() {
        LiveLine live = live(false);
        live.show("one");
        live.show("two");
        live.clear();
        assertEquals(String.format("one%ntwo%n"), written.toString());
    }

    @Test
    void comesMoreOftenOnATerminalThanInAFile() {
        assertEquals(250, live(true).interval().toMillis());
        assertEquals(1_000, live(false).interval().toMillis());
    }
}
