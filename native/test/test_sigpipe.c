/* A lost reader is -EPIPE and nothing else, though SIGPIPE has its default action here: to end the process. */
#include "evl_test.h"

#include <pthread.h>

#include "evl_sys.h"

static int put_write(int fd) {
    return evl_write(fd, "x", 1);
}

static int put_writev(int fd) {
    struct iovec vector = {.iov_base = "x", .iov_len = 1};
    return evl_writev(fd, &vector, 1);
}

static int put_send(int fd) {
    return evl_send(fd, "x", 1);
}

static int put_sendv(int fd) {
    struct iovec vector = {.iov_base = "x", .iov_len = 1};
    return evl_sendv(fd, &vector, 1);
}

/* The end to write to of a pair whose other end is closed. */
static int orphan(int64_t pair) {
    CHECK_EQUAL(0, evl_close(upper(pair)));
    return lower(pair);
}

static int is_pending(void) {
    sigset_t pending;
    CHECK_EQUAL(0, sigpending(&pending));
    return sigismember(&pending, SIGPIPE);
}

static int is_blocked(void) {
    sigset_t mask;
    CHECK_EQUAL(0, pthread_sigmask(SIG_SETMASK, NULL, &mask));
    return sigismember(&mask, SIGPIPE);
}

static void set_blocked(int how) {
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    CHECK_EQUAL(0, pthread_sigmask(how, &sigpipe, NULL));
}

static void every_writer_reports_a_lost_reader(void) {
    const struct {
        int (*put)(int fd);
        int64_t (*pair)(void);
    } cases[] = {
        {put_write, evl_pipe},       {put_writev, evl_pipe},     {put_write, evl_socketpair},
        {put_writev, evl_socketpair}, {put_send, evl_socketpair}, {put_sendv, evl_socketpair},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = orphan(cases[i].pair());
        CHECK_EQUAL(-EPIPE, cases[i].put(fd));
        CHECK_EQUAL(-EPIPE, cases[i].put(fd));
        CHECK(!is_blocked());
        CHECK(!is_pending());
        CHECK_EQUAL(0, evl_close(fd));
    }
}

static void a_blocked_sigpipe_stays_blocked_and_none_is_left_behind(void) {
    int fd = orphan(evl_pipe());
    set_blocked(SIG_BLOCK);
    CHECK_EQUAL(-EPIPE, put_write(fd));
    CHECK_EQUAL(-EPIPE, put_writev(fd));
    CHECK(is_blocked());
    CHECK(!is_pending());
    set_blocked(SIG_UNBLOCK);
    CHECK_EQUAL(0, evl_close(fd));
}

static void a_sigpipe_that_was_pending_stays_pending(void) {
    int fd = orphan(evl_pipe());
    set_blocked(SIG_BLOCK);
    CHECK_EQUAL(0, pthread_kill(pthread_self(), SIGPIPE));
    CHECK_EQUAL(-EPIPE, put_write(fd));
    CHECK_EQUAL(-EPIPE, put_writev(fd));
    CHECK(is_blocked());
    CHECK(is_pending());
    const struct timespec at_once = {0, 0};
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    CHECK_EQUAL(SIGPIPE, sigtimedwait(&sigpipe, NULL, &at_once));
    CHECK(!is_pending());
    set_blocked(SIG_UNBLOCK);
    CHECK_EQUAL(0, evl_close(fd));
}

static volatile sig_atomic_t handled;

static void count_signal(int signal) {
    (void) signal;
    handled++;
}

static void an_applications_handler_is_not_called(void) {
    int fd = orphan(evl_pipe());
    handled = 0;
    signal(SIGPIPE, count_signal);
    CHECK_EQUAL(-EPIPE, put_write(fd));
    CHECK_EQUAL(-EPIPE, put_writev(fd));
    CHECK_EQUAL(0, handled);
    raise(SIGPIPE);
    CHECK_EQUAL(1, handled);
    signal(SIGPIPE, SIG_DFL);
    CHECK_EQUAL(0, evl_close(fd));
}

static void an_ignored_sigpipe_changes_nothing(void) {
    int fd = orphan(evl_pipe());
    signal(SIGPIPE, SIG_IGN);
    CHECK_EQUAL(-EPIPE, put_write(fd));
    signal(SIGPIPE, SIG_DFL);
    CHECK(!is_pending());
    CHECK_EQUAL(0, evl_close(fd));
}

enum { LONG_WRITE = 4 * 1024 * 1024, READ_BEFORE_LEAVING = 200 * 1024 };

static void *read_some_and_leave(void *argument) {
    int fd = *(int *) argument;
    char bytes[4096];
    for (int total = 0; total < READ_BEFORE_LEAVING;) {
        int count = evl_read(fd, bytes, sizeof bytes);
        CHECK(count > 0);
        total += count;
    }
    CHECK_EQUAL(0, evl_close(fd));
    return NULL;
}

/* The kernel then sends SIGPIPE and yet returns a count. */
static void a_reader_lost_in_the_middle_of_a_blocking_write_is_a_short_count(void) {
    static char bytes[LONG_WRITE];
    for (int vectored = 0; vectored <= 1; vectored++) {
        int64_t pipe = evl_pipe();
        int from = upper(pipe);
        int to = lower(pipe);
        pthread_t reader;
        CHECK_EQUAL(0, pthread_create(&reader, NULL, read_some_and_leave, &from));
        struct iovec vectors[] = {{bytes, LONG_WRITE / 2}, {bytes + LONG_WRITE / 2, LONG_WRITE / 2}};
        int written = vectored ? evl_writev(to, vectors, 2) : evl_write(to, bytes, LONG_WRITE);
        CHECK(written >= READ_BEFORE_LEAVING && written < LONG_WRITE);
        CHECK(!is_pending());
        CHECK_EQUAL(0, pthread_join(reader, NULL));
        CHECK_EQUAL(-EPIPE, put_write(to));
        CHECK_EQUAL(0, evl_close(to));
    }
}

int main(void) {
    signal(SIGPIPE, SIG_DFL);
    set_blocked(SIG_UNBLOCK);
    RUN(every_writer_reports_a_lost_reader);
    RUN(a_blocked_sigpipe_stays_blocked_and_none_is_left_behind);
    RUN(a_sigpipe_that_was_pending_stays_pending);
    RUN(an_applications_handler_is_not_called);
    RUN(an_ignored_sigpipe_changes_nothing);
    RUN(a_reader_lost_in_the_middle_of_a_blocking_write_is_a_short_count);
    return 0;
}
