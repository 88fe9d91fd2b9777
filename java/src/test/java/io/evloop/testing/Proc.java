package io.evloop.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@code proc(5)} tells of other processes. */
public final class Proc {

    private Proc() {}

    /** The state, such as {@code 'S'}, {@code 'T'} for stopped or {@code 'Z'} for not reaped; {@code 'X'}: there is none. */
    public static char state(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException e) { // gone before, or while it was read
            return 'X';
        }
    }

    public static boolean isStopped(long pid) {
        return state(pid) == 'T';
    }

    /** Whether it runs no more; whoever inherits an orphan may take a while to reap it. */
    public static boolean hasEnded(long pid) {
        char state = state(pid);
        return state == 'Z' || state == 'X';
    }
}
