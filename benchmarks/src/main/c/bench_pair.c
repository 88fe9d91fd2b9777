/*
 * Starts the two processes of one measurement, neutral between the competitors: makes the socketpairs with the buffers
 * asked for, gives one end of each to either side (EVLOOP_FD and the numbers that follow), pins each side to a CPU, waits,
 * and prints a line of JSON with what the kernel says of both.
 *
 *   bench_pair [pipes=N] [buffer=BYTES] [nonblocking=1] [cpus=A,B] [dir=PATH] [timeout-ms=N] [count=1]
 *       -- COMMAND… -- COMMAND…
 *
 * The first command is the side that drives (sender, client). The descriptors are blocking unless nonblocking=1 (for those
 * who cannot set it). With count=1 the system calls between the marks of each side are counted. dir is a private directory
 * for those who need a socket file or shared memory, handed on as EVLOOP_BENCH_DIR.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "bench_meter.h"
#include "bench_syscalls.h"

enum { SIDES = 2, FIRST_FD = 3 };

struct side {
    char **command;
    int cpu;
    int *fds;
    int marks[2];
    int go[2];
    pid_t pid;
    int pid_fd;
    int counter;
    int64_t count_at_begin;
    int64_t syscalls; /* -1: not counted */
    int status;
    struct rusage usage;
};

struct pair {
    int pipes;
    int buffer;
    int64_t timeout_nanos;
    bool count;
    bool nonblocking;
    const char *directory;
    struct side sides[SIDES];
    const struct side *failed; /* the first that did */
};

static void parse_cpus(struct pair *pair, char *value) {
    char *comma = strchr(value, ',');
    if (comma == NULL) {
        die("cpus=%s is not A,B", value);
    }
    *comma = '\0';
    pair->sides[0].cpu = (int) parse_number("cpus", value, 0, CPU_SETSIZE - 1);
    pair->sides[1].cpu = (int) parse_number("cpus", comma + 1, 0, CPU_SETSIZE - 1);
}

static void parse_option(struct pair *pair, char *word) {
    char *value = strchr(word, '=');
    if (value == NULL) {
        die("%s is not key=value", word);
    }
    *value++ = '\0';
    if (strcmp(word, "pipes") == 0) {
        pair->pipes = (int) parse_number(word, value, 1, MAX_PIPES);
    } else if (strcmp(word, "buffer") == 0) {
        pair->buffer = (int) parse_number(word, value, 0, INT32_MAX);
    } else if (strcmp(word, "cpus") == 0) {
        parse_cpus(pair, value);
    } else if (strcmp(word, "dir") == 0) {
        pair->directory = value;
    } else if (strcmp(word, "timeout-ms") == 0) {
        pair->timeout_nanos = parse_number(word, value, 1, INT32_MAX) * 1000000;
    } else if (strcmp(word, "nonblocking") == 0) {
        pair->nonblocking = parse_number(word, value, 0, 1) == 1;
    } else if (strcmp(word, "count") == 0) {
        pair->count = parse_number(word, value, 0, 1) == 1;
    } else {
        die("unknown word %s", word);
    }
}

static struct pair parse_arguments(int count, char **words) {
    struct pair pair = {
            .pipes = 1,
            .timeout_nanos = INT64_C(60000000000),
            .sides = {{.cpu = -1, .counter = -1, .syscalls = -1}, {.cpu = -1, .counter = -1, .syscalls = -1}},
    };
    int side = -1;
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--") == 0 && side + 1 < SIDES) {
            words[i] = NULL; /* ends the command before it */
            pair.sides[++side].command = words + i + 1;
        } else if (side < 0) {
            parse_option(&pair, words[i]);
        }
    }
    if (side != SIDES - 1 || pair.sides[0].command[0] == NULL || pair.sides[1].command[0] == NULL) {
        errno = EINVAL;
        die("usage: [key=value]… -- COMMAND… -- COMMAND…");
    }
    return pair;
}

static void raise_descriptor_limit(int wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        die("getrlimit");
    }
    if (limit.rlim_cur < (rlim_t) wanted) {
        limit.rlim_cur = limit.rlim_max < (rlim_t) wanted ? limit.rlim_max : (rlim_t) wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            die("setrlimit");
        }
    }
}

/* Moves a descriptor behind those that the children expect at fixed numbers. */
static int move_up(const struct pair *pair, int fd) {
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + pair->pipes + 1);
    if (moved < 0) {
        die("F_DUPFD_CLOEXEC");
    }
    close_fd(fd);
    return moved;
}

static void set_buffers(int fd, int bytes) {
    if (bytes > 0 && (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) != 0 ||
                      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0)) {
        die("setsockopt");
    }
}

static int granted(int fd, int option) {
    int value = 0;
    socklen_t length = sizeof value;
    if (getsockopt(fd, SOL_SOCKET, option, &value, &length) != 0) {
        die("getsockopt");
    }
    return value;
}

static void make_sockets(struct pair *pair) {
    raise_descriptor_limit(3 * pair->pipes + 64);
    for (int side = 0; side < SIDES; side++) {
        pair->sides[side].fds = calloc((size_t) pair->pipes, sizeof(int));
        if (pair->sides[side].fds == NULL) {
            die("no memory for %d pipes", pair->pipes);
        }
    }
    for (int i = 0; i < pair->pipes; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (pair->nonblocking ? SOCK_NONBLOCK : 0), 0, ends) != 0) {
            die("socketpair");
        }
        for (int side = 0; side < SIDES; side++) {
            pair->sides[side].fds[i] = move_up(pair, ends[side]);
            set_buffers(pair->sides[side].fds[i], pair->buffer);
        }
    }
    for (int side = 0; side < SIDES; side++) {
        int *marks = pair->sides[side].marks;
        int *go = pair->sides[side].go;
        if (pipe2(marks, O_CLOEXEC) != 0 || pipe2(go, O_CLOEXEC) != 0) {
            die("pipe2");
        }
        for (int end = 0; end < 2; end++) {
            marks[end] = move_up(pair, marks[end]);
            go[end] = move_up(pair, go[end]);
        }
    }
}

_Noreturn static void run_side(const struct pair *pair, const struct side *side) {
    char go;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || read(side->go[0], &go, 1) != 1) {
        die("waiting for the start");
    }
    if (side->cpu >= 0) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET((unsigned) side->cpu, &cpus);
        if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) {
            die("sched_setaffinity to CPU %d", side->cpu);
        }
    }
    for (int i = 0; i < pair->pipes; i++) {
        if (dup2(side->fds[i], FIRST_FD + i) < 0) {
            die("dup2");
        }
    }
    setenv("EVLOOP_FD", "3", 1);
    if (pair->count) {
        char path[64];
        int marks = FIRST_FD + pair->pipes;
        snprintf(path, sizeof path, "/proc/self/fd/%d", marks);
        setenv("EVLOOP_BENCH_MARKS", path, 1);
        if (dup2(side->marks[1], marks) < 0) {
            die("dup2");
        }
    }
    if (pair->directory != NULL) {
        setenv("EVLOOP_BENCH_DIR", pair->directory, 1);
    }
    execvp(side->command[0], side->command);
    die("exec %s", side->command[0]);
}

static void start_sides(struct pair *pair) {
    int64_t tracepoint = pair->count ? tracepoint_id() : -1;
    for (int i = 0; i < SIDES; i++) {
        struct side *side = &pair->sides[i];
        side->pid = fork();
        if (side->pid == 0) {
            run_side(pair, side);
        }
        if (side->pid < 0) {
            die("fork");
        }
        side->pid_fd = (int) syscall(SYS_pidfd_open, side->pid, 0);
        if (side->pid_fd < 0) {
            die("pidfd_open");
        }
        side->counter = open_syscall_counter(tracepoint, side->pid);
    }
    for (int i = 0; i < SIDES; i++) {
        struct side *side = &pair->sides[i];
        for (int fd = 0; fd < pair->pipes; fd++) {
            close_fd(side->fds[fd]);
        }
        if (write(side->go[1], "g", 1) != 1) {
            die("the start signal");
        }
        close_fd(side->marks[1]);
    }
}

static void take_mark(struct side *side) {
    char mark = 0;
    if (read(side->marks[0], &mark, 1) != 1 || side->counter < 0) {
        return;
    }
    int64_t count = read_syscall_counter(side->counter);
    if (mark == 'b') {
        side->count_at_begin = count;
    } else {
        side->syscalls = count - side->count_at_begin;
    }
}

static void kill_sides(const struct pair *pair) {
    for (int i = 0; i < SIDES; i++) {
        /* by pidfd: one that is reaped already is not taken for a stranger who has its number */
        if (syscall(SYS_pidfd_send_signal, pair->sides[i].pid_fd, SIGKILL, NULL, 0) != 0 && errno != ESRCH) {
            die("pidfd_send_signal");
        }
    }
}

/* Until both have ended; a failure of one ends the other. */
static void wait_sides(struct pair *pair) {
    int64_t deadline = now_nanos() + pair->timeout_nanos;
    struct pollfd polled[2 * SIDES];
    for (int i = 0; i < SIDES; i++) {
        polled[i] = (struct pollfd){.fd = pair->sides[i].pid_fd, .events = POLLIN};
        polled[SIDES + i] = (struct pollfd){.fd = pair->count ? pair->sides[i].marks[0] : -1, .events = POLLIN};
    }
    for (int running = SIDES; running > 0;) {
        int64_t left = deadline - now_nanos();
        if (left <= 0) {
            kill_sides(pair);
            errno = ETIMEDOUT;
            die("killed");
        }
        if (poll(polled, 2 * SIDES, (int) (left / 1000000) + 1) < 0 && errno != EINTR) {
            die("poll");
        }
        for (int i = 0; i < SIDES; i++) {
            struct side *side = &pair->sides[i];
            if ((polled[SIDES + i].revents & POLLIN) != 0) {
                take_mark(side);
            } else if (polled[SIDES + i].revents != 0) {
                polled[SIDES + i].fd = -1;
            } else if (polled[i].revents != 0) {
                polled[i].fd = -1;
                running--;
                if (wait4(side->pid, &side->status, 0, &side->usage) != side->pid) {
                    die("wait4");
                }
                if (side->status != 0 && pair->failed == NULL) {
                    pair->failed = side;
                    kill_sides(pair);
                }
            }
        }
    }
}

static long long nanos(struct timeval time) {
    return (long long) time.tv_sec * 1000000000 + (long long) time.tv_usec * 1000;
}

static void print_pair(const struct pair *pair, int send_buffer, int receive_buffer) {
    printf("{\"side\":\"pair\",\"sendBuffer\":%d,\"receiveBuffer\":%d", send_buffer, receive_buffer);
    for (int i = 0; i < SIDES; i++) {
        const struct side *side = &pair->sides[i];
        printf(",\"%s\":{\"userNanos\":%lld,\"systemNanos\":%lld,\"voluntarySwitches\":%ld,\"involuntarySwitches\":%ld,"
               "\"maxRssKiB\":%ld",
                i == 0 ? "first" : "second", nanos(side->usage.ru_utime), nanos(side->usage.ru_stime),
                side->usage.ru_nvcsw, side->usage.ru_nivcsw, side->usage.ru_maxrss);
        if (side->syscalls >= 0) {
            printf(",\"syscalls\":%lld", (long long) side->syscalls);
        }
        printf("}");
    }
    printf("}\n");
}

int main(int count, char **words) {
    struct pair pair = parse_arguments(count, words);
    make_sockets(&pair);
    int send_buffer = granted(pair.sides[0].fds[0], SO_SNDBUF);
    int receive_buffer = granted(pair.sides[1].fds[0], SO_RCVBUF);
    start_sides(&pair);
    wait_sides(&pair);
    if (pair.failed != NULL) {
        fprintf(stderr, "bench_pair: %s ended with status 0x%x\n", pair.failed->command[0], pair.failed->status);
        return 1;
    }
    print_pair(&pair, send_buffer, receive_buffer);
    return 0;
}
