/*
 * The least that a test needs: a claim that prints where it failed, and a runner which holds every test to leave no
 * descriptor open and no child behind. Each test_*.c is a program of its own; exit 0 = all passed.
 */
#ifndef EVL_TEST_H
#define EVL_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

#define CHECK_EQUAL(expected, actual) \
    check_equal((long long) (expected), (long long) (actual), #actual, __FILE__, __LINE__)

static inline void check_equal(long long expected, long long actual, const char *what, const char *file, int line) {
    if (expected != actual) {
        fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", file, line, what, actual, expected);
        exit(1);
    }
}

/* A descriptor that a test needs: the result of the call, which must not be an error. */
#define CHECKED_FD(call) checked_fd((call), #call, __FILE__, __LINE__)

static inline int checked_fd(int fd, const char *what, const char *file, int line) {
    if (fd < 0) {
        fprintf(stderr, "%s:%d: %s is %d\n", file, line, what, fd);
        exit(1);
    }
    return fd;
}

static inline int upper(int64_t pair) {
    CHECK(pair >= 0);
    return (int) (pair >> 32);
}

static inline int lower(int64_t pair) {
    CHECK(pair >= 0);
    return (int) (pair & 0xffffffff);
}

static inline int fd_count(void) {
    DIR *directory = opendir("/proc/self/fd");
    CHECK(directory != NULL);
    int count = 0;
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

static inline int has_child(void) {
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static inline int64_t now_nanos(void) {
    struct timespec now;
    CHECK_EQUAL(0, clock_gettime(CLOCK_MONOTONIC, &now));
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

#define RUN(test) run_test(#test, test)

static inline void run_test(const char *name, void (*test)(void)) {
    int before = fd_count();
    fprintf(stderr, "%s\n", name);
    test();
    CHECK_EQUAL(before, fd_count());
    CHECK(!has_child());
}

#ifdef EVL_COVERAGE
void __gcov_dump(void); /* of libgcov, which writes its counters in exit(3), not in _exit(2) */
#else
#define __gcov_dump() ((void) 0)
#endif

/* For what cannot be undone in a process: filters, limits, closed stdio. */
static inline void in_forked_process(void (*body)(void)) {
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        body();
        fflush(NULL);
        __gcov_dump();
        _exit(0);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        CHECK_EQUAL(EINTR, errno);
    }
    CHECK_EQUAL(0, status);
}

/*
 * From now on this process gets `error` from that system call, as under a kernel without it or a container's filter.
 * 0 where filters cannot be had, as under an emulator of another architecture.
 */
static inline int deny_system_call(long number, int error) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned) error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0) {
        fprintf(stderr, "  skipped: no seccomp filters here\n");
        return 0;
    }
    return 1;
}

/*
 * A storm of SIGALRM, each of which interrupts the call that the thread blocks in. The handler counts, and from the
 * STORM_RELIEF-th signal on does what ends that call: so a call that gives up at the first EINTR is always found out.
 */
enum { STORM_RELIEF = 10, STORM_MICROS = 1000 };

static volatile sig_atomic_t storm_signals;
static void (*volatile storm_relief)(void);

static inline void storm_handler(int signal) {
    (void) signal;
    int error = errno;
    storm_signals++;
    if (storm_signals >= STORM_RELIEF && storm_relief != NULL) {
        storm_relief();
    }
    errno = error;
}

static inline void storm_begin(void (*relief)(void)) {
    storm_signals = 0;
    storm_relief = relief;
    struct sigaction action = {.sa_handler = storm_handler}; /* no SA_RESTART */
    CHECK_EQUAL(0, sigaction(SIGALRM, &action, NULL));
    const struct itimerval every = {{0, STORM_MICROS}, {0, STORM_MICROS}};
    CHECK_EQUAL(0, setitimer(ITIMER_REAL, &every, NULL));
}

static inline void storm_end(void) {
    const struct itimerval never = {{0, 0}, {0, 0}};
    CHECK_EQUAL(0, setitimer(ITIMER_REAL, &never, NULL));
    signal(SIGALRM, SIG_IGN); /* also drops one that is pending */
    signal(SIGALRM, SIG_DFL);
}

#endif
