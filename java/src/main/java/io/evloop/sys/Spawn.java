package io.evloop.sys;

import java.io.IOException;
import java.lang.ref.Reference;

/** One call of {@code posix_spawn(3)}: the strings and descriptors of a child, and what its failure is called. */
public final class Spawn {

    private static final int O_DIRECTORY = 0x10000;
    private static final int O_DIRECTORY_ARM = 0x4000;

    private final String program;
    private final CStrings arguments;
    private final CStrings environment;
    private final String directory;

    /**
     * @param program for messages: the first of {@code arguments}
     * @param directory to start in; {@code null} = the parent's
     */
    public Spawn(String program, CStrings arguments, CStrings environment, String directory) {
        this.program = program;
        this.arguments = arguments;
        this.environment = environment;
        this.directory = directory;
    }

    /**
     * Starts the child. Descriptors stay the caller's.
     *
     * @return the pid
     * @throws io.evloop.error.NativeIoException naming the program, or the directory if that is at fault; no child is left
     */
    public int start(int standardInput, int standardOutput, int standardError, int workerFd, int targetFd)
            throws IOException {
        CStrings path = directory == null ? null : CStrings.of(directory, "the directory");
        try {
            int result = Native.spawn(
                    arguments.address(),
                    arguments.length(),
                    arguments.count(),
                    environment.address(),
                    environment.length(),
                    environment.count(),
                    path == null ? 0 : path.address(),
                    standardInput,
                    standardOutput,
                    standardError,
                    workerFd,
                    targetFd);
            if (result < 0) {
                checkDirectory(path);
                throw Errno.exception("execve", "exec " + program, result);
            }
            return result;
        } finally {
            Reference.reachabilityFence(path);
            Reference.reachabilityFence(arguments);
            Reference.reachabilityFence(environment);
        }
    }

    /** posix_spawn reports chdir and execve by the same number: look which of them it was. */
    private void checkDirectory(CStrings path) throws IOException {
        if (path == null) {
            return;
        }
        int fd = Native.open(path.address(), directoryFlag(), 0);
        if (fd < 0) {
            throw Errno.exception("chdir", "chdir " + directory, fd);
        }
        Fd.close(fd);
    }

    /** One of the few flags that differ between the architectures. */
    private static int directoryFlag() {
        return "aarch64".equals(System.getProperty("os.arch")) ? O_DIRECTORY_ARM : O_DIRECTORY;
    }
}
