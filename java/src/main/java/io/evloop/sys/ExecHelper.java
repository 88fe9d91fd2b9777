package io.evloop.sys;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One use of {@code evloop-exec}, the program that stands between {@code posix_spawn(3)} and a worker and does what that call
 * cannot. It is executed from a file in memory: no directory has to be writable, and nothing is left behind.
 */
final class ExecHelper implements AutoCloseable {

    private static final String NAME = "evloop-exec";
    private static final int NONE = -1;
    private static final int FAILURE_LENGTH = 8;

    /** By the number in {@code enum evl_exec_step}. */
    private static final String[] STEPS = {NAME, "setrlimit", "setpriority", "prctl", "execve"};

    private static final int EXEC_STEP = 4;

    private static ByteBuffer program;

    private int programFd = NONE;
    private int readFd = NONE;
    private int writeFd = NONE;

    private ExecHelper() {}

    static ExecHelper open() throws IOException {
        ExecHelper helper = new ExecHelper();
        boolean success = false;
        try {
            helper.openProgram();
            long pipe = Fd.check(Native.pipe(), "pipe2");
            helper.readFd = Fd.first(pipe);
            helper.writeFd = Fd.second(pipe);
            success = true;
            return helper;
        } finally {
            if (!success) {
                helper.close();
            }
        }
    }

    private void openProgram() throws IOException {
        ByteBuffer bytes = program();
        CString name = CString.of(NAME, "the name");
        try {
            programFd = Fd.check(Native.memFd(name.address()), "memfd_create");
            int written = 0;
            while (written < bytes.capacity()) {
                long address = Native.addressOf(bytes) + written;
                written += Fd.check(Native.write(programFd, address, bytes.capacity() - written), "write");
            }
        } finally {
            Reference.reachabilityFence(name);
            Reference.reachabilityFence(bytes);
        }
    }

    /** Read once: a start must not fail because the JVM has no descriptor left to look into its own archive with. */
    private static synchronized ByteBuffer program() throws IOException {
        if (program == null) {
            try (InputStream in = NativeLibrary.open(NAME)) {
                byte[] bytes = in.readAllBytes();
                program = ByteBuffer.allocateDirect(bytes.length).put(bytes);
            }
        }
        return program;
    }

    int programFd() {
        return programFd;
    }

    int statusFd() {
        return writeFd;
    }

    /** The arguments of the helper, in front of those of the program; its descriptors stand behind {@code targetFd}. */
    static List<byte[]> arguments(int targetFd, List<String> options, List<byte[]> arguments) {
        List<String> own =
                new ArrayList<>(List.of(NAME, Integer.toString(targetFd + 1), Integer.toString(targetFd + 2)));
        own.addAll(options);
        String path = System.getenv("PATH");
        if (path != null) {
            own.add("PATH=" + path);
        }
        own.add("--");
        List<byte[]> all = new ArrayList<>();
        own.forEach(argument -> all.add(argument.getBytes(StandardCharsets.UTF_8)));
        all.addAll(arguments);
        return all;
    }

    /**
     * Waits until the program is executed.
     *
     * @throws io.evloop.error.NativeIoException naming the step that failed; the helper has ended then and is to be reaped
     */
    void awaitExec(String program) throws IOException {
        int fd = writeFd;
        writeFd = NONE;
        Fd.close(fd); // the helper's copy is the last: its close is our end of stream
        ByteBuffer failure = ByteBuffer.allocateDirect(FAILURE_LENGTH).order(ByteOrder.nativeOrder());
        int got = 0;
        try {
            int count;
            do {
                count = Fd.check(Native.read(readFd, Native.addressOf(failure) + got, FAILURE_LENGTH - got), "read");
                got += count;
            } while (count > 0 && got < FAILURE_LENGTH);
        } finally {
            Reference.reachabilityFence(failure);
        }
        if (got == FAILURE_LENGTH) {
            int step = failure.getInt(0);
            String what = step == EXEC_STEP ? "exec " + program : STEPS[step] + " for " + program;
            throw Errno.exception(STEPS[step], what, -failure.getInt(Integer.BYTES));
        }
    }

    @Override
    public void close() throws IOException {
        int[] open = {programFd, readFd, writeFd};
        programFd = NONE;
        readFd = NONE;
        writeFd = NONE;
        IOException failure = null;
        for (int fd : open) {
            int result = fd == NONE ? 0 : Native.close(fd);
            if (result < 0) {
                failure = Errno.exception("close", result);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
