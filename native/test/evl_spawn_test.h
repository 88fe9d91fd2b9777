/*
 * What the tests of spawning share. A test starts its own program again, as a worker that judges from inside what it
 * was given (see worker_main) and says so by its exit code.
 */
#ifndef EVL_SPAWN_TEST_H
#define EVL_SPAWN_TEST_H

#include "evl_test.h"

#include <limits.h>
#include <sched.h>
#include <sys/stat.h>

#include "evl_spawn.h"
#include "evl_sys.h"

enum { TARGET = 3, STRINGS_SIZE = 8192, MAX_WORKER_ARGUMENTS = 16, WORKER_MEMORY = 48 * 1024 * 1024 };

static char own_path[PATH_MAX];

/* Requests --------------------------------------------------------------------------------------------------------- */

struct worker_command {
    struct evl_spawn_request request;
    char arguments[STRINGS_SIZE];
    char environment[STRINGS_SIZE];
};

static inline void append_string(struct evl_strings *strings, const char *text) {
    int size = (int) strlen(text) + 1;
    CHECK(strings->length + size <= STRINGS_SIZE);
    memcpy(strings->bytes + strings->length, text, (size_t) size);
    strings->length += size;
    strings->count++;
}

static inline void prepare(struct worker_command *command, int worker_fd, const char *program) {
    command->request = (struct evl_spawn_request){
        .arguments = {.bytes = command->arguments},
        .environment = {.bytes = command->environment},
        .stdio = {-1, -1, -1},
        .worker_fd = worker_fd,
        .target_fd = TARGET,
    };
    append_string(&command->request.arguments, program);
}

/* This program as a worker in a mode of worker_main. */
static inline void prepare_self(struct worker_command *command, int worker_fd, const char *mode) {
    prepare(command, worker_fd, own_path);
    append_string(&command->request.arguments, "worker");
    append_string(&command->request.arguments, mode);
}

static inline int spawn(const struct worker_command *command) {
    return evl_spawn(&command->request);
}

/* By waitpid(2): what is tested here does not lean on evl_reap. */
static inline void expect_exit_code(int code, int pid) {
    int status;
    CHECK(pid > 0);
    CHECK_EQUAL(pid, waitpid(pid, &status, 0));
    CHECK(WIFEXITED(status));
    CHECK_EQUAL(code, WEXITSTATUS(status));
}

/* A descriptor and the file behind it, in text: it is the same one, and not only the same number. */
static inline void append_descriptor(struct evl_strings *arguments, int number_in_worker, int fd_here) {
    struct stat status;
    char text[64];
    CHECK_EQUAL(0, fstat(fd_here, &status));
    snprintf(text, sizeof text, "%d:%llu:%llu", number_in_worker, (unsigned long long) status.st_dev,
            (unsigned long long) status.st_ino);
    append_string(arguments, text);
}

/*
 * glibc tells of a failed execve(2) through memory that the child of a vfork(2) shares. Emulators and valgrind make a
 * fork of it: an exit code 127 is all that is seen there.
 */
static inline int vfork_shares_memory(void) {
    volatile int shared = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    pid_t pid = vfork();
#pragma GCC diagnostic pop
    if (pid == 0) {
        shared = 1;
        _exit(0);
    }
    CHECK(pid > 0);
    CHECK_EQUAL(pid, waitpid(pid, NULL, 0));
    if (!shared) {
        fprintf(stderr, "  skipped: vfork shares no memory here\n");
    }
    return shared;
}

/* The worker ------------------------------------------------------------------------------------------------------- */

/* Exactly these descriptors, on exactly these files, none to be closed by a further exec. */
static inline void worker_descriptors(int count, char **descriptors) {
    DIR *directory = opendir("/proc/self/fd");
    CHECK(directory != NULL);
    int open_here = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory)) {
            open_here++;
        }
    }
    closedir(directory);
    for (int i = 0; i < count; i++) {
        int fd;
        unsigned long long device;
        unsigned long long inode;
        struct stat status;
        CHECK_EQUAL(3, sscanf(descriptors[i], "%d:%llu:%llu", &fd, &device, &inode));
        CHECK_EQUAL(0, fstat(fd, &status));
        CHECK_EQUAL(device, status.st_dev);
        CHECK_EQUAL(inode, status.st_ino);
        CHECK_EQUAL(0, fcntl(fd, F_GETFD));
    }
    CHECK_EQUAL(count, open_here);
}

static inline unsigned long long own_status(const char *key) {
    char line[256];
    unsigned long long value = 0;
    int found = 0;
    FILE *status = fopen("/proc/self/status", "re");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') {
            value = strtoull(line + strlen(key) + 1, NULL, 16);
            found = 1;
        }
    }
    fclose(status);
    CHECK(found);
    return value;
}

static inline void worker_signals(void) {
    CHECK_EQUAL(0, own_status("SigBlk"));
    CHECK_EQUAL(0, own_status("SigIgn"));
    CHECK_EQUAL(0, own_status("SigPnd"));
}

/* argv after the mode, and the whole environment, NUL-terminated each, to the pipe. */
static inline void worker_strings(int count, char **arguments) {
    for (int i = 0; i < count; i++) {
        CHECK(write(TARGET, arguments[i], strlen(arguments[i]) + 1) >= 0);
    }
    for (char **entry = environ; *entry != NULL; entry++) {
        CHECK(write(TARGET, *entry, strlen(*entry) + 1) >= 0);
    }
}

static inline void worker_directory(void) {
    char path[PATH_MAX];
    CHECK(getcwd(path, sizeof path) != NULL);
    CHECK(write(TARGET, path, strlen(path)) >= 0);
}

static inline void worker_cpus(void) {
    cpu_set_t cpus;
    CHECK_EQUAL(0, sched_getaffinity(0, sizeof cpus, &cpus));
    CHECK_EQUAL(sizeof cpus, write(TARGET, &cpus, sizeof cpus));
}

static inline void worker_use(int cpu_millis) {
    char *memory = malloc(WORKER_MEMORY);
    CHECK(memory != NULL);
    memset(memory, 1, WORKER_MEMORY);
    volatile char *keep = memory;
    struct timespec used;
    do {
        keep[0]++;
        CHECK_EQUAL(0, clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used));
    } while ((int64_t) used.tv_sec * 1000 + used.tv_nsec / 1000000 < cpu_millis);
    free(memory);
}

static inline int worker_main(int count, char **arguments) {
    CHECK(count >= 1);
    const char *mode = arguments[0];
    if (strcmp(mode, "descriptors") == 0) {
        worker_descriptors(count - 1, arguments + 1);
    } else if (strcmp(mode, "signals") == 0) {
        worker_signals();
    } else if (strcmp(mode, "strings") == 0) {
        worker_strings(count - 1, arguments + 1);
    } else if (strcmp(mode, "directory") == 0) {
        worker_directory();
    } else if (strcmp(mode, "cpus") == 0) {
        worker_cpus();
    } else if (strcmp(mode, "exit") == 0) {
        _exit(atoi(arguments[1]));
    } else if (strcmp(mode, "raise") == 0) {
        raise(atoi(arguments[1]));
    } else if (strcmp(mode, "use") == 0) {
        worker_use(atoi(arguments[1]));
    } else if (strcmp(mode, "wait") == 0) {
        char byte;
        CHECK_EQUAL(0, evl_read(TARGET, &byte, 1)); /* until the other end is closed */
    } else {
        CHECK(0);
    }
    return 0;
}

/* To be called first in main: 1 = this is a worker, and *status is what main returns. */
static inline int is_worker(int argc, char **argv, int *status) {
    ssize_t length = readlink("/proc/self/exe", own_path, sizeof own_path - 1);
    CHECK(length > 0);
    own_path[length] = '\0';
    if (argc < 3 || strcmp(argv[1], "worker") != 0) {
        return 0;
    }
    *status = worker_main(argc - 2, argv + 2);
    return 1;
}

#endif
