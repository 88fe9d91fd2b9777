/* Worker processes: start, signal, reap. Results as in evl_sys.h. */
#ifndef EVL_SPAWN_H
#define EVL_SPAWN_H

#include <stddef.h>
#include <stdint.h>

/* A run of `count` NUL-terminated strings, `length` bytes with the last NUL. */
struct evl_strings {
    char *bytes;
    int length;
    int count;
};

/* evloop-exec, for what posix_spawn(3) cannot do: see evloop_exec.c. In the child both are open above target_fd. */
struct evl_helper {
    int fd;        /* the executable */
    int status_fd; /* where it tells what failed */
};

enum evl_group {
    EVL_GROUP_INHERITED,
    EVL_GROUP_OWN,  /* a new process group in the parent's session, setpgid(2) */
    EVL_SESSION_OWN /* a new session, setsid(2), and so a new group */
};

/* The steps of evloop-exec, as it reports them: the first when it has come to execve(2), the others when they have failed. */
enum evl_exec_step {
    EVL_EXEC_BEGINS,
    EVL_EXEC_USAGE,
    EVL_EXEC_RLIMIT,
    EVL_EXEC_NICE,
    EVL_EXEC_NO_NEW_PRIVS,
    EVL_EXEC_EXEC
};

struct evl_exec_report {
    int32_t step;
    int32_t error;    /* 0: none */
    int32_t resource; /* RLIMIT_..., if it is about a limit */
};

struct evl_spawn_request {
    struct evl_strings arguments; /* at least one, not empty: the program */
    struct evl_strings environment; /* NAME=VALUE each; before them, if it is inherited, what they do not replace */
    int inherit_environment;        /* 0: nothing of this process's environment */
    const char *directory; /* NULL: the parent's */
    int stdio[3];          /* what becomes 0, 1, 2; -1: the parent's is inherited */
    int worker_fd;         /* becomes target_fd */
    int target_fd;         /* EVL_TARGET_FD_MIN to EVL_TARGET_FD_MAX */
    enum evl_group group;
    const struct evl_helper *helper; /* NULL: the program is executed without one */
};

enum { EVL_TARGET_FD_MIN = 3, EVL_TARGET_FD_MAX = 255 };

/* What evl_reap fills in; the layout is read from outside C. */
struct evl_exit {
    int32_t code;   /* 0 to 255, or -1: killed by a signal */
    int32_t signal; /* the signal that killed it, or 0 */
    int32_t core;   /* 1: dumped core */
    int32_t reserved;
    int64_t user_micros;
    int64_t system_micros;
    int64_t max_resident_bytes;
};

#pragma GCC visibility push(hidden)

/*
 * The pid; or -errno of what failed, execve(2) included, and then no child is left. Every fd stays the caller's. From now on
 * this process neither ignores SIGCHLD nor has SA_NOCLDWAIT for it; a handler stays. The child gets the CPUs that the calling
 * thread had before evl_set_affinity.
 */
int evl_spawn(const struct evl_spawn_request *request);

/* A file in memory, close-on-exec, to be written and executed: memfd_create(2). */
int evl_memfd(const char *name);

int evl_pidfd_open(int pid);
int evl_pidfd_signal(int pidfd, int signal);

/* 1 and *exit filled if the process has ended (it is reaped then); 0 while it runs. */
int evl_reap(int pidfd, struct evl_exit *exit);

/* SIGKILL and wait, for a child without a pidfd. -ECHILD, and no signal sent, if `pid` is not an unreaped child. */
int evl_kill_and_reap(int pid);

#pragma GCC visibility pop

#endif
