/* Counts a process's system calls, its later threads' too, by the kernel's tracepoint: some 100 ns a call, no ptrace. */
#ifndef BENCH_SYSCALLS_H
#define BENCH_SYSCALLS_H

#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bench_job.h"

static inline int64_t read_tracepoint_id(void) {
    static const char *const paths[] = {
            "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
            "/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        FILE *file = fopen(paths[i], "re");
        long long id = -1;
        if (file == NULL) {
            continue;
        }
        int fields = fscanf(file, "%lld", &id);
        fclose(file);
        if (fields == 1) {
            return id;
        }
    }
    return -1;
}

/* Where tracefs is not mounted, a child looks it up in a mount namespace of its own; -1 without the right to do so. */
static inline int64_t tracepoint_id(void) {
    int64_t id = read_tracepoint_id();
    int answer[2];
    if (id >= 0) {
        return id;
    }
    if (pipe2(answer, O_CLOEXEC) != 0) {
        die("pipe2");
    }
    pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
            mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL) == 0) {
            id = read_tracepoint_id();
        }
        _exit(write(answer[1], &id, sizeof id) == sizeof id ? 0 : 1);
    }
    close(answer[1]);
    if (child < 0 || read(answer[0], &id, sizeof id) != sizeof id) {
        id = -1;
    }
    close(answer[0]);
    if (child > 0 && waitpid(child, NULL, 0) != child) {
        die("waitpid");
    }
    return id;
}

/* A counter of one process, or -1 where the kernel does not allow it. */
static inline int open_syscall_counter(int64_t tracepoint, pid_t pid) {
    struct perf_event_attr attributes = {
            .type = PERF_TYPE_TRACEPOINT,
            .size = sizeof attributes,
            .config = (uint64_t) tracepoint,
            .inherit = 1,
    };
    if (tracepoint < 0) {
        return -1;
    }
    return (int) syscall(SYS_perf_event_open, &attributes, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static inline int64_t read_syscall_counter(int counter) {
    uint64_t value = 0;
    if (read(counter, &value, sizeof value) != sizeof value) {
        die("read of the counter of system calls");
    }
    return (int64_t) value;
}

#endif
