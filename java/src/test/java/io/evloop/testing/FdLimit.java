package io.evloop.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** {@code RLIMIT_NOFILE} of this process, lowered by a child through {@code prlimit(2)} and put back on {@link #close}. */
public final class FdLimit implements AutoCloseable {

    private static final String PROGRAM = """
            import os, resource, sys
            pid = os.getppid()
            before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            print("ready", flush=True)
            for line in sys.stdin:
                soft = int(line)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, before[1]) if soft > 0 else before)
                print("done", flush=True)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            """;

    private final Process process;
    private final BufferedReader answers;

    private FdLimit() throws IOException {
        process = new ProcessBuilder("python3", "-c", PROGRAM)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        answers = process.inputReader(StandardCharsets.US_ASCII);
        awaitAnswer("ready");
    }

    /** The limit is as before. */
    public static FdLimit open() throws IOException {
        Programs.assumePython();
        return new FdLimit();
    }

    /** From now on no descriptor of this number, or above, can be opened. */
    public void lowerTo(int number) throws IOException {
        tell(number);
    }

    /** The limit is as before. */
    public void restore() throws IOException {
        tell(0);
    }

    private void tell(int number) throws IOException {
        process.getOutputStream().write((number + "\n").getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
        awaitAnswer("done");
    }

    private void awaitAnswer(String expected) throws IOException {
        String answer = answers.readLine();
        if (!expected.equals(answer)) {
            throw new AssertionError("the child that sets the limit answers " + answer);
        }
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException(e));
        }
        answers.close();
        process.getErrorStream().close();
    }
}
