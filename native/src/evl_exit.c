#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evl_result.h"
#include "evl_spawn.h"

/* Numbers of kernels newer than some build hosts; the same on every architecture with the unified numbers. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { WAIT_PIDFD = 3 }; /* P_PIDFD of waitid(2), Linux 5.4; an enumerator of glibc, so #ifdef cannot find it */

int evl_pidfd_open(int pid) {
    return evl_result(syscall(SYS_pidfd_open, pid, 0)); /* close-on-exec without asking, see pidfd_open(2) */
}

int evl_pidfd_signal(int pidfd, int signal) {
    return evl_result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

static int64_t micros(struct timeval time) {
    return (int64_t) time.tv_sec * 1000000 + time.tv_usec;
}

int evl_reap(int pidfd, struct evl_exit *exit) {
    if (exit == NULL) {
        return -EFAULT;
    }
    siginfo_t info;
    struct rusage usage;
    memset(&info, 0, sizeof info); /* si_pid stays 0 while the process runs */
    memset(&usage, 0, sizeof usage);
    /* The kernel's call, not the library's: only that one has the fifth argument, see NOTES in waitid(2). */
    if (syscall(SYS_waitid, WAIT_PIDFD, pidfd, &info, WEXITED | WNOHANG, &usage) < 0) {
        return -errno;
    }
    if (info.si_pid == 0) {
        return 0;
    }
    int exited = info.si_code == CLD_EXITED;
    const struct evl_exit ended = {
        .code = exited ? info.si_status : -1,
        .signal = exited ? 0 : info.si_status,
        .core = info.si_code == CLD_DUMPED,
        .user_micros = micros(usage.ru_utime),
        .system_micros = micros(usage.ru_stime),
        .max_resident_bytes = (int64_t) usage.ru_maxrss * 1024, /* KiB, see getrusage(2) */
    };
    memcpy(exit, &ended, sizeof ended); /* the address may have any alignment */
    return 1;
}

int evl_kill_and_reap(int pid) {
    if (pid <= 0) {
        return -EINVAL; /* to kill(2) a group, or everybody */
    }
    siginfo_t info;
    /* An unreaped child keeps its pid; any other pid may be a stranger's. */
    if (waitid(P_PID, (id_t) pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
        return -errno;
    }
    if (kill(pid, SIGKILL) < 0) {
        return -errno;
    }
    int status;
    do {
        status = waitid(P_PID, (id_t) pid, &info, WEXITED);
    } while (status < 0 && errno == EINTR);
    return evl_result(status);
}
