/*
 * A worker that behaves well, or in one of the ways in which a worker does not: "soak_worker MODE COUNT". The frames that it
 * writes of its own accord have the contents of io.evloop.soak.Payloads. What it leaves with is a code of its own for each
 * mode, so that the supervisor sees whether it came to its end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>

#include "evloop.h"

enum { FAILED = 1, USAGE = 2, HALF_CLOSED = 3, BAD_HEADER = 4, CUT_OFF = 5 };

enum { USUAL_LENGTH = 1500, LARGE_LENGTH = 60000, LARGE_EVERY = 64, NUMBER_LENGTH = 4 };

static evloop_pipe supervisor;

static _Noreturn void give_up(void) {
    fprintf(stderr, "soak_worker: %s\n", evloop_message(&supervisor));
    exit(FAILED);
}

static size_t length_of(uint32_t number) {
    return number % LARGE_EVERY == LARGE_EVERY - 1 ? LARGE_LENGTH : NUMBER_LENGTH + number * 2654435761u % USUAL_LENGTH;
}

static int write_frame(uint32_t number) {
    static unsigned char payload[LARGE_LENGTH];
    size_t length = length_of(number);
    for (int i = 0; i < NUMBER_LENGTH; i++) {
        payload[i] = (unsigned char) (number >> (24 - 8 * i));
    }
    for (size_t i = NUMBER_LENGTH; i < length; i++) {
        payload[i] = (unsigned char) (number + i);
    }
    return evloop_write(&supervisor, 0, payload, length);
}

/* The supervisor may be gone meanwhile: then nobody asks how this one has left. */
static void write_frames(uint32_t count) {
    for (uint32_t number = 0; number < count; number++) {
        if (write_frame(number) < 0) {
            give_up();
        }
    }
    if (evloop_flush(&supervisor) < 0) {
        give_up();
    }
}

static void read_to_the_end(void) {
    evloop_frame frame;
    int result;
    do {
        result = evloop_read(&supervisor, &frame);
    } while (result == EVLOOP_FRAME);
}

/* Past the buffer, which is empty. */
static void write_raw(const void *bytes, size_t length) {
    if (write(supervisor.fd, bytes, length) != (ssize_t) length) {
        exit(FAILED);
    }
}

static int echo(void) {
    evloop_frame frame;
    int result;
    while ((result = evloop_read(&supervisor, &frame)) == EVLOOP_FRAME) {
        if (evloop_write(&supervisor, frame.channel, frame.payload, frame.length) < 0) {
            give_up();
        }
    }
    return result == EVLOOP_END && evloop_close(&supervisor) >= 0 ? 0 : FAILED;
}

static int behave(const char *mode, uint32_t count) {
    static const unsigned char NO_LENGTH[EVLOOP_HEADER_LENGTH] = {0};
    static const unsigned char CUT[EVLOOP_HEADER_LENGTH + 1] = {0, 0, 0, 0, 0, 9};
    if (strcmp(mode, "echo") == 0) {
        return echo();
    }
    if (strcmp(mode, "deaf") == 0) {
        for (;;) {
            pause();
        }
    }
    if (strcmp(mode, "flood") == 0) {
        write_frames(UINT32_MAX);
        return 0;
    }
    write_frames(count);
    if (strcmp(mode, "half-close") == 0) {
        if (evloop_shutdown_output(&supervisor) < 0) {
            give_up();
        }
        read_to_the_end();
        return HALF_CLOSED;
    }
    if (strcmp(mode, "bad-header") == 0) {
        write_raw(NO_LENGTH, sizeof NO_LENGTH);
        read_to_the_end();
        return BAD_HEADER;
    }
    if (strcmp(mode, "cut-off") == 0) {
        write_raw(CUT, sizeof CUT);
        return CUT_OFF;
    }
    if (strcmp(mode, "die") == 0) {
        raise(SIGKILL);
    }
    return USAGE;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: soak_worker MODE COUNT\n");
        return USAGE;
    }
    if (evloop_open(&supervisor) < 0) {
        give_up();
    }
    return behave(argv[1], (uint32_t) strtoul(argv[2], NULL, 10));
}
