/*
 * What posix_spawn(3) costs a C program: "bench_spawn PROGRAM BYTES" reads numbers from its standard input and for each starts
 * PROGRAM that many times, one after the other, and prints the nanoseconds of each call of posix_spawn, a line each. The wait
 * for the child's end is not counted. BYTES of memory are resident meanwhile, because the kernel's part depends on it.
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

static void start(const char *program) {
    char *command[] = {(char *) program, NULL};
    pid_t pid = 0;
    int64_t start = now_nanos();
    int error = posix_spawn(&pid, program, NULL, NULL, command, environ);
    int64_t nanos = now_nanos() - start;
    if (error != 0) {
        errno = error;
        die("%s", program);
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

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: bench_spawn PROGRAM BYTES\n");
        return 2;
    }
    make_resident((size_t) parse_number("BYTES", arguments[2], 0, INT64_MAX));
    char line[32];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        int64_t wanted = parse_number("a count", line, 1, INT64_MAX);
        for (int64_t done = 0; done < wanted; done++) {
            start(arguments[1]);
        }
        if (fflush(stdout) != 0) {
            die("stdout");
        }
    }
    return ferror(stdin) ? 1 : 0;
}
