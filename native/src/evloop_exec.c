/*
 * What posix_spawn(3) cannot do between fork and exec, done by a program in between: resource limits, nice value,
 * no_new_privs. Started by evl_spawn with two more descriptors, this program itself and a pipe.
 *
 *   evloop-exec FD_OF_THIS_PROGRAM STATUS_FD [rlimit=RESOURCE:SOFT:HARD]... [nice=N] [no-new-privs] [PATH=...]
 *       -- PROGRAM [ARGUMENT]...
 *
 * What it has come to is written to STATUS_FD as struct evl_exec_report: a step that has failed, and once all but exec are
 * done, that this begins. So if exec succeeds, STATUS_FD closes behind that one report; if it closes without any, this program
 * has died.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "evl_spawn.h"

enum { FIRST_OPTION = 3, FAILED = 127 };

static int status_fd;

/* A pipe takes so few bytes whole, or none. */
static bool report(enum evl_exec_step step, int error, int resource) {
    const struct evl_exec_report report = {.step = (int32_t) step, .error = error, .resource = resource};
    ssize_t written;
    do {
        written = write(status_fd, &report, sizeof report);
    } while (written < 0 && errno == EINTR);
    return written == (ssize_t) sizeof report;
}

/* Nobody is left to tell if even the report fails: the supervisor sees the end of the pipe, and the exit code. */
static _Noreturn void fail_limit(int error, int resource) {
    (void) report(EVL_EXEC_RLIMIT, error, resource);
    _exit(FAILED);
}

static _Noreturn void fail(enum evl_exec_step step, int error) {
    (void) report(step, error, 0);
    _exit(FAILED);
}

static int descriptor(const char *text) {
    char *end;
    long number = strtol(text, &end, 10);
    return end != text && *end == '\0' && number > STDERR_FILENO && number < 1024 ? (int) number : -1;
}

static void set_limit(const char *text) {
    int resource;
    unsigned long long soft;
    unsigned long long hard;
    if (sscanf(text, "%d:%llu:%llu", &resource, &soft, &hard) != 3) {
        fail(EVL_EXEC_USAGE, EINVAL);
    }
    const struct rlimit limit = {.rlim_cur = (rlim_t) soft, .rlim_max = (rlim_t) hard};
    if (setrlimit((__rlimit_resource_t) resource, &limit) < 0) {
        fail_limit(errno, resource);
    }
}

static void apply(const char *option) {
    if (strncmp(option, "rlimit=", 7) == 0) {
        set_limit(option + 7);
    } else if (strncmp(option, "nice=", 5) == 0) {
        if (setpriority(PRIO_PROCESS, 0, atoi(option + 5)) < 0) {
            fail(EVL_EXEC_NICE, errno);
        }
    } else if (strcmp(option, "no-new-privs") == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
            fail(EVL_EXEC_NO_NEW_PRIVS, errno);
        }
    } else {
        fail(EVL_EXEC_USAGE, EINVAL);
    }
}

/* Whether the search goes on behind a directory in which exec failed: as posix_spawnp(3) has it. */
static bool is_elsewhere(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE || error == ENODEV || error == ETIMEDOUT;
}

/*
 * Like posix_spawnp(3), which starts those that need no help: the program is looked for on the supervisor's PATH, and a file
 * that is no program is an error. execvpe(3) would hand it to a shell.
 */
static int exec_on_path(char **program, const char *path) {
    char candidate[PATH_MAX];
    const char *name = program[0];
    if (*name == '\0' || strchr(name, '/') != NULL) {
        execve(name, program, environ);
        return errno;
    }
    int error = ENOENT;
    for (const char *end;; path = end + 1) {
        end = strchrnul(path, ':');
        const char *slash = end > path ? "/" : ""; /* an empty entry is the working directory */
        int length = snprintf(candidate, sizeof candidate, "%.*s%s%s", (int) (end - path), path, slash, name);
        if (length >= 0 && (size_t) length < sizeof candidate) {
            execve(candidate, program, environ);
            if (!is_elsewhere(errno)) {
                return errno;
            }
            error = errno == EACCES ? EACCES : error;
        }
        if (*end == '\0') {
            break;
        }
    }
    return error;
}

int main(int argc, char **argv) {
    if (argc < FIRST_OPTION) {
        return FAILED;
    }
    int own_fd = descriptor(argv[1]);
    status_fd = descriptor(argv[2]);
    if (own_fd < 0 || status_fd < 0 || fcntl(status_fd, F_SETFD, FD_CLOEXEC) < 0) {
        return FAILED;
    }
    if (close(own_fd) < 0) {
        fail(EVL_EXEC_USAGE, errno);
    }
    const char *path = "/bin:/usr/bin"; /* where there is no PATH */
    int index = FIRST_OPTION;
    for (; index < argc && strcmp(argv[index], "--") != 0; index++) {
        if (strncmp(argv[index], "PATH=", 5) == 0) {
            path = argv[index] + 5;
        } else {
            apply(argv[index]);
        }
    }
    if (index + 1 >= argc) {
        fail(EVL_EXEC_USAGE, EINVAL);
    }
    if (!report(EVL_EXEC_BEGINS, 0, 0)) {
        return FAILED;
    }
    fail(EVL_EXEC_EXEC, exec_on_path(argv + index + 1, path));
}
