/* The header for workers in C: what it gathers, what it refuses, what it says when the peer, memory or the pipe is gone. */
#include "evl_h_test.h"

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

/* Frames of 6 + 32,762 bytes: two of them are exactly 64 KiB. */
static void sends_when_64_kib_are_gathered(void) {
    static unsigned char bytes[64 * 1024 + 1];
    struct ends ends = open_ends();
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 1, bytes, 32762));
    CHECK_EQUAL(0, take(ends.peer, bytes, sizeof bytes));
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 2, bytes, 32762));
    CHECK_EQUAL(64 * 1024, take(ends.peer, bytes, sizeof bytes));
    CHECK_EQUAL(0, evloop_write(&ends.pipe, 3, bytes, 64 * 1024 - 6));
    CHECK_EQUAL(64 * 1024, take(ends.peer, bytes, sizeof bytes));
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

static size_t trickled;
static size_t most_memory;

/* A header that claims 64 MiB, and then 1,024 bytes at a time up to 300 KiB. */
static ssize_t trickle(int fd, void *bytes, size_t length) {
    static const unsigned char header[] = {0, 1, 4, 0, 0, 0};
    (void) fd;
    most_memory = trickled + length > most_memory ? trickled + length : most_memory;
    size_t count = trickled == 0 ? sizeof header : trickled < 300 * 1024 ? 1024 : 0;
    count = count < length ? count : length;
    if (trickled == 0) {
        memcpy(bytes, header, count);
    } else {
        memset(bytes, 0, count);
    }
    trickled += count;
    return (ssize_t) count;
}

static void memory_follows_the_bytes_received_and_not_the_header(void) {
    struct ends ends = open_ends();
    evloop_frame frame;
    trickled = 0;
    on_read = trickle;
    CHECK_EQUAL(EVLOOP_ERROR_TRUNCATED_FRAME, evloop_read(&ends.pipe, &frame));
    CHECK_EQUAL(67108870, ends.pipe.error.wanted);
    CHECK_EQUAL(trickled, ends.pipe.error.got);
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
    static const char *const values[] = {"", "x", "3x", " ", " 3", "+3", "-1", "0x3", "99999999999999999999", "4294967299"};
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
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(EPIPE, ends.pipe.error.number);
    put(ends.peer, "\0\x01\0\0\0\x01" "a", 7);
    CHECK_EQUAL(EVLOOP_FRAME, evloop_read(&ends.pipe, &frame));
    close_ends(&ends);
}

/* Nothing is allocated, either: LeakSanitizer holds that. */
static void expect_closed(evloop_pipe *pipe) {
    evloop_frame frame;
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_flush(pipe));
    CHECK_EQUAL(0, strcmp("sendmsg: Bad file descriptor", evloop_message(pipe)));
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_read(pipe, &frame));
    CHECK_EQUAL(0, strcmp("read: Bad file descriptor", evloop_message(pipe)));
    CHECK(pipe->input_ == NULL);
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_shutdown_output(pipe));
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
    CHECK_EQUAL(EVLOOP_ERROR_SYSTEM, evloop_write(&ends.pipe, 1, "x", 1));
    CHECK_EQUAL(EBADF, ends.pipe.error.number);
    expect_closed(&ends.pipe);
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
    RUN(gathers_until_a_flush);
    RUN(sends_when_64_kib_are_gathered);
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
