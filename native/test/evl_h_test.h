/* evloop.h over calls that a test can replace, and a pipe with a raw end opposite. Included once per test program. */
#ifndef EVL_H_TEST_H
#define EVL_H_TEST_H

#include "evl_test.h"

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

static inline struct ends open_ends(void) {
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

static inline void close_ends(struct ends *ends) {
    CHECK_EQUAL(0, evloop_close(&ends->pipe));
    CHECK_EQUAL(0, close(ends->peer));
}

static inline void put(int fd, const void *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t count = send(fd, (const char *) bytes + done, length - done, MSG_NOSIGNAL);
        CHECK(count > 0);
        done += (size_t) count;
    }
}

/* What can be read now; 0 = nothing yet. */
static inline size_t take(int fd, void *bytes, size_t length) {
    ssize_t count = recv(fd, bytes, length, MSG_DONTWAIT);
    CHECK(count > 0 || (count < 0 && errno == EAGAIN));
    return count < 0 ? 0 : (size_t) count;
}

static inline void set_nonblocking(int fd) {
    CHECK_EQUAL(0, fcntl(fd, F_SETFL, O_NONBLOCK));
}

#endif
