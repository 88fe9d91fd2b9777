package io.evloop.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** One call of {@code posix_spawn(3)}: the strings and descriptors of a child, and what its failure is called. */
public final class Spawn {

    private static final int O_PATH = 0x200000;
    private static final int NONE = -1;

    private final String program;
    private final List<byte[]> arguments;
    private final CStrings environment;
    private final boolean environmentInherited;
    private final CStrings directory;
    private final String directoryName;
    private final int group;
    private final List<String> helperOptions;

    /**
     * @param program for messages: the first of {@code arguments}
     * @param environment variables, {@code name=value} each
     * @param environmentInherited whether the rest of the environment is the parent's, or empty
     * @param directory to start in; {@code null} = the parent's
     * @param group 0, {@link Native#GROUP_OWN} or {@link Native#SESSION_OWN}
     * @param helperOptions options of evloop-exec; empty: it is not needed
     */
    public Spawn(
            String program,
            List<byte[]> arguments,
            List<byte[]> environment,
            boolean environmentInherited,
            String directory,
            int group,
            List<String> helperOptions) {
        this.program = program;
        this.arguments = arguments;
        this.environment = CStrings.ofBytes(environment);
        this.environmentInherited = environmentInherited;
        this.directory = directory == null ? null : CStrings.of(directory, "the directory");
        this.directoryName = directory;
        this.group = group;
        this.helperOptions = helperOptions;
    }

    /**
     * Starts the child. Descriptors stay the caller's.
     *
     * @param standardFds three descriptors that become 0, 1 and 2; -1 = the parent's is inherited
     * @return the pid
     * @throws io.evloop.error.NativeIoException naming the program, and the directory if that is at fault, or the attribute
     *     that cannot be had; no child is left
     */
    public int start(int[] standardFds, int workerFd, int targetFd) throws IOException {
        if (helperOptions.isEmpty()) {
            return spawn(CStrings.ofBytes(arguments), numbers(standardFds, workerFd, targetFd, NONE, NONE));
        }
        CStrings all = CStrings.ofBytes(ExecHelper.arguments(targetFd, helperOptions, arguments));
        int pid = NONE;
        try {
            try (ExecHelper helper = ExecHelper.open()) {
                pid = spawn(all, numbers(standardFds, workerFd, targetFd, helper.programFd(), helper.statusFd()));
                helper.awaitExec(program);
            }
            return pid;
        } catch (Throwable e) {
            if (pid != NONE) {
                int result = Native.killAndReap(pid);
                if (result < 0) {
                    e.addSuppressed(Errno.exception("waitid", result));
                }
            }
            throw e;
        }
    }

    private ByteBuffer numbers(int[] standardFds, int workerFd, int targetFd, int helperFd, int statusFd) {
        ByteBuffer numbers =
                ByteBuffer.allocateDirect(Native.SPAWN_NUMBERS * Integer.BYTES).order(ByteOrder.nativeOrder());
        put(numbers, Native.SPAWN_STDIN, standardFds[0]);
        put(numbers, Native.SPAWN_STDOUT, standardFds[1]);
        put(numbers, Native.SPAWN_STDERR, standardFds[2]);
        put(numbers, Native.SPAWN_WORKER, workerFd);
        put(numbers, Native.SPAWN_TARGET, targetFd);
        put(numbers, Native.SPAWN_GROUP, group);
        put(numbers, Native.SPAWN_HELPER, helperFd);
        put(numbers, Native.SPAWN_STATUS, statusFd);
        put(numbers, Native.SPAWN_INHERIT, environmentInherited ? 1 : 0);
        return numbers;
    }

    private static void put(ByteBuffer numbers, int index, int value) {
        numbers.putInt(index * Integer.BYTES, value);
    }

    private int spawn(CStrings all, ByteBuffer numbers) throws IOException {
        try {
            int result = Native.spawn(
                    all.address(),
                    all.length(),
                    all.count(),
                    environment.address(),
                    environment.length(),
                    environment.count(),
                    directory == null ? 0 : directory.address(),
                    Native.addressOf(numbers));
            if (result < 0) {
                throw failure(result);
            }
            return result;
        } finally {
            Reference.reachabilityFence(all);
            Reference.reachabilityFence(numbers);
            Reference.reachabilityFence(this);
        }
    }

    /** posix_spawn reports chdir and execve by the same numbers: look which of them it was. */
    private IOException failure(int result) throws IOException {
        boolean lacksDescriptors = result == -Errno.EMFILE || result == -Errno.ENFILE; // as the look would, too
        if (directory != null && !lacksDescriptors && result == resultOfEntering()) {
            return Errno.exception("chdir", "exec " + program + ": chdir " + directoryName, result);
        }
        return Errno.exception("execve", "exec " + program, result);
    }

    /**
     * What {@code chdir(2)} returns, or a descriptor. To resolve the dot, O_PATH asks for the permission that chdir needs, to
     * search the directory, and not for the one to list it.
     */
    private int resultOfEntering() throws IOException {
        CStrings inside = CStrings.of(directoryName.isEmpty() ? "" : directoryName + "/.", "the directory");
        try {
            int fd = Native.open(inside.address(), O_PATH, 0);
            if (fd >= 0) {
                Fd.close(fd);
            }
            return fd;
        } finally {
            Reference.reachabilityFence(inside);
        }
    }
}
