/* Exits, signals by pidfd. */
#include "evl_spawn_test.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

static struct evl_exit reap_after_exit(int pidfd) {
    struct pollfd readiness = {.fd = pidfd, .events = POLLIN};
    struct evl_exit ended;
    CHECK_EQUAL(1, poll(&readiness, 1, -1));
    CHECK_EQUAL(1, evl_reap(pidfd, &ended));
    return ended;
}

static struct evl_exit wait_for_worker(int pid) {
    CHECK(pid > 0);
    int pidfd = CHECKED_FD(evl_pidfd_open(pid));
    struct evl_exit ended = reap_after_exit(pidfd);
    CHECK_EQUAL(0, evl_close(pidfd));
    return ended;
}

/* A worker in a mode with one argument; it waits for the end of the stream only if the mode does. */
static int start(const char *mode, const char *argument, int *our_end) {
    struct worker_command command;
    int64_t pair = evl_socketpair();
    prepare_self(&command, lower(pair), mode);
    append_string(&command.request.arguments, argument);
    int pid = spawn(&command);
    CHECK(pid > 0);
    CHECK_EQUAL(0, evl_close(lower(pair)));
    *our_end = upper(pair);
    return pid;
}

static struct evl_exit run(const char *mode, const char *argument) {
    int our_end;
    struct evl_exit ended = wait_for_worker(start(mode, argument, &our_end));
    CHECK_EQUAL(0, evl_close(our_end));
    return ended;
}

static void exit_codes_are_reported(void) {
    const int codes[] = {0, 1, 7, 127, 255};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", codes[i]);
        struct evl_exit ended = run("exit", text);
        CHECK_EQUAL(codes[i], ended.code);
        CHECK_EQUAL(0, ended.signal);
        CHECK_EQUAL(0, ended.core);
    }
}

static void killing_signals_are_reported(void) {
    const int signals[] = {SIGKILL, SIGTERM, SIGHUP, SIGPIPE, SIGRTMIN};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", signals[i]);
        struct evl_exit ended = run("raise", text);
        CHECK_EQUAL(-1, ended.code);
        CHECK_EQUAL(signals[i], ended.signal);
        CHECK_EQUAL(0, ended.core);
    }
}

static void dump_core(void) {
    const struct rlimit unlimited = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    char directory[] = "/tmp/evl_test_XXXXXX";
    char text[8];
    siginfo_t info;
    CHECK(mkdtemp(directory) != NULL);
    CHECK_EQUAL(0, chdir(directory)); /* a core file, if any, goes there */
    (void) !setrlimit(RLIMIT_CORE, &unlimited);
    int our_end;
    snprintf(text, sizeof text, "%d", SIGQUIT);
    int pid = start("raise", text, &our_end);
    CHECK_EQUAL(0, waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT));
    struct evl_exit ended = wait_for_worker(pid);
    CHECK_EQUAL(-1, ended.code);
    CHECK_EQUAL(SIGQUIT, ended.signal);
    CHECK_EQUAL(info.si_code == CLD_DUMPED, ended.core);
    DIR *files = opendir(directory);
    CHECK(files != NULL);
    for (struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        if (entry->d_name[0] != '.') {
            CHECK_EQUAL(0, unlinkat(dirfd(files), entry->d_name, 0));
        }
    }
    closedir(files);
    CHECK_EQUAL(0, rmdir(directory));
}

static void a_core_dump_is_reported_where_there_is_one(void) {
    in_forked_process(dump_core);
}

static void a_running_worker_is_not_reaped_and_an_ended_one_once(void) {
    int our_end;
    struct evl_exit ended;
    memset(&ended, 0x55, sizeof ended);
    int pidfd = CHECKED_FD(evl_pidfd_open(start("wait", "", &our_end)));
    CHECK_EQUAL(FD_CLOEXEC, fcntl(pidfd, F_GETFD));
    CHECK_EQUAL(0, evl_reap(pidfd, &ended));
    CHECK_EQUAL(0x55555555, ended.code); /* untouched */
    CHECK_EQUAL(0, evl_pidfd_signal(pidfd, 0));
    CHECK_EQUAL(-EFAULT, evl_reap(pidfd, NULL));
    CHECK_EQUAL(0, evl_close(our_end));
    ended = reap_after_exit(pidfd);
    CHECK_EQUAL(0, ended.code);
    CHECK_EQUAL(-ECHILD, evl_reap(pidfd, &ended));
    CHECK_EQUAL(-ESRCH, evl_pidfd_signal(pidfd, SIGKILL));
    CHECK_EQUAL(0, evl_close(pidfd));
    CHECK_EQUAL(-EBADF, evl_reap(pidfd, &ended));
    CHECK_EQUAL(-EBADF, evl_pidfd_signal(pidfd, SIGKILL));
}

static void signals_reach_the_worker_and_two_kills_are_fine(void) {
    int our_end;
    int pidfd = CHECKED_FD(evl_pidfd_open(start("wait", "", &our_end)));
    CHECK_EQUAL(-EINVAL, evl_pidfd_open(-1));
    CHECK_EQUAL(-ESRCH, evl_pidfd_open(INT_MAX));
    CHECK_EQUAL(-EINVAL, evl_pidfd_signal(pidfd, 1000));
    CHECK_EQUAL(0, evl_pidfd_signal(pidfd, SIGKILL));
    CHECK_EQUAL(0, evl_pidfd_signal(pidfd, SIGKILL));
    struct evl_exit ended = reap_after_exit(pidfd);
    CHECK_EQUAL(SIGKILL, ended.signal);
    CHECK_EQUAL(0, evl_close(pidfd));
    CHECK_EQUAL(0, evl_close(our_end));
}

static void a_stopped_worker_has_not_ended(void) {
    int our_end;
    siginfo_t info;
    struct evl_exit ended;
    int pid = start("wait", "", &our_end);
    int pidfd = CHECKED_FD(evl_pidfd_open(pid));
    CHECK_EQUAL(0, evl_pidfd_signal(pidfd, SIGSTOP));
    CHECK_EQUAL(0, waitid(P_PID, (id_t) pid, &info, WSTOPPED | WNOWAIT));
    CHECK_EQUAL(0, evl_reap(pidfd, &ended));
    CHECK_EQUAL(0, evl_pidfd_signal(pidfd, SIGCONT));
    CHECK_EQUAL(0, evl_close(our_end));
    CHECK_EQUAL(0, reap_after_exit(pidfd).code);
    CHECK_EQUAL(0, evl_close(pidfd));
}

static void resource_usage_is_in_microseconds_and_bytes(void) {
    enum { CPU_MILLIS = 60 };
    struct evl_exit ended = run("use", "60");
    int64_t micros = ended.user_micros + ended.system_micros;
    CHECK_EQUAL(0, ended.code);
    CHECK(ended.user_micros >= 0 && ended.system_micros >= 0);
    CHECK(micros >= CPU_MILLIS * 1000 && micros < CPU_MILLIS * 1000 * 1000);
    CHECK(ended.max_resident_bytes >= WORKER_MEMORY);
    CHECK(ended.max_resident_bytes < (int64_t) WORKER_MEMORY * 500);
}

static void ignore_children(void) {
    int our_end;
    struct evl_exit ended;
    int pidfd = CHECKED_FD(evl_pidfd_open(start("wait", "", &our_end)));
    signal(SIGCHLD, SIG_IGN);
    struct pollfd readiness = {.fd = pidfd, .events = POLLIN};
    CHECK_EQUAL(0, evl_close(our_end));
    CHECK_EQUAL(1, poll(&readiness, 1, -1));
    int outcome;
    do { /* the kernel tells of the end a moment before it has reaped */
        outcome = evl_reap(pidfd, &ended);
    } while (outcome == 0);
    CHECK_EQUAL(-ECHILD, outcome);
}

static void a_status_that_the_kernel_threw_away_is_echild(void) {
    in_forked_process(ignore_children);
}

static void start_while_children_are_ignored(void) {
    signal(SIGCHLD, SIG_IGN);
    CHECK_EQUAL(3, run("exit", "3").code);
    CHECK(signal(SIGCHLD, SIG_DFL) == SIG_DFL);
}

static void a_status_is_kept_though_this_process_was_started_with_children_ignored(void) {
    in_forked_process(start_while_children_are_ignored);
}

static void handle_child(int signal) {
    (void) signal;
}

/* SA_NOCLDWAIT beside each kind of handler. */
static void start_without_zombies(void) {
    void (*const handlers[])(int) = {SIG_DFL, SIG_IGN, handle_child};
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    CHECK_EQUAL(0, sigprocmask(SIG_BLOCK, &child, NULL)); /* it would interrupt poll */
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        struct sigaction action = {.sa_handler = handlers[i], .sa_flags = SA_NOCLDWAIT | SA_RESTART};
        CHECK_EQUAL(0, sigaction(SIGCHLD, &action, NULL));
        CHECK_EQUAL(3, run("exit", "3").code);
        CHECK_EQUAL(0, sigaction(SIGCHLD, NULL, &action));
        CHECK_EQUAL(SA_RESTART, action.sa_flags & (SA_NOCLDWAIT | SA_RESTART));
        CHECK(action.sa_handler == (handlers[i] == SIG_IGN ? SIG_DFL : handlers[i]));
    }
}

static void a_status_is_kept_though_children_were_to_leave_none(void) {
    in_forked_process(start_without_zombies);
}

static void kills_and_reaps_its_own_children_only(void) {
    int our_end;
    int pid = start("wait", "", &our_end);
    CHECK_EQUAL(0, evl_kill_and_reap(pid));
    CHECK(!has_child());
    CHECK_EQUAL(-ECHILD, evl_kill_and_reap(pid));
    CHECK_EQUAL(0, evl_close(our_end));
    CHECK_EQUAL(-EINVAL, evl_kill_and_reap(0));
    CHECK_EQUAL(-EINVAL, evl_kill_and_reap(-1));
    CHECK_EQUAL(-ECHILD, evl_kill_and_reap(getppid()));
    pid = start("exit", "3", &our_end);
    siginfo_t info;
    CHECK_EQUAL(0, waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT));
    CHECK_EQUAL(0, evl_kill_and_reap(pid)); /* a zombie already */
    CHECK_EQUAL(0, evl_close(our_end));
}

static void without_pidfd(void) {
    if (!deny_system_call(SYS_pidfd_open, ENOSYS) || !deny_system_call(SYS_pidfd_send_signal, ENOSYS)) {
        return;
    }
    int our_end;
    int pid = start("wait", "", &our_end);
    CHECK_EQUAL(-ENOSYS, evl_pidfd_open(pid));
    CHECK_EQUAL(-ENOSYS, evl_pidfd_signal(our_end, SIGKILL));
    CHECK_EQUAL(0, evl_kill_and_reap(pid));
    CHECK(!has_child());
}

static void a_missing_pidfd_open_is_reported_and_the_child_can_be_ended(void) {
    in_forked_process(without_pidfd);
}

int main(int argc, char **argv) {
    int status;
    if (is_worker(argc, argv, &status)) {
        return status;
    }
    RUN(kills_and_reaps_its_own_children_only);
    RUN(a_missing_pidfd_open_is_reported_and_the_child_can_be_ended);
    if (evl_pidfd_open(getpid()) == -ENOSYS) {
        fprintf(stderr, "  skipped: no pidfd here\n");
        return 0;
    }
    RUN(exit_codes_are_reported);
    RUN(killing_signals_are_reported);
    RUN(a_core_dump_is_reported_where_there_is_one);
    RUN(a_running_worker_is_not_reaped_and_an_ended_one_once);
    RUN(signals_reach_the_worker_and_two_kills_are_fine);
    RUN(a_stopped_worker_has_not_ended);
    RUN(resource_usage_is_in_microseconds_and_bytes);
    RUN(a_status_that_the_kernel_threw_away_is_echild);
    RUN(a_status_is_kept_though_this_process_was_started_with_children_ignored);
    RUN(a_status_is_kept_though_children_were_to_leave_none);
    return 0;
}
