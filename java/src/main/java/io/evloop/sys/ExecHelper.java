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

    /** The layout of {@code struct evl_exec_report}. */
    private static final int STEP_OFFSET = 0;

    private static final int ERROR_OFFSET = 4;
    private static final int RESOURCE_OFFSET = 8;
    private static final int REPORT_LENGTH = 12;

    /** The call that a step makes, by the number in {@code enum evl_exec_step}; the first one is that exec begins. */
    private static final String[] CALLS = {NAME, NAME, "setrlimit", "setpriority", "prctl", "execve"};

    private static final int BEGINS_STEP = 0;
    private static final int LIMIT_STEP = 2;
    private static final int EXEC_STEP = 5;

    /** By the kernel's numbers, the same on x86-64 and aarch64. */
    private static final String[] LIMITS = {
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE",
        "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS"
    };

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
     * @throws IOException if the helper ended without a word; it, too, is to be reaped
     */
    void awaitExec(String program) throws IOException {
        int fd = writeFd;
        writeFd = NONE;
        Fd.close(fd); // the helper's copy is the last: its close is our end of stream
        ByteBuffer report = ByteBuffer.allocateDirect(REPORT_LENGTH).order(ByteOrder.nativeOrder());
        boolean hasBegun = false;
        while (readReport(report)) {
            if (report.getInt(STEP_OFFSET) != BEGINS_STEP) {
                throw failure(report, program);
            }
            hasBegun = true;
        }
        if (!hasBegun) {
            throw new IOException("exec " + program + ": " + NAME + " died before it");
        }
    }

    /** Whether there was one more; what is cut off counts as none. */
    private boolean readReport(ByteBuffer report) throws IOException {
        int got = 0;
        try {
            int count;
            do {
                count = Fd.check(Native.read(readFd, Native.addressOf(report) + got, REPORT_LENGTH - got), "read");
                got += count;
            } while (count > 0 && got < REPORT_LENGTH);
        } finally {
            Reference.reachabilityFence(report);
        }
        return got == REPORT_LENGTH;
    }

    private static IOException failure(ByteBuffer report, String program) {
        int step = report.getInt(STEP_OFFSET);
        String what = CALLS[step] + " for " + program;
        if (step == EXEC_STEP) {
            what = "exec " + program;
        } else if (step == LIMIT_STEP) {
            what = "setrlimit " + LIMITS[report.getInt(RESOURCE_OFFSET)] + " for " + program;
        }
        return Errno.exception(CALLS[step], what, -report.getInt(ERROR_OFFSET));
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
