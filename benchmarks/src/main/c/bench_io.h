/* Reads and writes of the C programs: on a blocking descriptor they block, on a non-blocking one they spin. */
#ifndef BENCH_IO_H
#define BENCH_IO_H

#include <sys/socket.h>
#include <sys/uio.h>

#include "bench_job.h"

/* One read: bytes, above 0, or 0 at the end of the stream. */
static inline size_t read_some(int fd, uint8_t *target, size_t length) {
    for (;;) {
        ssize_t count = read(fd, target, length);
        if (count >= 0) {
            return (size_t) count;
        }
        if (errno != EAGAIN && errno != EINTR) {
            die("read from fd %d", fd);
        }
    }
}

/* False at the end of the stream before the first byte. */
static inline bool read_exactly(int fd, uint8_t *target, size_t length) {
    size_t done = 0;
    while (done < length) {
        size_t count = read_some(fd, target + done, length - done);
        if (count == 0) {
            if (done == 0) {
                return false;
            }
            errno = EPIPE;
            die("the stream on fd %d ended inside a frame", fd);
        }
        done += count;
    }
    return true;
}

/* One attempt: bytes written, 0 if a non-blocking descriptor takes none. */
static inline size_t write_some(int fd, const uint8_t *source, size_t length) {
    ssize_t count = write(fd, source, length);
    if (count >= 0) {
        return (size_t) count;
    }
    if (errno != EAGAIN && errno != EINTR) {
        die("write to fd %d", fd);
    }
    return 0;
}

static inline void write_fully(int fd, const uint8_t *source, size_t length) {
    size_t done = 0;
    while (done < length) {
        done += write_some(fd, source + done, length - done);
    }
}

/* Two parts in one call, the header and the caller's payload, which is not copied before. */
static inline void write_parts(int fd, const uint8_t *head, size_t head_length, const uint8_t *body, size_t body_length) {
    struct iovec parts[2] = {
            {.iov_base = (void *) (uintptr_t) head, .iov_len = head_length},
            {.iov_base = (void *) (uintptr_t) body, .iov_len = body_length},
    };
    size_t total = head_length + body_length;
    size_t done = 0;
    while (done < total) {
        int skip = done >= head_length ? 1 : 0;
        size_t offset = skip == 1 ? done - head_length : done;
        struct iovec rest[2] = {parts[skip], parts[1]};
        rest[0].iov_base = (uint8_t *) rest[0].iov_base + offset;
        rest[0].iov_len -= offset;
        ssize_t count = writev(fd, rest, 2 - skip);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            die("writev to fd %d", fd);
        }
        done += count > 0 ? (size_t) count : 0;
    }
}

static inline uint8_t *new_buffer(size_t length) {
    uint8_t *buffer = aligned_alloc(4096, (length + 4095) / 4096 * 4096);
    if (buffer == NULL) {
        die("no memory for a buffer of %zu bytes", length);
    }
    memset(buffer, 0, length); /* so that no page is touched for the first time while it is measured */
    return buffer;
}

#endif
