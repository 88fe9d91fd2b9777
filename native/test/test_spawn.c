/* What a worker finds when it starts. */
#include "evl_spawn_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* Everything up to the end of the stream, as one string. */
static int read_all(int fd, char *bytes, int capacity) {
    int length = 0;
    int count;
    while ((count = evl_read(fd, bytes + length, capacity - length)) > 0) {
        length += count;
    }
    CHECK_EQUAL(0, count);
    CHECK(length < capacity);
    bytes[length] = '\0';
    return length;
}

static void a_worker_talks_over_its_pipe(void) {
    static const char text[] = "one\0\0two words\0A=1\0EMPTY=\0";
    struct worker_command command;
    char bytes[256];
    int64_t pair = evl_socketpair();
    prepare_self(&command, lower(pair), "strings");
    append_string(&command.request.arguments, "one");
    append_string(&command.request.arguments, "");
    append_string(&command.request.arguments, "two words");
    append_string(&command.request.environment, "A=1");
    append_string(&command.request.environment, "EMPTY=");
    int pid = spawn(&command);
    CHECK_EQUAL(0, evl_close(lower(pair)));
    CHECK_EQUAL(sizeof text - 1, read_all(upper(pair), bytes, sizeof bytes));
    CHECK_EQUAL(0, memcmp(text, bytes, sizeof text - 1));
    expect_exit_code(0, pid);
    CHECK_EQUAL(0, evl_close(upper(pair)));
}

static char long_variable[60000];

/* What the worker finds in its environment, which inherits one that no decoder survives. */
static void inherit_an_environment(void) {
    struct worker_command command;
    static char bytes[2 * sizeof long_variable];
    memset(long_variable, '7', sizeof long_variable - 1);
    memcpy(long_variable, "LONG=", 5);
    char *entries[] = {(char[]){"A=old"}, (char[]){"N\377\303=v\200=w\n"}, (char[]){"AB=kept"}, (char[]){"A"}, (char[]){"="},
            (char[]){"NEW=old"}, (char[]){"A=old again"}, long_variable, NULL};
    environ = entries;
    int64_t pair = evl_socketpair();
    prepare_self(&command, lower(pair), "strings");
    command.request.inherit_environment = 1;
    append_string(&command.request.environment, "A=new");
    append_string(&command.request.environment, "NEW=");
    int pid = spawn(&command);
    CHECK_EQUAL(0, evl_close(lower(pair)));
    int length = read_all(upper(pair), bytes, sizeof bytes);
    expect_exit_code(0, pid);
    static const char before[] = "N\377\303=v\200=w\n\0AB=kept\0=";
    static const char after[] = "A=new\0NEW=";
    CHECK_EQUAL(sizeof before + sizeof long_variable + sizeof after, length);
    CHECK_EQUAL(0, memcmp(before, bytes, sizeof before));
    CHECK_EQUAL(0, memcmp(long_variable, bytes + sizeof before, sizeof long_variable));
    CHECK_EQUAL(0, memcmp(after, bytes + sizeof before + sizeof long_variable, sizeof after));
    environ = NULL;
    CHECK_EQUAL(0, evl_close(upper(pair)));
    pair = evl_socketpair();
    command.request.worker_fd = lower(pair);
    expect_exit_code(0, spawn(&command));
    CHECK_EQUAL(0, evl_close(lower(pair)));
    CHECK_EQUAL(sizeof after, read_all(upper(pair), bytes, sizeof bytes));
    CHECK_EQUAL(0, memcmp(after, bytes, sizeof after));
}

static void what_is_given_replaces_what_is_inherited_of_the_same_name(void) {
    in_forked_process(inherit_an_environment);
}

static void the_program_is_looked_up_in_path(void) {
    struct worker_command command;
    int64_t pair = evl_socketpair();
    prepare(&command, lower(pair), "sh");
    append_string(&command.request.arguments, "-c");
    append_string(&command.request.arguments, "exit 7");
    expect_exit_code(7, spawn(&command));
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
}

static void a_relative_program_is_relative_to_the_directory(void) {
    char directory[] = "/tmp/evl_test_XXXXXX";
    char path[sizeof directory + 8];
    char bytes[PATH_MAX];
    struct worker_command command;
    int64_t pair = evl_socketpair();
    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/worker", directory);
    CHECK_EQUAL(0, symlink(own_path, path));
    prepare(&command, lower(pair), "./worker");
    append_string(&command.request.arguments, "worker");
    append_string(&command.request.arguments, "directory");
    command.request.directory = directory;
    int pid = spawn(&command);
    CHECK_EQUAL(0, evl_close(lower(pair)));
    read_all(upper(pair), bytes, sizeof bytes);
    CHECK_EQUAL(0, strcmp(directory, bytes));
    expect_exit_code(0, pid);
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, unlink(path));
    CHECK_EQUAL(0, rmdir(directory));
}

/* Descriptors ------------------------------------------------------------------------------------------------------ */

/* Starts a worker that finds these stdio descriptors of ours (-1: none), its pipe on the target, and nothing else. */
static void expect_descriptors(struct worker_command *command, const int here[3]) {
    for (int i = 0; i < 3; i++) {
        if (here[i] >= 0) {
            append_descriptor(&command->request.arguments, i, here[i]);
        }
    }
    append_descriptor(&command->request.arguments, command->request.target_fd, command->request.worker_fd);
    expect_exit_code(0, spawn(command));
}

static void move_to(int fd, int number, int flags) {
    if (fd != number) {
        CHECK_EQUAL(number, dup3(fd, number, flags));
        CHECK_EQUAL(0, close(fd));
    }
}

static int collision_worker;
static int collision_target;

/* The worker's end on any number, stdio's included, and descriptors that must not be inherited around it. */
static void collide(void) {
    struct worker_command command;
    int inherited[3] = {0, 1, 2};
    int64_t pair = evl_socketpair();
    move_to(upper(pair), 200, O_CLOEXEC);
    if (collision_worker != lower(pair)) {
        move_to(lower(pair), collision_worker, O_CLOEXEC);
    }
    if (collision_worker < 3) {
        inherited[collision_worker] = -1; /* closed by the exec, like any descriptor born with close-on-exec */
    }
    for (int fd = 3; fd < 20; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            CHECK_EQUAL(fd, dup2(200, fd));
        }
    }
    CHECK_EQUAL(260, dup2(200, 260));
    prepare_self(&command, collision_worker, "descriptors");
    command.request.target_fd = collision_target;
    int before = fd_count();
    expect_descriptors(&command, inherited);
    CHECK_EQUAL(before, fd_count());
    CHECK_EQUAL(FD_CLOEXEC, fcntl(collision_worker, F_GETFD)); /* ours is as it was */
}

static void no_number_of_the_workers_end_collides(void) {
    const int workers[] = {0, 1, 2, 3, 4, 5, 100, 254, 255, 256, 300};
    const int targets[] = {3, 4, 5, 100, 255};
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        for (size_t j = 0; j < sizeof targets / sizeof *targets; j++) {
            collision_worker = workers[i];
            collision_target = targets[j];
            in_forked_process(collide);
        }
    }
}

/* 0, 1, 2 and the target as sources of each other, in every order. */
static void permute_stdio(void) {
    const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {1, 1, 1}, {3, 0, 3}};
    int64_t pair = evl_socketpair();
    int64_t pipe = evl_pipe();
    int64_t other = evl_pipe();
    int fds[] = {upper(pipe), lower(pipe), upper(other), lower(other), upper(pair), lower(pair)};
    int saved_error = fcntl(2, F_DUPFD_CLOEXEC, 300);
    CHECK(saved_error >= 300);
    for (int i = 0; i < 4; i++) {
        move_to(fcntl(fds[i], F_DUPFD_CLOEXEC, 301), 400 + i, O_CLOEXEC);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(i, dup3(400 + i, i, i == 1 ? O_CLOEXEC : 0));
    }
    move_to(fcntl(fds[5], F_DUPFD_CLOEXEC, 301), 410, O_CLOEXEC);
    CHECK_EQUAL(3, dup3(403, 3, 0));
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct worker_command command;
        prepare_self(&command, 410, "descriptors");
        memcpy(command.request.stdio, orders[i], sizeof orders[i]);
        expect_descriptors(&command, orders[i]);
    }
    struct worker_command same;
    prepare_self(&same, 410, "descriptors");
    for (int i = 0; i < 3; i++) {
        same.request.stdio[i] = 410; /* the pipe itself as stdio */
    }
    expect_descriptors(&same, same.request.stdio);
    CHECK_EQUAL(2, dup2(saved_error, 2));
}

static void stdio_may_be_permuted(void) {
    in_forked_process(permute_stdio);
}

static void start_with_inherited_only(void) {
    struct worker_command command;
    int64_t pair = evl_socketpair();
    CHECK(dup(upper(pair)) >= 0); /* without close-on-exec */
    CHECK_EQUAL(900, dup2(upper(pair), 900));
    prepare_self(&command, lower(pair), "descriptors");
    expect_descriptors(&command, (const int[]){0, 1, 2});
}

/* glibc then closes what /proc/self/fd lists until nothing is left; valgrind's own descriptors would stay for ever. */
static void without_close_range(void) {
    if (vfork_shares_memory() && deny_system_call(SYS_close_range, ENOSYS)) {
        start_with_inherited_only();
    }
}

static void nothing_else_is_inherited_even_without_close_range(void) {
    in_forked_process(start_with_inherited_only);
    in_forked_process(without_close_range);
}

static atomic_bool opening;

static void *open_and_close(void *unused) {
    (void) unused;
    while (atomic_load(&opening)) {
        int fds[2];
        CHECK_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds)); /* without SOCK_CLOEXEC */
        CHECK_EQUAL(0, close(fds[0]));
        CHECK_EQUAL(0, close(fds[1]));
    }
    return NULL;
}

static void other_threads_descriptors_do_not_leak_into_workers(void) {
    enum { THREADS = 8, SPAWNS = 40 };
    pthread_t threads[THREADS];
    atomic_store(&opening, true);
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, open_and_close, NULL));
    }
    int64_t pair = evl_socketpair();
    for (int i = 0; i < SPAWNS; i++) {
        struct worker_command command;
        prepare_self(&command, lower(pair), "descriptors");
        expect_descriptors(&command, (const int[]){0, 1, 2});
    }
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
    atomic_store(&opening, false);
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
    }
}

/* Signals ---------------------------------------------------------------------------------------------------------- */

static void ignore_signals_and_spawn(struct worker_command *command) {
    sigset_t all;
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (number != SIGCHLD) {
            signal(number, SIG_IGN); /* refused for some */
        }
    }
    sigfillset(&all);
    CHECK_EQUAL(0, sigprocmask(SIG_BLOCK, &all, NULL));
    expect_exit_code(0, spawn(command));
}

static void spoil_signals(void) {
    struct worker_command command;
    prepare_self(&command, lower(evl_socketpair()), "signals");
    ignore_signals_and_spawn(&command);
}

/* Nothing can be opened, so /proc cannot tell what is ignored. */
static void spoil_signals_and_use_up_descriptors(void) {
    struct worker_command command;
    prepare_self(&command, lower(evl_socketpair()), "signals");
    command.request.worker_fd = fcntl(command.request.worker_fd, F_DUPFD_CLOEXEC, 10);
    CHECK(command.request.worker_fd >= 0);
    struct rlimit limit;
    CHECK_EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 64;
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &limit));
    while (dup(0) >= 0) {
    }
    CHECK_EQUAL(EMFILE, errno);
    ignore_signals_and_spawn(&command);
}

static void the_mask_is_empty_and_dispositions_are_default(void) {
    in_forked_process(spoil_signals);
    in_forked_process(spoil_signals_and_use_up_descriptors);
}

int main(int argc, char **argv) {
    int status;
    if (is_worker(argc, argv, &status)) {
        return status;
    }
    RUN(a_worker_talks_over_its_pipe);
    RUN(what_is_given_replaces_what_is_inherited_of_the_same_name);
    RUN(the_program_is_looked_up_in_path);
    RUN(a_relative_program_is_relative_to_the_directory);
    RUN(no_number_of_the_workers_end_collides);
    RUN(stdio_may_be_permuted);
    RUN(nothing_else_is_inherited_even_without_close_range);
    RUN(other_threads_descriptors_do_not_leak_into_workers);
    RUN(the_mask_is_empty_and_dispositions_are_default);
    return 0;
}
