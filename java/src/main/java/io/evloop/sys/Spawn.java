package io.evloop.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.util.List;

/** One call of {@code posix_spawn(3)}: the strings and descriptors of a child, and what its failure is called. */
public final class Spawn {

    private static final int O_PATH = 0x200000;
    private static final int NONE = -1;

    private final String program;
    private final List<byte[]> arguments;
    private final List<byte[]> environment;
    private final boolean environmentInherited;
    private final String directory;
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
        this.environment = environment;
        this.environmentInherited = environmentInherited;
        this.directory = directory;
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
            return spawn(request(arguments, standardFds, workerFd, targetFd));
        }
        List<byte[]> all = ExecHelper.arguments(targetFd, helperOptions, arguments);
        int pid = NONE;
        try {
            try (ExecHelper helper = ExecHelper.open()) {
                pid = spawn(request(all, standardFds, workerFd, targetFd)
                        .put(Native.SPAWN_HELPER, helper.programFd())
                        .put(Native.SPAWN_STATUS, helper.statusFd()));
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

    /** Without a helper. */
    private SpawnRequest request(List<byte[]> command, int[] standardFds, int workerFd, int targetFd) {
        return new SpawnRequest(command, environment, directory)
                .put(Native.SPAWN_STDIN, standardFds[0])
                .put(Native.SPAWN_STDOUT, standardFds[1])
                .put(Native.SPAWN_STDERR, standardFds[2])
                .put(Native.SPAWN_WORKER, workerFd)
                .put(Native.SPAWN_TARGET, targetFd)
                .put(Native.SPAWN_GROUP, group)
                .put(Native.SPAWN_HELPER, NONE)
                .put(Native.SPAWN_STATUS, NONE)
                .put(Native.SPAWN_INHERIT, environmentInherited ? 1 : 0);
    }

    private int spawn(SpawnRequest request) throws IOException {
        int result = request.spawn();
        if (result < 0) {
            throw failure(result);
        }
        return result;
    }

    /** posix_spawn reports chdir and execve by the same numbers: look which of them it was. */
    private IOException failure(int result) throws IOException {
        boolean lacksDescriptors = result == -Errno.EMFILE || result == -Errno.ENFILE; // as the look would, too
        if (directory != null && !lacksDescriptors && result == resultOfEntering()) {
            return Errno.exception("chdir", "exec " + program + ": chdir " + directory, result);
        }
        return Errno.exception("execve", "exec " + program, result);
    }

    /**
     * What {@code chdir(2)} returns, or a descriptor. To resolve the dot, O_PATH asks for the permission that chdir needs, to
     * search the directory, and not for the one to list it.
     */
    private int resultOfEntering() throws IOException {
        CString inside = CString.of(directory.isEmpty() ? "" : directory + "/.", "the directory");
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
