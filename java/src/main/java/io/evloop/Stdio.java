package io.evloop;

import io.evloop.sys.FileDescriptors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * What a worker's standard input, output or error is. A relative path is the supervisor's, whatever directory the worker gets.
 * Immutable; one can serve any number of workers.
 */
public final class Stdio {

    /** The supervisor's own: the default. */
    public static final Stdio INHERIT = new Stdio(null, 0, null);

    /** {@code /dev/null}: reads end at once, what is written is dropped. */
    public static final Stdio NULL = new Stdio("/dev/null", FileDescriptors.O_RDWR, null);

    static final int INHERITED = -1;

    private static final int APPEND = FileDescriptors.O_WRONLY | FileDescriptors.O_CREAT | FileDescriptors.O_APPEND;

    private final String path;
    private final int flags;
    private final Supplier<OutputHandler> capture;

    private Stdio(String path, int flags, Supplier<OutputHandler> capture) {
        this.path = path;
        this.flags = flags;
        this.capture = capture;
    }

    /** Reads from a file. A FIFO that nobody has open for writing is at its end: the start does not wait for a writer. */
    public static Stdio from(Path file) {
        return new Stdio(KernelPath.of(file), FileDescriptors.O_RDONLY, null);
    }

    /**
     * Writes to a file, which is made, or emptied, when the worker starts; each write to its end, so that both outputs can go to
     * the same one. A FIFO needs a reader by then: the start fails with ENXIO rather than wait for one.
     */
    public static Stdio to(Path file) {
        return new Stdio(KernelPath.of(file), APPEND | FileDescriptors.O_TRUNC, null);
    }

    /** Writes to the end of a file, which is made when the worker starts. For a FIFO as {@link #to}. */
    public static Stdio appendTo(Path file) {
        return new Stdio(KernelPath.of(file), APPEND, null);
    }

    /**
     * For output: hands each line, without the {@code \n} or {@code \r\n} that ends it, to {@code handler} in the loop's turn.
     * What was printed before the worker left is handed over before {@code onExit}; the last line also without its end.
     *
     * @param maxLength bytes after which a line is cut, and goes on as another, but not inside a character; 1 or more
     */
    public static Stdio lines(int maxLength, LineHandler handler) {
        Objects.requireNonNull(handler, "handler");
        if (maxLength < 1) {
            throw new IllegalArgumentException("maxLength must be 1 or more, not " + maxLength);
        }
        return new Stdio(null, 0, () -> new LineSplitter(handler, maxLength));
    }

    /** For output: hands the bytes to {@code handler} in the loop's turn, as they come. */
    public static Stdio bytes(OutputHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return new Stdio(null, 0, () -> handler);
    }

    boolean isCaptured() {
        return capture != null;
    }

    /** The handler of one worker's output. */
    OutputHandler newHandler() {
        return capture.get();
    }

    /** A descriptor that is the caller's to close, or {@link #INHERITED}. Not for one that is captured. */
    int open() throws IOException {
        return path == null ? INHERITED : FileDescriptors.open(path, flags);
    }

    @Override
    public String toString() {
        return capture != null ? "Stdio[captured]" : path == null ? "Stdio[inherit]" : "Stdio[" + path + "]";
    }
}
