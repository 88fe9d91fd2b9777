#include "evl_test.h"

#include <limits.h>
#include <sys/syscall.h>

#include "evl_sys.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

enum { MAX_EVENTS = 8, MILLI = 1000000 };

static const int64_t WITHOUT_LIMIT = -1;

static void creates_descriptors_with_close_on_exec(void) {
    int epoll = CHECKED_FD(evl_epoll_create());
    int event = CHECKED_FD(evl_eventfd());
    CHECK_EQUAL(FD_CLOEXEC, fcntl(epoll, F_GETFD));
    CHECK_EQUAL(FD_CLOEXEC, fcntl(event, F_GETFD));
    CHECK(fcntl(event, F_GETFL) & O_NONBLOCK);
    CHECK_EQUAL(0, evl_close(event));
    CHECK_EQUAL(0, evl_close(epoll));
}

static void reports_readiness_with_the_whole_token(void) {
    const uint64_t token = 0xfedcba9876543210u;
    int epoll = CHECKED_FD(evl_epoll_create());
    int event = CHECKED_FD(evl_eventfd());
    struct epoll_event events[MAX_EVENTS];
    CHECK_EQUAL(0, evl_epoll_ctl(epoll, EPOLL_CTL_ADD, event, EPOLLIN, token));
    CHECK_EQUAL(0, evl_epoll_wait(epoll, events, MAX_EVENTS, 0));
    CHECK_EQUAL(0, evl_eventfd_write(event));
    const int64_t timeouts[] = {0, 1, MILLI, INT64_MAX, WITHOUT_LIMIT, INT64_MIN};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        memset(events, 0, sizeof events);
        CHECK_EQUAL(1, evl_epoll_wait(epoll, events, MAX_EVENTS, timeouts[i]));
        CHECK(events[0].data.u64 == token);
        CHECK_EQUAL(EPOLLIN, events[0].events);
    }
    CHECK_EQUAL(0, evl_epoll_ctl(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLET | EPOLLOUT, 7));
    CHECK_EQUAL(1, evl_epoll_wait(epoll, events, MAX_EVENTS, WITHOUT_LIMIT));
    CHECK_EQUAL(7, events[0].data.u64);
    CHECK_EQUAL(EPOLLIN | EPOLLOUT, events[0].events);
    CHECK_EQUAL(0, evl_epoll_ctl(epoll, EPOLL_CTL_DEL, event, 0, 0));
    CHECK_EQUAL(0, evl_epoll_wait(epoll, events, MAX_EVENTS, 0));
    CHECK_EQUAL(0, evl_close(event));
    CHECK_EQUAL(0, evl_close(epoll));
}

static void refuses_what_epoll_refuses(void) {
    int epoll = CHECKED_FD(evl_epoll_create());
    int event = CHECKED_FD(evl_eventfd());
    int file = CHECKED_FD(evl_open("/proc/self/exe", O_RDONLY, 0));
    struct epoll_event events[MAX_EVENTS];
    CHECK_EQUAL(-ENOENT, evl_epoll_ctl(epoll, EPOLL_CTL_MOD, event, EPOLLIN, 0));
    CHECK_EQUAL(-ENOENT, evl_epoll_ctl(epoll, EPOLL_CTL_DEL, event, 0, 0));
    CHECK_EQUAL(0, evl_epoll_ctl(epoll, EPOLL_CTL_ADD, event, EPOLLIN, 0));
    CHECK_EQUAL(-EEXIST, evl_epoll_ctl(epoll, EPOLL_CTL_ADD, event, EPOLLIN, 0));
    CHECK_EQUAL(-EPERM, evl_epoll_ctl(epoll, EPOLL_CTL_ADD, file, EPOLLIN, 0));
    CHECK_EQUAL(-EPERM, evl_epoll_ctl(epoll, EPOLL_CTL_MOD, file, EPOLLIN, 0));
    CHECK_EQUAL(-EBADF, evl_epoll_ctl(epoll, EPOLL_CTL_ADD, -1, EPOLLIN, 0));
    CHECK_EQUAL(-EINVAL, evl_epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN, 0));
    const int64_t timeouts[] = {0, MILLI, WITHOUT_LIMIT};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        CHECK_EQUAL(-EINVAL, evl_epoll_wait(epoll, events, 0, timeouts[i]));
        CHECK_EQUAL(-EINVAL, evl_epoll_wait(epoll, events, INT_MIN, timeouts[i]));
        CHECK_EQUAL(-EINVAL, evl_epoll_wait(event, events, MAX_EVENTS, timeouts[i]));
        CHECK_EQUAL(-EBADF, evl_epoll_wait(-1, events, MAX_EVENTS, timeouts[i]));
    }
    CHECK_EQUAL(0, evl_close(file));
    CHECK_EQUAL(0, evl_close(event));
    CHECK_EQUAL(0, evl_close(epoll));
}

static int64_t waited_nanos(int epoll, int64_t timeout_nanos) {
    struct epoll_event events[MAX_EVENTS];
    int64_t start = now_nanos();
    CHECK_EQUAL(0, evl_epoll_wait(epoll, events, MAX_EVENTS, timeout_nanos));
    return now_nanos() - start;
}

static void waits_by_the_nanosecond_where_the_kernel_can(void) {
    if (syscall(SYS_epoll_pwait2, -1, NULL, 0, NULL, NULL, (size_t) 0) < 0 && errno == ENOSYS) {
        fprintf(stderr, "  skipped: no epoll_pwait2 here\n");
        return;
    }
    enum { TIMEOUT = 100000, ATTEMPTS = 200 };
    int epoll = CHECKED_FD(evl_epoll_create());
    int64_t shortest = INT64_MAX;
    for (int i = 0; i < ATTEMPTS; i++) {
        int64_t waited = waited_nanos(epoll, TIMEOUT);
        CHECK(waited >= TIMEOUT);
        shortest = waited < shortest ? waited : shortest;
    }
    CHECK(shortest < MILLI);
    CHECK_EQUAL(0, evl_close(epoll));
}

static void a_signal_ends_a_wait_with_nothing_ready(void) {
    int epoll = CHECKED_FD(evl_epoll_create());
    struct epoll_event events[MAX_EVENTS];
    storm_begin(NULL);
    for (int i = 0; i < STORM_RELIEF; i++) {
        /* The last is 2^32 ms: cut to an int it would not wait at all. */
        const int64_t timeouts[] = {WITHOUT_LIMIT, (int64_t) 3600 * 1000 * MILLI, ((int64_t) 1 << 32) * MILLI};
        for (size_t j = 0; j < sizeof timeouts / sizeof *timeouts; j++) {
            int before = storm_signals;
            CHECK_EQUAL(0, evl_epoll_wait(epoll, events, MAX_EVENTS, timeouts[j]));
            CHECK(storm_signals > before);
        }
    }
    storm_end();
    CHECK_EQUAL(0, evl_close(epoll));
}

static void wait_without_pwait2(int error) {
    if (!deny_system_call(SYS_epoll_pwait2, error)) {
        return;
    }
    int epoll = CHECKED_FD(evl_epoll_create());
    /* Twice: with the refusal, and with the memory of it. Rounded up, never down. */
    CHECK(waited_nanos(epoll, 1) >= MILLI);
    CHECK(waited_nanos(epoll, 1) >= MILLI);
    CHECK(waited_nanos(epoll, MILLI + 1) >= 2 * MILLI);
    CHECK(waited_nanos(epoll, MILLI) >= MILLI);
    CHECK_EQUAL(0, evl_close(epoll));
    reports_readiness_with_the_whole_token();
    refuses_what_epoll_refuses();
    a_signal_ends_a_wait_with_nothing_ready();
}

static void without_system_call(void) {
    wait_without_pwait2(ENOSYS);
}

static void with_forbidden_system_call(void) {
    wait_without_pwait2(EPERM);
}

static void falls_back_to_milliseconds_rounded_up(void) {
    in_forked_process(without_system_call);
    in_forked_process(with_forbidden_system_call);
}

static void a_saturated_eventfd_is_no_error(void) {
    int event = CHECKED_FD(evl_eventfd());
    uint64_t count = UINT64_MAX - 1;
    CHECK_EQUAL(sizeof count, write(event, &count, sizeof count));
    CHECK_EQUAL(0, evl_eventfd_write(event));
    CHECK_EQUAL(sizeof count, evl_read(event, &count, sizeof count));
    CHECK(count == UINT64_MAX - 1);
    CHECK_EQUAL(0, evl_eventfd_write(event));
    CHECK_EQUAL(0, evl_eventfd_write(event));
    CHECK_EQUAL(sizeof count, evl_read(event, &count, sizeof count));
    CHECK(count == 2);
    CHECK_EQUAL(-EAGAIN, evl_read(event, &count, sizeof count));
    CHECK_EQUAL(0, evl_close(event));
    CHECK_EQUAL(-EBADF, evl_eventfd_write(event));
}

int main(void) {
    RUN(creates_descriptors_with_close_on_exec);
    RUN(reports_readiness_with_the_whole_token);
    RUN(refuses_what_epoll_refuses);
    RUN(waits_by_the_nanosecond_where_the_kernel_can);
    RUN(a_signal_ends_a_wait_with_nothing_ready);
    RUN(falls_back_to_milliseconds_rounded_up);
    RUN(a_saturated_eventfd_is_no_error);
    return 0;
}
