/*
 * A worker in C: sends every frame back. The standard library alone, and a descriptor that blocks.
 *
 *    0       2               6
 *   +-------+---------------+------------------+
 *   | chan  | length        | payload (length) |   big-endian
 *   +-------+---------------+------------------+
 */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH_OFFSET = 2, HEADER_LENGTH = 6, MAX_PAYLOAD_LENGTH = 64 * 1024 * 1024 };

static int fail(const char *what) {
    fprintf(stderr, "demo_worker: ");
    perror(what);
    return EXIT_FAILURE;
}

static uint32_t payload_length(const uint8_t *header) {
    uint32_t length;
    memcpy(&length, header + LENGTH_OFFSET, sizeof length);
    return be32toh(length);
}

/* Until the supervisor closes its end; with our bytes unread there, that is a reset. */
static int echo(FILE *in, FILE *out, uint8_t *frame) {
    size_t count;
    while ((count = fread(frame, 1, HEADER_LENGTH, in)) == HEADER_LENGTH) {
        size_t length = payload_length(frame);
        if (length == 0 || length > MAX_PAYLOAD_LENGTH) {
            fprintf(stderr, "demo_worker: a frame of %zu bytes\n", length);
            return EXIT_FAILURE;
        }
        if (fread(frame + HEADER_LENGTH, 1, length, in) != length) {
            return fail("read a payload");
        }
        if (fwrite(frame, 1, HEADER_LENGTH + length, out) != HEADER_LENGTH + length || fflush(out) != 0) {
            return fail("write a frame");
        }
    }
    bool left = count == 0 && (feof(in) || errno == ECONNRESET);
    return left ? EXIT_SUCCESS : fail("read a header");
}

int main(void) {
    const char *fd = getenv("EVLOOP_FD");
    if (fd == NULL) {
        fprintf(stderr, "demo_worker: EVLOOP_FD is not set: this process was not started as a worker\n");
        return EXIT_FAILURE;
    }
    FILE *in = fdopen(atoi(fd), "rb");
    FILE *out = in == NULL ? NULL : fdopen(dup(fileno(in)), "wb");
    uint8_t *frame = malloc(HEADER_LENGTH + MAX_PAYLOAD_LENGTH); /* of which only what is touched takes memory */
    if (out == NULL || frame == NULL) {
        return fail("start");
    }
    int status = echo(in, out, frame);
    free(frame);
    fclose(out);
    fclose(in);
    return status;
}
