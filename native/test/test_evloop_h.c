/* The header for workers in C, against the conformance vectors and against a kernel that interrupts and falls short. */
#include "evl_vectors.h"

#include <pthread.h>
#include <sys/socket.h>

/* What evloop.h calls; the kernel, unless a test has put something in its place. */
static ssize_t (*on_read)(int fd, void *bytes, size_t length);
static ssize_t (*on_sendmsg)(int fd, const struct msghdr *message, int flags);
static int allocations_left; /* below 0: without limit */

static ssize_t test_read(int fd, void *bytes, size_t length) {
    return on_read != NULL ? on_read(fd, bytes, length) : read(fd, bytes, length);
}

static ssize_t test_sendmsg(int fd, const struct msghdr *message, int flags) {
    CHECK((flags & MSG_NOSIGNAL) != 0);
    return on_sendmsg != NULL ? on_sendmsg(fd, message, flags) : sendmsg(fd, message, flags);
}

static int may_allocate(void) {
    if (allocations_left == 0) {
        return 0;
    }
    allocations_left--;
    return 1;
}

static void *test_malloc(size_t length) {
    return may_allocate() ? malloc(length) : NULL;
}

static void *test_realloc(void *block, size_t length) {
    return may_allocate() ? realloc(block, length) : NULL;
}

#define read test_read
#define sendmsg test_sendmsg
#define malloc test_malloc
#define realloc test_realloc
#include "evloop.h"
#undef read
#undef sendmsg
#undef malloc
#undef realloc

/* A pipe and the raw end opposite. */
struct ends {
    evloop_pipe pipe;
    int peer;
};

static struct ends open_ends(void) {
    struct ends ends;
    int pair[2];
    CHECK_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    CHECK_EQUAL(0, evloop_adopt(&ends.pipe, pair[0]));
    ends.peer = pair[1];
    allocations_left = -1;
    on_read = NULL;
    on_sendmsg = NULL;
    return ends;
}

static void close_ends(struct ends *ends) {
    CHECK_EQUAL(0, evloop_close(&ends->pipe));
    CHECK_EQUAL(0, close(ends->peer));
}

static void put(int fd, const void *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t count = send(fd, (const char *) bytes + done, length - done, MSG_NOSIGNAL);
        CHECK(count > 0);
        done += (size_t) count;
    }
}

/* What can be read now; 0 = nothing yet. */
static size_t take(int fd, void *bytes, size_t length) {
    ssize_t count = recv(fd, bytes, length, MSG_DONTWAIT);
    CHECK(count > 0 || (count < 0 && errno == EAGAIN));
    return count < 0 ? 0 : (size_t) count;
}

static void set_nonblocking(int fd) {
    CHECK_EQUAL(0, fcntl(fd, F_SETFL, O_NONBLOCK));
}

/* ---- the vectors ---- */

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

/* ---- writing ---- */

static void gathers_until_a_flush(void) {
    struct ends ends = open_ends();
    unsigned char bytes[64];
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 0x0102, "ab", 2));
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 0xffff, "c", 1));
    CHECK_EQUAL(0, take(ends.peer, bytes, sizeof bytes));
    CHECK_EQUAL(0, evloop_flush(&ends.pipe));
    CHECK_EQUAL(15, take(ends.peer, bytes, sizeof bytes));
    CHECK_EQUAL(0, memcmp(bytes, "\x01\x02\0\0\0\x02" "ab" "\xff\xff\0\0\0\x01" "c", 15));
    CHECK_EQUAL(0, evloop_flush(&ends.pipe));
    CHECK_EQUAL(0, take(ends.peer, bytes, sizeof bytes));
    close_ends(&ends);
}

static void flushes_before_it_waits_and_not_while_frames_are_at_hand(void) {
    struct ends ends = open_ends();
    evloop_frame frame;
    unsigned char bytes[64];
    put(ends.peer, "\0\x01\0\0\0\x01" "a" "\0\x02\0\0\0\x01" "b", 14);
    CHECK_EQUAL(0, evloop_buffered(&ends.pipe));
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 3, frame.payload, frame.length));
    CHECK_EQUAL(1, evloop_buffered(&ends.pipe));
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(2, frame.channel);
    CHECK_EQUAL(0, evloop_buffered(&ends.pipe));
    CHECK_EQUAL(0, take(ends.peer, bytes, sizeof bytes));
    CHECK_EQUAL(0, shutdown(ends.peer, SHUT_WR));
    CHECK_EQUAL(EVLOOP_END, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(7, take(ends.peer, bytes, sizeof bytes));
    close_ends(&ends);
}

static void refuses_what_no_reader_would_accept(void) {
    struct ends ends = open_ends();
    void *payload = malloc(EVLOOP_MAX_FRAME_LENGTH + 1);
    CHECK(payload != NULL);
    CHECK_EQUAL(EVLOOP_ERROR_ARGUMENT, evloop_write(&ends.pipe, 1, payload, 0));
    CHECK_EQUAL(EVLOOP_ERROR_ARGUMENT, evloop_write(&ends.pipe, 1, payload, EVLOOP_MAX_FRAME_LENGTH + 1));
    CHECK_EQUAL(EVLOOP_ERROR_ARGUMENT, evloop_set_max_frame_length(&ends.pipe, 0));
    CHECK_EQUAL(EVLOOP_ERROR_ARGUMENT, evloop_set_max_frame_length(&ends.pipe, EVLOOP_MAX_FRAME_LENGTH + 1));
    CHECK_EQUAL(0, evloop_set_max_frame_length(&ends.pipe, 1));
    CHECK_EQUAL(EVLOOP_ERROR_ARGUMENT, evloop_write(&ends.pipe, 1, payload, 2));
    CHECK_EQUAL(0, strcmp("a length is out of range", evloop_message(&ends.pipe)));
    CHECK_EQUAL(0, evloop_flush(&ends.pipe));
    CHECK_EQUAL(0, take(ends.peer, payload, 1));
    free(payload);
    close_ends(&ends);
}

static void reports_a_lost_reader_without_a_signal_and_reads_on(void) {
    struct ends ends = open_ends();
    evloop_frame frame;
    put(ends.peer, "\0\x01\0\0\0\x01" "a" "\0\x02\0\0\0\x01" "b", 14);
    CHECK_EQUAL(0, close(ends.peer));
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_flush(&ends.pipe));
    CHECK_EQUAL(EPIPE, ends.pipe.error.number);
    CHECK_EQUAL(0, strcmp("sendmsg: Broken pipe", evloop_message(&ends.pipe)));
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(2, frame.channel);
    CHECK_EQUAL(EVLOOP_END, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_flush(&ends.pipe));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_shutdown_output(&ends.pipe));
    CHECK_EQUAL(EPIPE, ends.pipe.error.number);
    CHECK_EQUAL(0, evloop_close(&ends.pipe));
}

static void delivers_the_frames_before_a_connection_reset(void) {
    struct ends ends = open_ends();
    evloop_frame frame;
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 1, "unread", 6));
    CHECK_EQUAL(0, evloop_flush(&ends.pipe));
    put(ends.peer, "\0\x01\0\0\0\x01" "a", 7);
    CHECK_EQUAL(0, close(ends.peer));
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(ECONNRESET, ends.pipe.error.number);
    CHECK_EQUAL(EVLOOP_END, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(0, evloop_close(&ends.pipe));
}

static void survives_the_lack_of_memory(void) {
    struct ends ends = open_ends();
    evloop_frame frame;
    put(ends.peer, "\0\x01\0\0\0\x01" "a", 7);
    allocations_left = 0;
    CHECK_EQUAL(EVLOOP_ERROR_MEMORY, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(EVLOOP_ERROR_MEMORY, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(0, strcmp("out of memory", evloop_message(&ends.pipe)));
    allocations_left = 2;
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL('a', frame.payload[0]);
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 1, "x", 1));
    close_ends(&ends);
}

/* ---- memory ---- */

static size_t most_memory;

/* A header that claims 64 MiB, and then 1,024 bytes at a time up to 300 KiB. */
static ssize_t trickle(int fd, void *bytes, size_t length) {
    static const unsigned char header[] = {0, 1, 4, 0, 0, 0};
    (void) fd;
    most_memory = played_bytes + length > most_memory ? played_bytes + length : most_memory;
    size_t count = played_bytes == 0 ? sizeof header : played_bytes < 300 * 1024 ? 1024 : 0;
    count = count < length ? count : length;
    if (played_bytes == 0) {
        memcpy(bytes, header, count);
    } else {
        memset(bytes, 0, count);
    }
    played_bytes += count;
    return (ssize_t) count;
}

static void memory_follows_the_bytes_received_and_not_the_header(void) {
    struct ends ends = open_ends();
    evloop_frame frame;
    played_bytes = 0;
    on_read = trickle;
    CHECK_EQUAL(EVLOOP_ERROR_TRUNCATED_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(67108870, ends.pipe.error.wanted);
    CHECK_EQUAL(played_bytes, ends.pipe.error.got);
    CHECK(strstr(evloop_message(&ends.pipe), "wanted 67108870 bytes, got 30") != NULL);
    CHECK(most_memory <= 512 * 1024);
    close_ends(&ends);
}

/* ---- the environment, the end ---- */

static void opens_what_the_environment_names_and_leaves_nothing_for_a_grandchild(void) {
    int pair[2];
    char number[16];
    evloop_pipe pipe;
    CHECK_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    snprintf(number, sizeof number, "%d", pair[0]);
    CHECK_EQUAL(0, setenv("EVLOOP_FD", number, 1));
    CHECK_EQUAL(0, evloop_open(&pipe));
    CHECK_EQUAL(pair[0], pipe.fd);
    CHECK_EQUAL(FD_CLOEXEC, fcntl(pipe.fd, F_GETFD));
    CHECK(getenv("EVLOOP_FD") == NULL);
    CHECK_EQUAL(0, evloop_close(&pipe));
    CHECK_EQUAL(0, close(pair[1]));
}

static void says_that_it_is_no_worker(void) {
    static const char *const values[] = {"", "x", "3x", " ", "-1", "99999999999999999999", "4294967299"};
    evloop_pipe pipe;
    unsetenv("EVLOOP_FD");
    CHECK_EQUAL(EVLOOP_ERROR_ENVIRONMENT, evloop_open(&pipe));
    CHECK(strstr(evloop_message(&pipe), "EVLOOP_FD") != NULL);
    CHECK_EQUAL(0, evloop_close(&pipe));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK_EQUAL(0, setenv("EVLOOP_FD", values[i], 1));
        CHECK_EQUAL(EVLOOP_ERROR_ENVIRONMENT, evloop_open(&pipe));
        CHECK_EQUAL(0, evloop_close(&pipe));
    }
    unsetenv("EVLOOP_FD");
}

static void refuses_what_is_no_stream_socket_and_leaves_it_to_the_caller(void) {
    evloop_pipe pipe;
    int datagrams = CHECKED_FD(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    int file = CHECKED_FD(open("/dev/null", O_RDWR | O_CLOEXEC));
    CHECK_EQUAL(0, setenv("EVLOOP_FD", "1000000", 1));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_open(&pipe));
    CHECK_EQUAL(EBADF, pipe.error.number);
    CHECK(getenv("EVLOOP_FD") != NULL);
    unsetenv("EVLOOP_FD");
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_adopt(&pipe, file));
    CHECK_EQUAL(ENOTSOCK, pipe.error.number);
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_adopt(&pipe, datagrams));
    CHECK_EQUAL(EPROTOTYPE, pipe.error.number);
    CHECK_EQUAL(0, evloop_close(&pipe));
    CHECK_EQUAL(0, close(datagrams));
    CHECK_EQUAL(0, close(file));
}

static void half_closes_after_what_is_gathered_and_reads_on(void) {
    struct ends ends = open_ends();
    evloop_frame frame;
    unsigned char bytes[16];
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(0, evloop_shutdown_output(&ends.pipe));
    CHECK_EQUAL(7, recv(ends.peer, bytes, sizeof bytes, 0));
    CHECK_EQUAL(0, recv(ends.peer, bytes, sizeof bytes, 0));
    put(ends.peer, "\0\x01\0\0\0\x01" "a", 7);
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    close_ends(&ends);
}

static void sends_what_is_gathered_when_it_is_closed_and_closes_once(void) {
    struct ends ends = open_ends();
    unsigned char bytes[16];
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(0, evloop_close(&ends.pipe));
    CHECK_EQUAL(-1, ends.pipe.fd);
    CHECK_EQUAL(7, recv(ends.peer, bytes, sizeof bytes, 0));
    CHECK_EQUAL(0, recv(ends.peer, bytes, sizeof bytes, 0));
    CHECK_EQUAL(0, evloop_close(&ends.pipe));
    CHECK_EQUAL(0, close(ends.peer));
}

static void closes_though_the_last_flush_fails(void) {
    struct ends ends = open_ends();
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(0, close(ends.peer));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_close(&ends.pipe));
    CHECK_EQUAL(-1, ends.pipe.fd);
}

int main(void) {
    signal(SIGPIPE, SIG_DFL);
    RUN(reads_every_vector_whole);
    RUN(reads_every_vector_cut_at_every_byte);
    RUN(reads_every_vector_cut_at_random);
    RUN(reads_every_vector_from_a_socket_that_blocks_and_one_that_does_not);
    RUN(writes_the_bytes_of_every_clean_vector);
    RUN(gathers_until_a_flush);
    RUN(flushes_before_it_waits_and_not_while_frames_are_at_hand);
    RUN(refuses_what_no_reader_would_accept);
    RUN(reports_a_lost_reader_without_a_signal_and_reads_on);
    RUN(delivers_the_frames_before_a_connection_reset);
    RUN(survives_the_lack_of_memory);
    RUN(memory_follows_the_bytes_received_and_not_the_header);
    RUN(opens_what_the_environment_names_and_leaves_nothing_for_a_grandchild);
    RUN(says_that_it_is_no_worker);
    RUN(refuses_what_is_no_stream_socket_and_leaves_it_to_the_caller);
    RUN(half_closes_after_what_is_gathered_and_reads_on);
    RUN(sends_what_is_gathered_when_it_is_closed_and_closes_once);
    RUN(closes_though_the_last_flush_fails);
    return 0;
}
