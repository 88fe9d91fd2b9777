package io.evloop;

import io.evloop.sys.FileDescriptors;
import java.io.IOException;
import java.nio.file.Path;

/** What a worker's standard input, output or error is. */
public final class Stdio {

    /** The supervisor's own: the default. */
    public static final Stdio INHERIT = new Stdio(null, 0);

    /** {@code /dev/null}: reads end at once, what is written is dropped. */
    public static final Stdio NULL = new Stdio("/dev/null", FileDescriptors.O_RDWR);

    static final int INHERITED = -1;

    private final String path;
    private final int flags;

    private Stdio(String path, int flags) {
        this.path = path;
        this.flags = flags;
    }

    /** Reads from a file. */
    public static Stdio from(Path file) {
        return new Stdio(file.toString(), FileDescriptors.O_RDONLY);
    }

    /** Writes to a file, which is made, or emptied, when the worker starts. */
    public static Stdio to(Path file) {
        return new Stdio(file.toString(), FileDescriptors.O_WRONLY | FileDescriptors.O_CREAT | FileDescriptors.O_TRUNC);
    }

    /** Writes to the end of a file, which is made when the worker starts. */
    public static Stdio appendTo(Path file) {
        return new Stdio(
                file.toString(), FileDescriptors.O_WRONLY | FileDescriptors.O_CREAT | FileDescriptors.O_APPEND);
    }

    /** A descriptor that is the caller's to close, or {@link #INHERITED}. */
    int open() throws IOException {
        return path == null ? INHERITED : FileDescriptors.open(path, flags);
    }

    @Override
    public String toString() {
        return path == null ? "Stdio[inherit]" : "Stdio[" + path + "]";
    }
}
