package io.evloop.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Progress: on a terminal one line that is written anew each time, elsewhere a line each time. */
public final class LiveLine {

    private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");
    private static final Duration REWRITING = Duration.ofMillis(250);
    private static final Duration ADDING = Duration.ofSeconds(1);
    private static final String TO_ITS_BEGINNING = "\r";
    private static final String ERASE_REST = "\033[K";

    private final PrintWriter out;
    private final boolean terminal;

    public LiveLine(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Whether the standard output is a terminal. {@code System.console()} says so in other ways on other JDKs. */
    public static boolean isOnTerminal() {
        try {
            String target = Files.readSymbolicLink(STANDARD_OUTPUT).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /** How often there should be something new. */
    public Duration interval() {
        return terminal ? REWRITING : ADDING;
    }

    public void show(String text) {
        if (terminal) {
            out.print(TO_ITS_BEGINNING + text + ERASE_REST);
        } else {
            out.println(text);
        }
        out.flush();
    }

    /** What follows begins at the beginning of a line. */
    public void clear() {
        if (terminal) {
            out.print(TO_ITS_BEGINNING + ERASE_REST);
            out.flush();
        }
    }
}
