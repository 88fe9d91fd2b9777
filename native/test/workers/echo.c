/* A worker in C: sends every frame back until the supervisor closes the pipe. Blocking, through stdio. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEADER_LENGTH = 6, MAX_LENGTH = 64 << 20 };

int main(void) {
    const char *number = getenv("EVLOOP_FD");
    if (number == NULL) {
        return EXIT_FAILURE;
    }
    FILE *in = fdopen(atoi(number), "r"); /* two streams: one for both would lose what it has read ahead */
    FILE *out = fdopen(atoi(number), "w");
    uint8_t *payload = malloc(MAX_LENGTH);
    if (in == NULL || out == NULL || payload == NULL) {
        return EXIT_FAILURE;
    }
    uint8_t header[HEADER_LENGTH]; /* channel: 2 bytes, length: 4, both big-endian */
    while (fread(header, 1, HEADER_LENGTH, in) == HEADER_LENGTH) {
        uint32_t length = (uint32_t) header[2] << 24 | (uint32_t) header[3] << 16 | (uint32_t) header[4] << 8 | header[5];
        if (length > MAX_LENGTH || fread(payload, 1, length, in) != length) {
            return EXIT_FAILURE;
        }
        fwrite(header, 1, HEADER_LENGTH, out);
        fwrite(payload, 1, length, out);
        if (fflush(out) != 0) {
            return EXIT_FAILURE;
        }
    }
    free(payload);
    return EXIT_SUCCESS;
}
