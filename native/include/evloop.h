/*
 * The worker's side of an evloop pipe in one header, for C99 and later, and for C++, on Linux. No library.
 *
 *     evloop_pipe pipe;
 *     evloop_frame frame;
 *     int result = evloop_open(&pipe);
 *     while (result >= 0 && (result = evloop_read(&pipe, &frame)) > 0) {
 *         result = evloop_write(&pipe, frame.channel, frame.payload, frame.length);
 *     }
 *     if (result < 0) {
 *         fprintf(stderr, "%s\n", evloop_message(&pipe));
 *     }
 *     evloop_close(&pipe);
 *
 * Everything blocks, also on a descriptor that is O_NONBLOCK: then poll(2) waits. EINTR is retried; SIGPIPE is never
 * raised. A pipe is for one thread at a time.
 *
 * What is written is gathered and sent when 64 KiB are reached, by evloop_flush, evloop_shutdown_output and
 * evloop_close, and before evloop_read waits for the peer: so who answers requests never waits with the answer unsent.
 * A write waits while the peer does not read; two ends that both write without reading wait for ever, but an evloop
 * supervisor always reads.
 *
 * A child that is forked and does not exec holds the pipe open: let it close(pipe.fd), since evloop_close would send
 * once more what the parent has gathered.
 *
 * The bytes are specified in WIRE.md. Names that end in _ are not for callers.
 */
#ifndef EVLOOP_H
#define EVLOOP_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__STRICT_ANSI__) && !defined(__cplusplus) && !defined(_GNU_SOURCE) && !defined(_DEFAULT_SOURCE) && \
    (!defined(_POSIX_C_SOURCE) || _POSIX_C_SOURCE < 200112L) && (!defined(_XOPEN_SOURCE) || _XOPEN_SOURCE - 0 < 600)
int unsetenv(const char *name); /* which <stdlib.h> hides under -std=c99 alone */
#endif

#ifdef __cplusplus /* C knows no other casts */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#endif

#define EVLOOP_FD_VARIABLE "EVLOOP_FD"
#define EVLOOP_HEADER_LENGTH 6u
#define EVLOOP_MAX_FRAME_LENGTH (64u * 1024u * 1024u) /* of the payload, bytes; the least is 1 */

#define EVLOOP_INPUT_CAPACITY_ ((size_t) 256 * 1024)
#define EVLOOP_OUTPUT_CAPACITY_ ((size_t) 64 * 1024)

/* Results. All errors are negative; evloop_message tells more. */
enum {
    EVLOOP_END = 0,                   /* of evloop_read: the peer has closed, or half-closed, between two frames */
    EVLOOP_FRAME = 1,                 /* of evloop_read: a frame */
    EVLOOP_ERROR_ENVIRONMENT = -1,    /* EVLOOP_FD is not set, or no number: no worker of a supervisor */
    EVLOOP_ERROR_SYSTEM = -2,         /* a system call failed: error.number */
    EVLOOP_ERROR_MEMORY = -3,         /* malloc failed; nothing was read, written or lost */
    EVLOOP_ERROR_ARGUMENT = -4,       /* a length is out of range; nothing was written */
    EVLOOP_ERROR_INVALID_FRAME = -5,  /* a header that is none: error.channel, error.declared_length */
    EVLOOP_ERROR_TRUNCATED_FRAME = -6 /* the stream ended inside a frame: error.wanted, error.got */
};

typedef struct evloop_frame {
    uint16_t channel;
    uint32_t length;              /* 1 to max_frame_length */
    const unsigned char *payload; /* valid until the next evloop_read, or evloop_close */
} evloop_frame;

/* Of the last call that failed. */
typedef struct evloop_error {
    int result;               /* EVLOOP_ERROR_... */
    int number;               /* errno */
    const char *system_call;  /* as its manual page names it */
    uint16_t channel;         /* that stood in the header */
    uint32_t declared_length; /* that stood in the header */
    size_t wanted;            /* bytes of the whole frame, header included; 6 if the header itself was cut */
    size_t got;               /* bytes of it that arrived */
    char message[128];
} evloop_error;

/* Callers read `fd`, `max_frame_length` and `error`; the rest is not for them. */
typedef struct evloop_pipe {
    int fd; /* -1: not open */
    uint32_t max_frame_length;
    evloop_error error;
    unsigned char *input_; /* unread: [input_start_, input_end_) */
    size_t input_capacity_;
    size_t input_start_;
    size_t input_end_;
    unsigned char *output_; /* unsent: [0, output_length_) */
    size_t output_length_;
    int output_shut_;
    int write_errno_; /* what ended the output, perhaps in the middle of a frame; 0: nothing */
} evloop_pipe;

/* ---- errors ---- */

static inline int evloop_fail_(evloop_pipe *pipe, int result) {
    pipe->error.result = result;
    return result;
}

static inline int evloop_fail_system_(evloop_pipe *pipe, const char *system_call, int number) {
    pipe->error.number = number;
    pipe->error.system_call = system_call;
    return evloop_fail_(pipe, EVLOOP_ERROR_SYSTEM);
}

/* One line on the last error, without a line end; valid until the next call. */
static inline const char *evloop_message(evloop_pipe *pipe) {
    evloop_error *error = &pipe->error;
    char *text = error->message;
    const size_t size = sizeof error->message;
    switch (error->result) {
    case EVLOOP_ERROR_ENVIRONMENT:
        snprintf(text, size, "%s names no descriptor: this process was not started as a worker", EVLOOP_FD_VARIABLE);
        break;
    case EVLOOP_ERROR_SYSTEM:
        snprintf(text, size, "%s: %s", error->system_call, strerror(error->number));
        break;
    case EVLOOP_ERROR_MEMORY:
        snprintf(text, size, "out of memory");
        break;
    case EVLOOP_ERROR_ARGUMENT:
        snprintf(text, size, "a length is out of range");
        break;
    case EVLOOP_ERROR_INVALID_FRAME:
        snprintf(text, size, "invalid frame: channel %u, length %lu is not 1 to %lu", (unsigned) error->channel,
                 (unsigned long) error->declared_length, (unsigned long) pipe->max_frame_length);
        break;
    case EVLOOP_ERROR_TRUNCATED_FRAME:
        snprintf(text, size, "stream ended inside a frame: wanted %lu bytes, got %lu", (unsigned long) error->wanted,
                 (unsigned long) error->got);
        break;
    default:
        snprintf(text, size, "no error");
        break;
    }
    return text;
}

/* ---- opening ---- */

/*
 * Wraps a stream socket. It is the pipe's from the success of this on, until evloop_close; after a failure it is still
 * the caller's, and evloop_close does nothing.
 */
static inline int evloop_adopt(evloop_pipe *pipe, int fd) {
    int type = 0;
    socklen_t length = sizeof type;
    memset(pipe, 0, sizeof *pipe);
    pipe->fd = -1;
    pipe->max_frame_length = EVLOOP_MAX_FRAME_LENGTH;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0) {
        return evloop_fail_system_(pipe, "getsockopt", errno);
    }
    if (type != SOCK_STREAM) {
        return evloop_fail_system_(pipe, "getsockopt", EPROTOTYPE);
    }
    pipe->fd = fd;
    return 0;
}

/*
 * In a worker: opens the pipe to the supervisor, whose descriptor EVLOOP_FD names. The descriptor is set close-on-exec
 * and the variable unset, so that a process started from here inherits neither. Changes the environment: call it before
 * there are other threads that look at that.
 */
static inline int evloop_open(evloop_pipe *pipe) {
    const char *value = getenv(EVLOOP_FD_VARIABLE);
    char *end = NULL;
    long number = -1;
    int result;
    if (value != NULL && *value >= '0' && *value <= '9') { /* strtol would skip spaces and signs */
        number = strtol(value, &end, 10);
    }
    if (end == NULL || *end != '\0' || number < 0 || number > INT_MAX) {
        memset(pipe, 0, sizeof *pipe);
        pipe->fd = -1;
        return evloop_fail_(pipe, EVLOOP_ERROR_ENVIRONMENT);
    }
    result = evloop_adopt(pipe, (int) number);
    if (result < 0) {
        return result;
    }
    if (fcntl(pipe->fd, F_SETFD, FD_CLOEXEC) < 0) {
        result = evloop_fail_system_(pipe, "fcntl", errno);
        pipe->fd = -1;
        return result;
    }
    unsetenv(EVLOOP_FD_VARIABLE);
    return 0;
}

/* The longest payload to read or to write, 1 to EVLOOP_MAX_FRAME_LENGTH, which is also the default. */
static inline int evloop_set_max_frame_length(evloop_pipe *pipe, uint32_t bytes) {
    if (bytes < 1 || bytes > EVLOOP_MAX_FRAME_LENGTH) {
        return evloop_fail_(pipe, EVLOOP_ERROR_ARGUMENT);
    }
    pipe->max_frame_length = bytes;
    return 0;
}

/* ---- writing ---- */

/* Whether a call that failed with `number` can be made again: at once, or, if it would have waited, after a wait here. */
static inline int evloop_retries_(const evloop_pipe *pipe, int number, short events) {
    if (number == EAGAIN) {
        struct pollfd poll_fd;
        poll_fd.fd = pipe->fd;
        poll_fd.events = events;
        poll_fd.revents = 0;
        return poll(&poll_fd, 1, -1) >= 0 || errno == EINTR;
    }
    return number == EINTR;
}

static inline void evloop_skip_(struct iovec *vector, size_t *count) {
    const size_t skipped = *count < vector->iov_len ? *count : vector->iov_len;
    if (skipped > 0) { /* C does not define NULL + 0 */
        vector->iov_base = (char *) vector->iov_base + skipped;
    }
    vector->iov_len -= skipped;
    *count -= skipped;
}

/* Sends what is gathered, and then `length` bytes more, uncopied. */
static inline int evloop_send_(evloop_pipe *pipe, const void *bytes, size_t length) {
    struct iovec vectors[2];
    struct msghdr message;
    vectors[0].iov_base = pipe->output_;
    vectors[0].iov_len = pipe->output_length_;
    vectors[1].iov_base = (void *) (uintptr_t) bytes;
    vectors[1].iov_len = length;
    memset(&message, 0, sizeof message);
    message.msg_iov = vectors;
    message.msg_iovlen = 2;
    while (vectors[0].iov_len + vectors[1].iov_len > 0) {
        const ssize_t sent = sendmsg(pipe->fd, &message, MSG_NOSIGNAL);
        if (sent >= 0) {
            size_t count = (size_t) sent;
            evloop_skip_(&vectors[0], &count);
            evloop_skip_(&vectors[1], &count);
        } else {
            const int number = errno;
            if (!evloop_retries_(pipe, number, POLLOUT)) {
                pipe->write_errno_ = number;
                return evloop_fail_system_(pipe, "sendmsg", number);
            }
        }
    }
    pipe->output_length_ = 0;
    return 0;
}

/* Sends what is gathered. Once this, or a write, has failed, every later one fails in the same way. */
static inline int evloop_flush(evloop_pipe *pipe) {
    if (pipe->fd < 0) {
        return evloop_fail_system_(pipe, "sendmsg", EBADF);
    }
    if (pipe->write_errno_ != 0) {
        return evloop_fail_system_(pipe, "sendmsg", pipe->write_errno_);
    }
    return pipe->output_length_ == 0 ? 0 : evloop_send_(pipe, NULL, 0);
}

/* Writes one frame, or gathers it to be sent with the next ones: see the top. `payload` is not kept. */
static inline int evloop_write(evloop_pipe *pipe, uint16_t channel, const void *payload, size_t length) {
    unsigned char *header;
    if (length < 1 || length > pipe->max_frame_length) {
        return evloop_fail_(pipe, EVLOOP_ERROR_ARGUMENT);
    }
    if (pipe->fd < 0 || pipe->output_shut_) {
        return evloop_fail_system_(pipe, "sendmsg", pipe->fd < 0 ? EBADF : EPIPE);
    }
    if (pipe->write_errno_ != 0) {
        return evloop_fail_system_(pipe, "sendmsg", pipe->write_errno_);
    }
    if (pipe->output_ == NULL) {
        pipe->output_ = (unsigned char *) malloc(EVLOOP_OUTPUT_CAPACITY_);
        if (pipe->output_ == NULL) {
            return evloop_fail_(pipe, EVLOOP_ERROR_MEMORY);
        }
    }
    if (EVLOOP_OUTPUT_CAPACITY_ - pipe->output_length_ < EVLOOP_HEADER_LENGTH) {
        const int result = evloop_flush(pipe);
        if (result < 0) {
            return result;
        }
    }
    header = pipe->output_ + pipe->output_length_;
    header[0] = (unsigned char) (channel >> 8);
    header[1] = (unsigned char) (channel & 0xff);
    header[2] = (unsigned char) (length >> 24 & 0xff);
    header[3] = (unsigned char) (length >> 16 & 0xff);
    header[4] = (unsigned char) (length >> 8 & 0xff);
    header[5] = (unsigned char) (length & 0xff);
    pipe->output_length_ += EVLOOP_HEADER_LENGTH;
    if (length > EVLOOP_OUTPUT_CAPACITY_ - pipe->output_length_) {
        return evloop_send_(pipe, payload, length);
    }
    memcpy(pipe->output_ + pipe->output_length_, payload, length);
    pipe->output_length_ += length;
    return pipe->output_length_ < EVLOOP_OUTPUT_CAPACITY_ ? 0 : evloop_flush(pipe);
}

/* Flushes and half-closes: the peer reads to the end and can still write. A later write fails with EPIPE. */
static inline int evloop_shutdown_output(evloop_pipe *pipe) {
    const int result = evloop_flush(pipe);
    if (result < 0) {
        return result;
    }
    if (shutdown(pipe->fd, SHUT_WR) < 0) {
        return evloop_fail_system_(pipe, "shutdown", errno);
    }
    pipe->output_shut_ = 1;
    return 0;
}

/* ---- reading ---- */

static inline uint32_t evloop_declared_length_(const unsigned char *header) {
    return (uint32_t) header[2] << 24 | (uint32_t) header[3] << 16 | (uint32_t) header[4] << 8 | header[5];
}

/* Makes room behind the unread bytes. Memory follows the bytes received, by doubling, never what a header claims. */
static inline int evloop_make_room_(evloop_pipe *pipe) {
    const size_t unread = pipe->input_end_ - pipe->input_start_;
    if (unread == 0 && pipe->input_capacity_ > EVLOOP_INPUT_CAPACITY_) { /* what one large frame took */
        free(pipe->input_);
        pipe->input_ = NULL;
        pipe->input_capacity_ = 0;
    }
    if (unread == 0) {
        pipe->input_start_ = 0;
        pipe->input_end_ = 0;
    } else if (pipe->input_start_ > 0 && pipe->input_capacity_ - pipe->input_end_ < pipe->input_capacity_ / 2) {
        memmove(pipe->input_, pipe->input_ + pipe->input_start_, unread);
        pipe->input_start_ = 0;
        pipe->input_end_ = unread;
    }
    if (pipe->input_end_ == pipe->input_capacity_) {
        const size_t capacity = pipe->input_capacity_ == 0 ? EVLOOP_INPUT_CAPACITY_ : 2 * pipe->input_capacity_;
        unsigned char *grown = (unsigned char *) realloc(pipe->input_, capacity);
        if (grown == NULL) {
            return evloop_fail_(pipe, EVLOOP_ERROR_MEMORY);
        }
        pipe->input_ = grown;
        pipe->input_capacity_ = capacity;
    }
    return 0;
}

/* One read: EVLOOP_FRAME = more bytes, EVLOOP_END = no more will come. */
static inline int evloop_fill_(evloop_pipe *pipe) {
    int result = evloop_make_room_(pipe);
    while (result == 0) {
        const ssize_t count =
            read(pipe->fd, pipe->input_ + pipe->input_end_, pipe->input_capacity_ - pipe->input_end_);
        if (count >= 0) {
            pipe->input_end_ += (size_t) count;
            return count == 0 ? EVLOOP_END : EVLOOP_FRAME;
        }
        const int number = errno;
        if (!evloop_retries_(pipe, number, POLLIN)) {
            result = evloop_fail_system_(pipe, "read", number);
        }
    }
    return result;
}

/* EVLOOP_FRAME, an error, or 0 = not yet. *wanted: the length of the frame, or of its header while that is cut. */
static inline int evloop_next_(evloop_pipe *pipe, evloop_frame *frame, size_t *wanted) {
    const size_t unread = pipe->input_end_ - pipe->input_start_;
    const unsigned char *header;
    uint16_t channel;
    uint32_t length;
    *wanted = EVLOOP_HEADER_LENGTH;
    if (unread < EVLOOP_HEADER_LENGTH) {
        return 0;
    }
    header = pipe->input_ + pipe->input_start_;
    channel = (uint16_t) (header[0] << 8 | header[1]);
    length = evloop_declared_length_(header);
    if (length < 1 || length > pipe->max_frame_length) {
        pipe->error.channel = channel;
        pipe->error.declared_length = length;
        return evloop_fail_(pipe, EVLOOP_ERROR_INVALID_FRAME);
    }
    *wanted += length;
    if (unread < *wanted) {
        return 0;
    }
    frame->channel = channel;
    frame->length = length;
    frame->payload = header + EVLOOP_HEADER_LENGTH;
    return EVLOOP_FRAME;
}

/*
 * Takes the next frame and waits for it if need be; before it waits, it flushes. EVLOOP_FRAME, EVLOOP_END or an error.
 * If the flush has failed there may be unread frames: the next call reads on. After an invalid or truncated frame
 * nothing more can be read, and every call says so.
 */
static inline int evloop_read(evloop_pipe *pipe, evloop_frame *frame) {
    if (pipe->fd < 0) { /* no memory is taken that nobody would free */
        return evloop_fail_system_(pipe, "read", EBADF);
    }
    for (;;) {
        size_t wanted;
        int result = evloop_next_(pipe, frame, &wanted);
        if (result != 0) {
            if (result == EVLOOP_FRAME) {
                pipe->input_start_ += wanted;
            }
            return result;
        }
        result = pipe->write_errno_ != 0 ? 0 : evloop_flush(pipe);
        if (result == 0) {
            result = evloop_fill_(pipe);
        }
        if (result < 0) {
            return result;
        }
        if (result == EVLOOP_END) {
            const size_t got = pipe->input_end_ - pipe->input_start_;
            if (got == 0) {
                return EVLOOP_END;
            }
            pipe->error.wanted = wanted;
            pipe->error.got = got;
            return evloop_fail_(pipe, EVLOOP_ERROR_TRUNCATED_FRAME);
        }
    }
}

/*
 * Whether evloop_read would return at once, without a system call: for one's own poll(2), which knows nothing of bytes
 * that were read already. So: flush, take frames while this is true, only then poll.
 */
static inline int evloop_buffered(const evloop_pipe *pipe) {
    const size_t unread = pipe->input_end_ - pipe->input_start_;
    uint32_t length;
    if (unread < EVLOOP_HEADER_LENGTH) {
        return 0;
    }
    length = evloop_declared_length_(pipe->input_ + pipe->input_start_);
    return length < 1 || length > pipe->max_frame_length || length <= unread - EVLOOP_HEADER_LENGTH;
}

/* ---- the end ---- */

/* Flushes, unless a write has failed before, closes and frees, whatever becomes of the flush, whose result this is. */
static inline int evloop_close(evloop_pipe *pipe) {
    int result = 0;
    if (pipe->fd >= 0) {
        if (pipe->write_errno_ == 0) {
            result = evloop_flush(pipe);
        }
        if (close(pipe->fd) < 0 && result == 0) {
            result = evloop_fail_system_(pipe, "close", errno);
        }
    }
    free(pipe->input_);
    free(pipe->output_);
    pipe->fd = -1;
    pipe->input_ = NULL;
    pipe->input_capacity_ = 0;
    pipe->input_start_ = 0;
    pipe->input_end_ = 0;
    pipe->output_ = NULL;
    pipe->output_length_ = 0;
    return result;
}

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

#endif
