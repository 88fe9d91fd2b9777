/*
 * What posix_spawn(3) costs a C program: "bench_spawn COUNT PROGRAM BYTES" starts PROGRAM COUNT times, one after the other,
 * and prints the nanoseconds of each call of posix_spawn, a line each. The wait for the child's end is not counted. BYTES of
 * memory are resident meanwhile, because the kernel's part depends on it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static void die(const char *what, int error) {
    fprintf(stderr, "bench_spawn: %s: %s\n", what, strerror(error));
    exit(1);
}

static int64_t now_nanos(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        die("clock_gettime", errno);
    }
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Small pages, as a heap has by default. */
static void make_resident(size_t bytes) {
    if (bytes == 0) {
        return;
    }
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        die("mmap", errno);
    }
    if (madvise(memory, bytes, MADV_NOHUGEPAGE) != 0) {
        die("madvise", errno);
    }
    memset(memory, 1, bytes);
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: bench_spawn COUNT PROGRAM BYTES\n");
        return 2;
    }
    make_resident(strtoull(arguments[3], NULL, 10));
    char *command[] = {arguments[2], NULL};
    long wanted = strtol(arguments[1], NULL, 10);
    for (long done = 0; done < wanted; done++) {
        pid_t pid = 0;
        int64_t start = now_nanos();
        int error = posix_spawn(&pid, arguments[2], NULL, NULL, command, environ);
        int64_t nanos = now_nanos() - start;
        if (error != 0) {
            die(arguments[2], error);
        }
        int status = 0;
        if (waitpid(pid, &status, 0) != pid) {
            die("waitpid", errno);
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            die("the child has failed", ECHILD);
        }
        if (printf("%" PRId64 "\n", nanos) < 0) {
            die("stdout", errno);
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
