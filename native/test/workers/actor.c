/*
 * A worker that plays the acts of its command line, one after the other, and leaves with 0 after the last. An act is a
 * name and its operands: see ACTS. What an act tells the supervisor it tells in frames of text on channel 0.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER_LENGTH = 6, BLOCK_LENGTH = 4096, NUMBERS_CHANNEL = 7, FAILURE = 99 };

static int pipe_fd;

#define REQUIRE(condition) require((condition), #condition, __LINE__)

static void require(int condition, const char *what, int line) {
    if (!condition) {
        fprintf(stderr, "actor.c:%d: not so: %s\n", line, what);
        _exit(FAILURE);
    }
}

static void write_all(int fd, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t count = write(fd, next, length);
        REQUIRE(count > 0);
        next += count;
        length -= (size_t) count;
    }
}

/* Frames ----------------------------------------------------------------------------------------------------------- */

static void put_header(uint8_t *header, unsigned channel, size_t length) {
    header[0] = (uint8_t) (channel >> 8);
    header[1] = (uint8_t) channel;
    header[2] = (uint8_t) (length >> 24);
    header[3] = (uint8_t) (length >> 16);
    header[4] = (uint8_t) (length >> 8);
    header[5] = (uint8_t) length;
}

static void send_frame(unsigned channel, const void *payload, size_t length) {
    uint8_t header[HEADER_LENGTH];
    put_header(header, channel, length);
    write_all(pipe_fd, header, sizeof header);
    write_all(pipe_fd, payload, length);
}

static void send_text(const char *text) {
    send_frame(0, text, strlen(text));
}

/* Acts that write -------------------------------------------------------------------------------------------------- */

/* text TEXT: one frame. */
static void act_text(char **operands) {
    send_text(operands[0]);
}

/* frames COUNT: of 64 bytes on channel 7, which begin with their number. */
static void act_frames(char **operands) {
    int count = atoi(operands[0]);
    for (int i = 0; i < count; i++) {
        char payload[64] = {0};
        snprintf(payload, sizeof payload, "%d", i);
        send_frame(NUMBERS_CHANNEL, payload, sizeof payload);
    }
}

/* header LENGTH COUNT: of a header that announces LENGTH bytes the first COUNT. */
static void act_header(char **operands) {
    uint8_t header[HEADER_LENGTH];
    put_header(header, NUMBERS_CHANNEL, (size_t) atol(operands[0]));
    write_all(pipe_fd, header, (size_t) atol(operands[1]));
}

/* print FD COUNT: bytes to a descriptor. */
static void act_print(char **operands) {
    char block[BLOCK_LENGTH];
    memset(block, 'x', sizeof block);
    for (size_t left = (size_t) atol(operands[1]); left > 0;) {
        size_t length = left < sizeof block ? left : sizeof block;
        write_all(atoi(operands[0]), block, length);
        left -= length;
    }
}

/* Acts that read --------------------------------------------------------------------------------------------------- */

/* echo: until the end of the stream. */
static void act_echo(char **operands) {
    (void) operands;
    char block[BLOCK_LENGTH];
    ssize_t count;
    while ((count = read(pipe_fd, block, sizeof block)) > 0) {
        write_all(pipe_fd, block, (size_t) count);
    }
}

static long read_to_the_end(int fd) {
    char block[BLOCK_LENGTH];
    ssize_t count;
    long total = 0;
    while ((count = read(fd, block, sizeof block)) > 0) {
        total += count;
    }
    return total;
}

/* wait: until the supervisor closes the pipe; what it sends is dropped. */
static void act_wait(char **operands) {
    (void) operands;
    read_to_the_end(pipe_fd);
}

/* count: the same, then the number of bytes to standard output. */
static void act_count(char **operands) {
    (void) operands;
    long total = read_to_the_end(pipe_fd);
    printf("%ld\n", total);
    REQUIRE(fflush(stdout) == 0);
}

/* input: one frame with what standard input holds, at most a block of it. */
static void act_input(char **operands) {
    (void) operands;
    char block[BLOCK_LENGTH] = "input=";
    size_t length = strlen(block);
    ssize_t count;
    while ((count = read(STDIN_FILENO, block + length, sizeof block - length)) > 0) {
        length += (size_t) count;
    }
    send_frame(0, block, length);
}

/* Acts that report ------------------------------------------------------------------------------------------------- */

/* environment: a frame for each variable. */
static void act_environment(char **operands) {
    (void) operands;
    for (char **entry = environ; *entry != NULL; entry++) {
        send_text(*entry);
    }
}

/* directory: one frame. */
static void act_directory(char **operands) {
    (void) operands;
    char path[PATH_MAX];
    REQUIRE(getcwd(path, sizeof path) != NULL);
    send_text(path);
}

/* descriptors: a frame for each open one: number, target, blocking or not, kept or closed by an exec. */
static void act_descriptors(char **operands) {
    (void) operands;
    DIR *directory = opendir("/proc/self/fd");
    REQUIRE(directory != NULL);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == dirfd(directory)) {
            continue;
        }
        char target[512] = {0};
        char text[1024];
        REQUIRE(readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1) > 0);
        const char *blocks = (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 ? "non-blocking" : "blocking";
        const char *kept = (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 ? "close-on-exec" : "kept";
        snprintf(text, sizeof text, "%d %s %s %s", fd, target, blocks, kept);
        send_text(text);
    }
    closedir(directory);
}

/* status: a frame for each line of /proc/self/status. */
static void act_status(char **operands) {
    (void) operands;
    char line[512];
    FILE *status = fopen("/proc/self/status", "re");
    REQUIRE(status != NULL);
    while (fgets(line, sizeof line, status) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0') {
            send_text(line);
        }
    }
    fclose(status);
}

/* Acts of life and death ------------------------------------------------------------------------------------------- */

/* close: the pipe. */
static void act_close(char **operands) {
    (void) operands;
    REQUIRE(close(pipe_fd) == 0);
}

/* half-close: nothing more will be written to the pipe. */
static void act_half_close(char **operands) {
    (void) operands;
    REQUIRE(shutdown(pipe_fd, SHUT_WR) == 0);
}

/* grandchild: a process that keeps its copy of the pipe open until the supervisor closes it, and writes nothing. */
static void act_grandchild(char **operands) {
    (void) operands;
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        read_to_the_end(pipe_fd);
        _exit(0);
    }
}

/* flood FD: a process that writes frames to a descriptor for as long as anybody can read them. */
static void act_flood(char **operands) {
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        uint8_t frame[HEADER_LENGTH + 64] = {0};
        put_header(frame, NUMBERS_CHANNEL, sizeof frame - HEADER_LENGTH);
        while (write(atoi(operands[0]), frame, sizeof frame) > 0) {
            continue;
        }
        _exit(0);
    }
}

/* ignore SIGNAL: from now on. */
static void act_ignore(char **operands) {
    REQUIRE(signal(atoi(operands[0]), SIG_IGN) != SIG_ERR);
}

/* raise SIGNAL: in itself. */
static void act_raise(char **operands) {
    REQUIRE(raise(atoi(operands[0])) == 0);
}

/* sleep: for ever. */
static void act_sleep(char **operands) {
    (void) operands;
    for (;;) {
        pause();
    }
}

/* exit CODE: at once. */
static void act_exit(char **operands) {
    _exit(atoi(operands[0]));
}

/* The play --------------------------------------------------------------------------------------------------------- */

static const struct act {
    const char *name;
    int operand_count;
    void (*play)(char **operands);
} ACTS[] = {
    {"text", 1, act_text},
    {"frames", 1, act_frames},
    {"header", 2, act_header},
    {"print", 2, act_print},
    {"echo", 0, act_echo},
    {"wait", 0, act_wait},
    {"count", 0, act_count},
    {"input", 0, act_input},
    {"environment", 0, act_environment},
    {"directory", 0, act_directory},
    {"descriptors", 0, act_descriptors},
    {"status", 0, act_status},
    {"close", 0, act_close},
    {"half-close", 0, act_half_close},
    {"grandchild", 0, act_grandchild},
    {"flood", 1, act_flood},
    {"ignore", 1, act_ignore},
    {"raise", 1, act_raise},
    {"sleep", 0, act_sleep},
    {"exit", 1, act_exit},
};

static const struct act *act_named(const char *name) {
    for (size_t i = 0; i < sizeof ACTS / sizeof *ACTS; i++) {
        if (strcmp(ACTS[i].name, name) == 0) {
            return &ACTS[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    const char *number = getenv("EVLOOP_FD");
    REQUIRE(number != NULL);
    pipe_fd = atoi(number);
    for (int i = 1; i < argc;) {
        const struct act *act = act_named(argv[i++]);
        REQUIRE(act != NULL && i + act->operand_count <= argc);
        act->play(argv + i);
        i += act->operand_count;
    }
    return 0;
}
