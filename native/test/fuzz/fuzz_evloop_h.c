/*
 * For libFuzzer: the reader of evloop.h against a naive one, on any stream cut anywhere, and its writer, which must make of
 * the frames the bytes that they were read from. An input is laid out as that of ReaderFuzzTest.java, whose corpus is used.
 */
#include <stdbool.h>

#include "../evl_test.h"

#include <sys/socket.h>

enum { PIECES_MASK = 15 };

static const uint32_t max_lengths[] = {1, 5, 20, 300, 64u << 20};

/* The kernel's place: what is left of the stream and of its pieces, and what was written. */
static struct {
    const uint8_t *stream;
    size_t length;
    const uint8_t *pieces;
    size_t piece_count;
} source;

static struct {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
} sink;

static ssize_t fuzz_read(int fd, void *bytes, size_t length) {
    (void) fd;
    size_t count = source.length;
    while (source.piece_count > 0 && source.length > 0) {
        const size_t piece = *source.pieces;
        source.pieces++;
        source.piece_count--;
        if (piece > 0) {
            count = piece < count ? piece : count;
            break;
        }
    }
    count = count < length ? count : length;
    if (count > 0) {
        memcpy(bytes, source.stream, count);
        source.stream += count;
        source.length -= count;
    }
    return (ssize_t) count;
}

static ssize_t fuzz_sendmsg(int fd, const struct msghdr *message, int flags) {
    (void) fd;
    CHECK((flags & MSG_NOSIGNAL) != 0);
    size_t sent = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        const struct iovec *vector = &message->msg_iov[i];
        CHECK(vector->iov_len <= sink.capacity - sink.length);
        if (vector->iov_len > 0) {
            memcpy(sink.bytes + sink.length, vector->iov_base, vector->iov_len);
        }
        sink.length += vector->iov_len;
        sent += vector->iov_len;
    }
    return (ssize_t) sent;
}

#define read fuzz_read
#define sendmsg fuzz_sendmsg
#include "evloop.h"
#undef read
#undef sendmsg

/* The naive reader: what the next frame at `stream` is. */
static int expected_result(const uint8_t *stream, size_t length, uint32_t max, uint32_t *declared) {
    *declared = 0;
    if (length == 0) {
        return EVLOOP_END;
    }
    if (length < 6) {
        return EVLOOP_ERROR_TRUNCATED_FRAME;
    }
    for (int i = 2; i < 6; i++) {
        *declared = *declared * 256 + stream[i];
    }
    if (*declared == 0 || *declared > max) {
        return EVLOOP_ERROR_INVALID_FRAME;
    }
    return length - 6 < *declared ? EVLOOP_ERROR_TRUNCATED_FRAME : EVLOOP_FRAME;
}

/* What is said to be buffered needs no read. */
static int read_next(evloop_pipe *pipe, evloop_frame *frame) {
    const bool buffered = evloop_buffered(pipe);
    const size_t left = source.length;
    const int result = evloop_read(pipe, frame);
    CHECK(!buffered || (source.length == left && (result == EVLOOP_FRAME || result == EVLOOP_ERROR_INVALID_FRAME)));
    return result;
}

static void check_end(evloop_pipe *pipe, int result, const uint8_t *stream, size_t length, uint32_t declared) {
    evloop_frame frame;
    CHECK(strlen(evloop_message(pipe)) < sizeof pipe->error.message);
    if (result == EVLOOP_ERROR_INVALID_FRAME) {
        CHECK_EQUAL(stream[0] * 256 + stream[1], pipe->error.channel);
        CHECK_EQUAL(declared, pipe->error.declared_length);
    } else if (result == EVLOOP_ERROR_TRUNCATED_FRAME) {
        CHECK_EQUAL((long long) length, (long long) pipe->error.got);
        CHECK_EQUAL(6 + (length < 6 ? 0 : (long long) declared), (long long) pipe->error.wanted);
    }
    CHECK_EQUAL(result, evloop_read(pipe, &frame)); /* every later call says so */
}

static void compare(evloop_pipe *pipe, const uint8_t *stream, size_t length) {
    evloop_frame frame;
    uint32_t declared;
    size_t start = 0;
    int result;
    while ((result = expected_result(stream + start, length - start, pipe->max_frame_length, &declared)) ==
           EVLOOP_FRAME) {
        CHECK_EQUAL(EVLOOP_FRAME, read_next(pipe, &frame));
        CHECK_EQUAL(stream[start] * 256 + stream[start + 1], frame.channel);
        CHECK_EQUAL(declared, frame.length);
        CHECK(memcmp(stream + start + 6, frame.payload, declared) == 0);
        CHECK_EQUAL(0, evloop_write(pipe, frame.channel, frame.payload, frame.length));
        start += 6 + (size_t) declared;
    }
    CHECK_EQUAL(result, read_next(pipe, &frame));
    check_end(pipe, result, stream + start, length - start, declared);
    CHECK_EQUAL(0, evloop_flush(pipe));
    CHECK_EQUAL((long long) start, (long long) sink.length);
    CHECK(start == 0 || memcmp(stream, sink.bytes, start) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    if (length < 2) {
        return 0;
    }
    const uint32_t max = max_lengths[input[0] % (sizeof max_lengths / sizeof *max_lengths)];
    size_t pieces = input[1] & PIECES_MASK;
    pieces = pieces < length - 2 ? pieces : length - 2;
    int pair[2];
    evloop_pipe pipe;
    CHECK_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    CHECK_EQUAL(0, evloop_adopt(&pipe, pair[0]));
    CHECK_EQUAL(0, evloop_set_max_frame_length(&pipe, max));
    source.pieces = input + 2;
    source.piece_count = pieces;
    source.stream = input + 2 + pieces;
    source.length = length - 2 - pieces;
    sink.capacity = source.length;
    sink.length = 0;
    sink.bytes = malloc(sink.capacity + 1);
    CHECK(sink.bytes != NULL);
    compare(&pipe, source.stream, source.length);
    free(sink.bytes);
    CHECK_EQUAL(0, evloop_close(&pipe));
    CHECK_EQUAL(0, close(pair[1]));
    return 0;
}
