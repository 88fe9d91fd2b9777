/*
 * What every C program of the side-by-side benchmark is told on its command line, as key=value words; the Java programs
 * read the same words. The connected descriptors come as EVLOOP_FD and the numbers that follow it.
 */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PIPES = 1024, MAX_OUTSTANDING = 4096, MAX_PAYLOAD = 64 * 1024 * 1024, MIN_PAYLOAD = 16 };

enum role { ROLE_NONE, ROLE_SENDER, ROLE_RECEIVER, ROLE_CLIENT, ROLE_SERVER };

struct job {
    enum role role;
    const char *role_name;
    bool spinning;
    uint32_t payload;     /* bytes of a frame's payload */
    uint32_t outstanding; /* requests under way, client */
    uint32_t pipes;
    int64_t warmup_nanos;
    int64_t measure_nanos;
    int first_fd;
};

_Noreturn __attribute__((format(printf, 1, 2))) static inline void die(const char *format, ...) {
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (errno %d: %s)\n", error, strerror(error));
    exit(1);
}

static inline void close_fd(int fd) {
    if (close(fd) != 0) {
        die("close of fd %d", fd);
    }
}

static inline int64_t parse_number(const char *name, const char *text, int64_t min, int64_t max) {
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max) {
        die("%s=%s is not a number from %lld to %lld", name, text, (long long) min, (long long) max);
    }
    return value;
}

static inline enum role parse_role(const char *name) {
    static const char *const names[] = {"", "sender", "receiver", "client", "server"};
    for (int role = ROLE_SENDER; role <= ROLE_SERVER; role++) {
        if (strcmp(name, names[role]) == 0) {
            return (enum role) role;
        }
    }
    die("unknown role %s", name);
}

static inline void parse_word(struct job *job, const char *name, const char *value) {
    enum { MILLI = 1000000, MAX_MILLIS = 3600 * 1000 };
    if (strcmp(name, "role") == 0) {
        job->role = parse_role(value);
        job->role_name = value;
    } else if (strcmp(name, "mode") == 0) {
        job->spinning = strcmp(value, "spinning") == 0;
    } else if (strcmp(name, "payload") == 0) {
        job->payload = (uint32_t) parse_number(name, value, MIN_PAYLOAD, MAX_PAYLOAD);
    } else if (strcmp(name, "outstanding") == 0) {
        job->outstanding = (uint32_t) parse_number(name, value, 1, MAX_OUTSTANDING);
    } else if (strcmp(name, "pipes") == 0) {
        job->pipes = (uint32_t) parse_number(name, value, 1, MAX_PIPES);
    } else if (strcmp(name, "warmup-ms") == 0) {
        job->warmup_nanos = parse_number(name, value, 0, MAX_MILLIS) * MILLI;
    } else if (strcmp(name, "measure-ms") == 0) {
        job->measure_nanos = parse_number(name, value, 1, MAX_MILLIS) * MILLI;
    } else if (strcmp(name, "buffer") != 0) { /* for those who make their own sockets */
        die("unknown word %s", name);
    }
}

static inline void set_blocking(int fd, bool blocking) {
    int flags = fcntl(fd, F_GETFL);
    int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    if (flags < 0 || fcntl(fd, F_SETFL, wanted) < 0) {
        die("fcntl on fd %d", fd);
    }
}

static inline struct job parse_job(int count, char **words) {
    struct job job = {.payload = 64, .outstanding = 1, .pipes = 1, .measure_nanos = 400000000};
    for (int i = 1; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (value == NULL) {
            die("%s is not key=value", words[i]);
        }
        *value++ = '\0';
        parse_word(&job, words[i], value);
    }
    const char *fd = getenv("EVLOOP_FD");
    if (job.role == ROLE_NONE || fd == NULL) {
        die("role=… or EVLOOP_FD is missing");
    }
    job.first_fd = (int) parse_number("EVLOOP_FD", fd, 0, INT32_MAX);
    return job;
}

#endif
