package io.evloop;

import io.evloop.sys.Errno;
import io.evloop.testing.Faults;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which errors each system call is made to fail with, and the name of that call in the exceptions. */
final class FaultPlan {

    static final int EINTR = 4;

    private static final int EIO = 5;
    private static final int EACCES = 13;
    private static final int ENOSPC = 28;
    private static final int EADDRNOTAVAIL = 99;

    private static final int FEW = 3;

    private static final Map<String, List<Integer>> ERRORS = new LinkedHashMap<>();

    static {
        plan("epoll_create1", Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM);
        plan("epoll_ctl", Errno.ENOMEM, ENOSPC);
        plan("epoll_wait", EINTR, Errno.EINVAL, Faults.SHORT);
        plan("sys_epoll_pwait2", EINTR, Errno.EINVAL, Faults.SHORT);
        plan("eventfd", Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM);
        plan("read", EINTR, Errno.EAGAIN, EIO, Errno.ECONNRESET, Faults.SHORT);
        plan("recvmsg", EINTR, Errno.EAGAIN, Errno.ENOMEM, Errno.ECONNRESET, Faults.SHORT);
        plan("write", EINTR, Errno.EAGAIN, EIO, ENOSPC, Errno.EPIPE, Faults.SHORT);
        plan("writev", EINTR, Errno.EAGAIN, EIO, Errno.EPIPE, Faults.SHORT);
        plan("send", EINTR, Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM, Errno.EPIPE, Errno.ECONNRESET, Faults.SHORT);
        plan("sendmsg", EINTR, Errno.EAGAIN, Errno.ENOBUFS, Errno.ETOOMANYREFS, Errno.EPIPE, Faults.SHORT);
        plan("close", EINTR, EIO);
        plan("open", EINTR, Errno.EMFILE, EACCES);
        plan("pipe2", Errno.EMFILE, Errno.ENFILE);
        plan("memfd_create", Errno.EMFILE, Errno.ENOMEM);
        plan("fcntl", Errno.EMFILE, EIO);
        plan("fstat", EIO, Errno.ENOMEM);
        plan("ioctl", EIO);
        plan("socketpair", Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM);
        plan("socket", Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS);
        plan("bind", Errno.EADDRINUSE, EACCES, Errno.ENOMEM);
        plan("listen", Errno.EADDRINUSE);
        plan(
                "accept4",
                EINTR,
                Errno.EAGAIN,
                Errno.EMFILE,
                Errno.ENFILE,
                Errno.ENOBUFS,
                Errno.ECONNABORTED,
                Errno.EPERM);
        plan("connect", EINTR, Errno.EAGAIN, Errno.ECONNREFUSED, EADDRNOTAVAIL, Errno.ETIMEDOUT);
        plan("shutdown", Errno.ENOTCONN, Errno.ENOBUFS);
        plan("setsockopt", Errno.ENOMEM, EACCES);
        plan("getsockopt", Errno.ENOBUFS);
        plan("getsockname", Errno.ENOBUFS);
        plan("getpeername", Errno.ENOTCONN, Errno.ENOBUFS);
        plan("fchmod", Errno.EPERM);
        plan("lstat", EIO);
        plan("unlink", Errno.ENOENT, EACCES, EIO);
        plan("posix_spawnp", Errno.EAGAIN, Errno.ENOMEM, Errno.EMFILE);
        plan("malloc", Errno.ENOMEM);
        plan("sys_pidfd_open", Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM);
        plan("sys_pidfd_send_signal", Errno.EPERM);
        plan("sys_waitid", Errno.ECHILD);
        // Made for a child of our own that is not reaped yet: for that they cannot fail.
        plan("kill");
        plan("waitid");
    }

    private FaultPlan() {}

    private static void plan(String call, Integer... errors) {
        ERRORS.put(call, List.of(errors));
    }

    /** Fails unless every call that can be made to fail is planned for, and no other. */
    static void checkCovers(List<String> calls) {
        List<String> planned = ERRORS.keySet().stream().sorted().toList();
        List<String> given = calls.stream().sorted().toList();
        if (!given.equals(planned)) {
            throw new AssertionError("planned: " + planned + ", and can be injected: " + given);
        }
    }

    /** All that are planned for. */
    static List<String> calls() {
        return List.copyOf(ERRORS.keySet());
    }

    static List<Integer> errors(String call) {
        return ERRORS.get(call);
    }

    /**
     * For how many calls in a row an error lasts, beside one: for ever, unless that would be to wait for ever. 1: not more
     * than one.
     */
    static int lasting(String call, int error) {
        return switch (call) {
            // no loop without the one, no end of a worker without the others
            case "epoll_wait", "sys_epoll_pwait2", "sys_pidfd_send_signal", "sys_waitid" ->
                mustSurvive(error) ? FEW : 1;
            case "accept4" -> FEW;
            default -> isTransient(error) ? FEW : Integer.MAX_VALUE;
        };
    }

    private static boolean isTransient(int error) {
        return switch (error) {
            case EINTR, Faults.SHORT, Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM, Errno.ETOOMANYREFS -> true;
            default -> false;
        };
    }

    /** Whether a call cannot fail there, for what it is made with. */
    static boolean isExcluded(String scenario, String call) {
        return switch (scenario) {
            case "descriptors" -> call.equals("getsockopt"); // SO_DOMAIN, which every socket has
            case "group" -> call.equals("write"); // to an eventfd, which takes every 1 that is added
            default -> false;
        };
    }

    /** Whether nothing but time may be lost. */
    static boolean mustSurvive(int error) {
        return error == EINTR || error == Faults.SHORT;
    }

    /** What {@link io.evloop.error.NativeIoException#systemCall} may say of it. */
    static List<String> reportedAs(String call) {
        return switch (call) {
            case "send", "sendmsg", "writev" -> List.of("write");
            case "recvmsg" -> List.of("read");
            case "getsockopt" -> List.of("getsockopt", "connect"); // SO_ERROR is what connect(2) failed with
            case "posix_spawnp", "malloc" -> List.of("execve");
            case "sys_epoll_pwait2" -> List.of("epoll_wait");
            default -> List.of(call.startsWith("sys_") ? call.substring("sys_".length()) : call);
        };
    }

    static String name(int error) {
        return error == Faults.SHORT ? "SHORT" : Errno.name(error);
    }
}
