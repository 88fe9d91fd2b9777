/* The header for workers in C against the conformance vectors, whole and cut, from a kernel that interrupts and falls short. */
#include "evl_vectors.h"

#include "evl_h_test.h"

#include <pthread.h>

static void for_each_vector(void (*body)(const struct vector *vector)) {
    FILE *file = fopen(EVL_TEST_DIRECTORY "/vectors.txt", "re");
    CHECK(file != NULL);
    struct vector vector = {.limit = 0};
    int count = 0;
    while (next_vector(file, &vector)) {
        body(&vector);
        count++;
    }
    CHECK(count > 40);
    free_vector(&vector);
    fclose(file);
}

#define CLAIM(vector, condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: \"%s\": not so: %s\n", __FILE__, __LINE__, (vector)->name, #condition); \
            exit(1); \
        } \
    } while (0)

static void expect_vector(evloop_pipe *pipe, const struct vector *vector) {
    evloop_frame frame;
    for (size_t i = 0; i < vector->frame_count; i++) {
        const struct expected_frame *expected = &vector->frames[i];
        for (unsigned long n = 0; n < expected->number; n++) {
            CLAIM(vector, evloop_read(pipe, &frame) == EVLOOP_FRAME);
            CLAIM(vector, frame.channel == expected->channel);
            CLAIM(vector, frame.length == expected->payload.length);
            CLAIM(vector, memcmp(frame.payload, expected->payload.bytes, frame.length) == 0);
        }
    }
    for (int again = 0; again < 2; again++) {
        int result = evloop_read(pipe, &frame);
        switch (vector->ending) {
        case CLEAN:
            CLAIM(vector, result == EVLOOP_END);
            break;
        case INVALID:
            CLAIM(vector, result == EVLOOP_ERROR_INVALID_FRAME);
            CLAIM(vector, pipe->error.channel == vector->first);
            CLAIM(vector, pipe->error.declared_length == vector->second);
            CLAIM(vector, evloop_buffered(pipe));
            break;
        case TRUNCATED:
            CLAIM(vector, result == EVLOOP_ERROR_TRUNCATED_FRAME);
            CLAIM(vector, pipe->error.wanted == vector->first);
            CLAIM(vector, pipe->error.got == vector->second);
            break;
        }
    }
}

/* A kernel that has the bytes of a vector and gives them out in pieces, with an interruption before each. */
static const struct vector *played;
static size_t played_bytes;
static size_t (*piece_length)(void);
static int interrupt_next;

static ssize_t play(int fd, void *bytes, size_t length) {
    (void) fd;
    if (interrupt_next) {
        interrupt_next = 0;
        errno = EINTR;
        return -1;
    }
    interrupt_next = 1;
    const size_t rest = played->stream.length - played_bytes;
    size_t count = piece_length();
    count = count < length ? count : length;
    count = count < rest ? count : rest;
    if (count > 0) {
        memcpy(bytes, played->stream.bytes + played_bytes, count);
    }
    played_bytes += count;
    return (ssize_t) count;
}

static void read_played(const struct vector *vector) {
    struct ends ends = open_ends();
    CHECK_EQUAL(0, evloop_set_max_frame_length(&ends.pipe, (uint32_t) vector->limit));
    played = vector;
    played_bytes = 0;
    on_read = play;
    expect_vector(&ends.pipe, vector);
    close_ends(&ends);
}

static size_t all(void) {
    return SIZE_MAX;
}

static size_t one(void) {
    return 1;
}

static uint64_t random_state;

static uint32_t next_random(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) (random_state >> 33);
}

/* Around a header as often as up to a whole read. */
static size_t at_random(void) {
    return next_random() % 2 == 0 ? 1 + next_random() % 12 : 1 + next_random() % (300 * 1024);
}

static void reads_every_vector_whole(void) {
    piece_length = all;
    for_each_vector(read_played);
}

static void read_played_if_short(const struct vector *vector) {
    if (vector->stream.length <= 128 * 1024) {
        read_played(vector);
    }
}

static void reads_every_vector_cut_at_every_byte(void) {
    piece_length = one;
    for_each_vector(read_played_if_short);
}

static void reads_every_vector_cut_at_random(void) {
    piece_length = at_random;
    random_state = 1;
    for_each_vector(read_played);
    for_each_vector(read_played_if_short);
    for_each_vector(read_played_if_short);
}

/* A thread that writes a vector and half-closes, or reads what a vector has. */
struct traffic {
    const struct vector *vector;
    int fd;
};

static void *write_stream(void *argument) {
    const struct traffic *traffic = argument;
    put(traffic->fd, traffic->vector->stream.bytes, traffic->vector->stream.length);
    CHECK_EQUAL(0, shutdown(traffic->fd, SHUT_WR));
    return NULL;
}

static void read_from_socket(const struct vector *vector) {
    for (int nonblocking = 0; nonblocking <= 1; nonblocking++) {
        struct ends ends = open_ends();
        CHECK_EQUAL(0, evloop_set_max_frame_length(&ends.pipe, (uint32_t) vector->limit));
        if (nonblocking) {
            set_nonblocking(ends.pipe.fd);
        }
        struct traffic traffic = {vector, ends.peer};
        pthread_t writer;
        CHECK_EQUAL(0, pthread_create(&writer, NULL, write_stream, &traffic));
        expect_vector(&ends.pipe, vector);
        CHECK_EQUAL(0, pthread_join(writer, NULL));
        close_ends(&ends);
    }
}

static void reads_every_vector_from_a_socket_that_blocks_and_one_that_does_not(void) {
    for_each_vector(read_from_socket);
}

static void *read_stream(void *argument) {
    const struct traffic *traffic = argument;
    static unsigned char bytes[64 * 1024];
    size_t done = 0;
    for (;;) {
        ssize_t count = recv(traffic->fd, bytes, sizeof bytes, 0);
        CHECK(count >= 0);
        if (count == 0) {
            break;
        }
        CLAIM(traffic->vector, done + (size_t) count <= traffic->vector->stream.length);
        CLAIM(traffic->vector, memcmp(bytes, traffic->vector->stream.bytes + done, (size_t) count) == 0);
        done += (size_t) count;
    }
    CLAIM(traffic->vector, done == traffic->vector->stream.length);
    return NULL;
}

/* A kernel that takes a part of what it is given, now and then nothing. */
static ssize_t fall_short(int fd, const struct msghdr *message, int flags) {
    struct iovec vector = message->msg_iov[message->msg_iov[0].iov_len == 0];
    struct msghdr part = {.msg_iov = &vector, .msg_iovlen = 1};
    switch (next_random() % 4) {
    case 0:
        errno = EINTR;
        return -1;
    case 1:
        errno = EAGAIN;
        return -1;
    case 2:
        vector.iov_len = 1 + next_random() % vector.iov_len;
        return sendmsg(fd, &part, flags);
    default:
        return sendmsg(fd, message, flags);
    }
}

static void write_frames(const struct vector *vector, ssize_t (*kernel)(int, const struct msghdr *, int)) {
    struct ends ends = open_ends();
    struct traffic traffic = {vector, ends.peer};
    pthread_t reader;
    CHECK_EQUAL(0, pthread_create(&reader, NULL, read_stream, &traffic));
    on_sendmsg = kernel;
    for (size_t i = 0; i < vector->frame_count; i++) {
        const struct expected_frame *frame = &vector->frames[i];
        for (unsigned long n = 0; n < frame->number; n++) {
            CLAIM(vector, evloop_write(&ends.pipe, (uint16_t) frame->channel, frame->payload.bytes,
                                       frame->payload.length) == 0);
        }
    }
    CLAIM(vector, evloop_shutdown_output(&ends.pipe) == 0);
    CHECK_EQUAL(0, pthread_join(reader, NULL));
    close_ends(&ends);
}

static void write_if_clean(const struct vector *vector) {
    if (vector->ending == CLEAN) {
        write_frames(vector, NULL);
        write_frames(vector, fall_short);
    }
}

static void writes_the_bytes_of_every_clean_vector(void) {
    random_state = 1;
    for_each_vector(write_if_clean);
}

int main(void) {
    signal(SIGPIPE, SIG_DFL);
    RUN(reads_every_vector_whole);
    RUN(reads_every_vector_cut_at_every_byte);
    RUN(reads_every_vector_cut_at_random);
    RUN(reads_every_vector_from_a_socket_that_blocks_and_one_that_does_not);
    RUN(writes_the_bytes_of_every_clean_vector);
    return 0;
}
