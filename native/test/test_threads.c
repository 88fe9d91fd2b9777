/*
 * Threads beside each other. All that the library keeps between calls is the memory that epoll_pwait2 is missing
 * (evl_epoll_wait, an atomic); so what is shared here is that, and the kernel's objects. Built with ThreadSanitizer as well.
 */
#include "evl_spawn_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

enum { THREADS = 8, ROUNDS = 200, SPAWNS = 10, MAX_EVENTS = 4, MILLI = 1000000 };

static pthread_barrier_t start_line;

/* `body` in THREADS threads that begin together; each gets its number. */
static void in_threads(void *(*body)(void *)) {
    pthread_t threads[THREADS];
    int numbers[THREADS];
    CHECK_EQUAL(0, pthread_barrier_init(&start_line, NULL, THREADS));
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, body, &numbers[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
    }
    CHECK_EQUAL(0, pthread_barrier_destroy(&start_line));
}

static void await_start(void) {
    int status = pthread_barrier_wait(&start_line);
    CHECK(status == 0 || status == PTHREAD_BARRIER_SERIAL_THREAD);
}

/* Wake-ups --------------------------------------------------------------------------------------------------------- */

static int wakeup_epoll;
static int wakeup_event;
static atomic_int writers_done;

static void *write_wakeups(void *number) {
    (void) number;
    await_start();
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQUAL(0, evl_eventfd_write(wakeup_event));
    }
    atomic_fetch_add(&writers_done, 1);
    CHECK_EQUAL(0, evl_eventfd_write(wakeup_event)); /* after the count: who waits sees it */
    return NULL;
}

static void *count_wakeups(void *sum) {
    uint64_t *total = sum;
    struct epoll_event events[MAX_EVENTS];
    for (int done = 0; !done;) {
        const int64_t timeouts[] = {-1, INT64_MAX};
        CHECK_EQUAL(1, evl_epoll_wait(wakeup_epoll, events, MAX_EVENTS, timeouts[*total % 2]));
        uint64_t count;
        CHECK_EQUAL(sizeof count, evl_read(wakeup_event, &count, sizeof count));
        *total += count;
        done = atomic_load(&writers_done) == THREADS; /* behind the read, which may have taken the last write along */
    }
    return NULL;
}

static void no_wakeup_of_many_threads_is_lost(void) {
    pthread_t reader;
    uint64_t total = 0;
    uint64_t rest = 0;
    wakeup_epoll = CHECKED_FD(evl_epoll_create());
    wakeup_event = CHECKED_FD(evl_eventfd());
    atomic_store(&writers_done, 0);
    CHECK_EQUAL(0, evl_epoll_ctl(wakeup_epoll, EPOLL_CTL_ADD, wakeup_event, EPOLLIN, 0));
    CHECK_EQUAL(0, pthread_create(&reader, NULL, count_wakeups, &total));
    in_threads(write_wakeups);
    CHECK_EQUAL(0, pthread_join(reader, NULL));
    int length = evl_read(wakeup_event, &rest, sizeof rest);
    CHECK(length == (int) sizeof rest || (length == -EAGAIN && rest == 0));
    CHECK_EQUAL(THREADS * (ROUNDS + 1), total + rest);
    CHECK_EQUAL(0, evl_close(wakeup_event));
    CHECK_EQUAL(0, evl_close(wakeup_epoll));
}

/* Waits without epoll_pwait2 --------------------------------------------------------------------------------------- */

static void *wait_a_moment(void *number) {
    (void) number;
    struct epoll_event events[MAX_EVENTS];
    int epoll = CHECKED_FD(evl_epoll_create());
    await_start();
    for (int i = 0; i < ROUNDS / 10; i++) {
        int64_t start = now_nanos();
        CHECK_EQUAL(0, evl_epoll_wait(epoll, events, MAX_EVENTS, 1));
        CHECK(now_nanos() - start >= MILLI); /* in milliseconds, rounded up */
    }
    CHECK_EQUAL(0, evl_close(epoll));
    return NULL;
}

static void wait_without_pwait2(void) {
    if (deny_system_call(SYS_epoll_pwait2, ENOSYS)) {
        in_threads(wait_a_moment);
    }
}

static void threads_find_out_together_that_a_call_is_missing(void) {
    in_forked_process(wait_without_pwait2);
}

/* Spawning --------------------------------------------------------------------------------------------------------- */

static void *spawn_some(void *number) {
    char code[16];
    int expected = *(int *) number;
    snprintf(code, sizeof code, "%d", expected);
    await_start();
    for (int i = 0; i < SPAWNS; i++) {
        struct worker_command command;
        int64_t pair = evl_socketpair();
        prepare_self(&command, lower(pair), "exit");
        append_string(&command.request.arguments, code);
        command.request.inherit_environment = 1;
        int pid = spawn(&command);
        CHECK_EQUAL(0, evl_close(lower(pair)));
        expect_exit_code(expected, pid);
        CHECK_EQUAL(0, evl_close(upper(pair)));
    }
    return NULL;
}

static void each_thread_gets_the_exit_of_its_own_workers(void) {
    in_threads(spawn_some);
}

/* What reads tables that C libraries share ------------------------------------------------------------------------- */

static void *describe(void *unused) {
    (void) unused;
    static const int errors[] = {EPERM, ENOENT, EMFILE, 9999};
    char name[64];
    char message[256];
    await_start();
    for (int i = 0; i < ROUNDS; i++) {
        int error = errors[i % 4];
        CHECK_EQUAL(error == 9999, evl_errno_name(error, name, sizeof name) == 0);
        CHECK(evl_errno_message(error, message, sizeof message) > 0);
    }
    return NULL;
}

static void threads_may_ask_at_once(void) {
    in_threads(describe);
}

int main(int argc, char **argv) {
    int status;
    if (is_worker(argc, argv, &status)) {
        return status;
    }
    RUN(no_wakeup_of_many_threads_is_lost);
    RUN(threads_find_out_together_that_a_call_is_missing);
    RUN(each_thread_gets_the_exit_of_its_own_workers);
    RUN(threads_may_ask_at_once);
    return 0;
}
