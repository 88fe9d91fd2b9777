/*
 * A worker by evloop.h. Sends frames back, but for two channels: on 2 it answers with what a process started from here
 * inherits, on 3 it leaves with 3 in the middle of a frame. At the end of the stream it says "end" on channel 4.
 */
#define _GNU_SOURCE
#include "../../include/evloop.h"

enum { INHERITED = 2, DIE = 3, END = 4, TORN_LENGTH = 100000, TORN_SENT = 1000 };

static int tell_inherited(evloop_pipe *pipe) {
    char text[4096];
    FILE *command = popen("echo EVLOOP_FD=${EVLOOP_FD-unset}; ls -l /proc/self/fd", "r");
    if (command == NULL) {
        return EVLOOP_ERROR_SYSTEM;
    }
    size_t length = fread(text, 1, sizeof text, command);
    pclose(command);
    return evloop_write(pipe, INHERITED, text, length);
}

/* The header of a large frame and the first bytes of it. */
static void die(const evloop_pipe *pipe) {
    unsigned char bytes[TORN_SENT] = {0, DIE, 0, TORN_LENGTH >> 16 & 0xff, TORN_LENGTH >> 8 & 0xff, TORN_LENGTH & 0xff};
    _exit(send(pipe->fd, bytes, sizeof bytes, MSG_NOSIGNAL) == TORN_SENT ? 3 : 1);
}

int main(void) {
    evloop_pipe pipe;
    evloop_frame frame;
    int result = evloop_open(&pipe);
    while (result >= 0 && (result = evloop_read(&pipe, &frame)) == EVLOOP_FRAME) {
        if (frame.channel == DIE) {
            die(&pipe);
        }
        result = frame.channel == INHERITED ? tell_inherited(&pipe)
                                            : evloop_write(&pipe, frame.channel, frame.payload, frame.length);
    }
    if (result == EVLOOP_END) {
        result = evloop_write(&pipe, END, "end", 3);
    }
    if (result < 0) {
        fprintf(stderr, "%s\n", evloop_message(&pipe));
    }
    const int closed = evloop_close(&pipe);
    return result < 0 || closed < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
