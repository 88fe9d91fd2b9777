/*
 * What posix_spawn(3) costs a C program: "bench_spawn COUNT PROGRAM BYTES" starts PROGRAM COUNT times, one after the other,
 * and prints the nanoseconds of each call of posix_spawn, a line each. The wait for the child's end is not counted. BYTES of
 * memory are resident meanwhile, because the kernel's part depends on it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <inttypes.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "bench_meter.h"

extern char **environ;

/* Small pages, as a heap has by default. */
static void make_resident(size_t bytes) {
    if (bytes == 0) {
        return;
    }
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        die("mmap");
    }
    if (madvise(memory, bytes, MADV_NOHUGEPAGE) != 0) {
        die("madvise");
    }
    memset(memory, 1, bytes);
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: bench_spawn COUNT PROGRAM BYTES\n");
        return 2;
    }
    make_resident((size_t) parse_number("BYTES", arguments[3], 0, INT64_MAX));
    char *command[] = {arguments[2], NULL};
    int64_t wanted = parse_number("COUNT", arguments[1], 1, INT64_MAX);
    for (int64_t done = 0; done < wanted; done++) {
        pid_t pid = 0;
        int64_t start = now_nanos();
        int error = posix_spawn(&pid, arguments[2], NULL, NULL, command, environ);
        int64_t nanos = now_nanos() - start;
        if (error != 0) {
            errno = error;
            die("%s", arguments[2]);
        }
        int status = 0;
        if (waitpid(pid, &status, 0) != pid) {
            die("waitpid");
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            die("the child has failed: status %d", status);
        }
        if (printf("%" PRId64 "\n", nanos) < 0) {
            die("stdout");
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
