/* Starts that fail: an errno, and neither a descriptor nor a zombie left (the runner counts both). */
#include "evl_spawn_test.h"

#include <sys/resource.h>

static int64_t pair;

static int spawn_program(const char *program, const char *directory) {
    struct worker_command command;
    prepare(&command, lower(pair), program);
    command.request.directory = directory;
    return spawn(&command);
}

static void make_file(char *template, const char *content, mode_t mode) {
    int fd = mkstemp(template);
    CHECK(fd >= 0);
    CHECK_EQUAL(strlen(content), write(fd, content, strlen(content)));
    CHECK_EQUAL(0, fchmod(fd, mode));
    CHECK_EQUAL(0, close(fd));
}

static void a_failed_exec_is_its_errno(void) {
    if (!vfork_shares_memory()) {
        return;
    }
    char plain[] = "/tmp/evl_test_XXXXXX";
    char garbage[] = "/tmp/evl_test_XXXXXX";
    char script[] = "/tmp/evl_test_XXXXXX";
    char inside[sizeof plain + 2];
    make_file(plain, "text\n", 0600);
    make_file(garbage, "\001\002\003\004", 0700);
    make_file(script, "#!/no/such/interpreter\n", 0700);
    snprintf(inside, sizeof inside, "%s/x", plain);
    pair = evl_socketpair();
    int before = fd_count();
    CHECK_EQUAL(-ENOENT, spawn_program("/no/such/program", NULL));
    CHECK_EQUAL(-ENOENT, spawn_program("evl-no-such-program", NULL));
    CHECK_EQUAL(-EACCES, spawn_program(plain, NULL));
    CHECK_EQUAL(-EACCES, spawn_program("/tmp", NULL));
    CHECK_EQUAL(-ENOEXEC, spawn_program(garbage, NULL));
    CHECK_EQUAL(-ENOENT, spawn_program(script, NULL));
    CHECK_EQUAL(-ENOTDIR, spawn_program(inside, NULL));
    CHECK_EQUAL(-ENOENT, spawn_program("/bin/true", "/no/such/directory"));
    CHECK_EQUAL(-ENOENT, spawn_program("/bin/true", ""));
    CHECK_EQUAL(-ENOTDIR, spawn_program("/bin/true", plain));
    CHECK_EQUAL(before, fd_count());
    CHECK(!has_child());
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
    CHECK_EQUAL(0, unlink(plain));
    CHECK_EQUAL(0, unlink(garbage));
    CHECK_EQUAL(0, unlink(script));
}

static void an_argument_that_is_too_long_is_e2big(void) {
    if (!vfork_shares_memory()) {
        return;
    }
    enum { SIZE = 512 * 1024, NAME = sizeof "/bin/true" };
    pair = evl_socketpair();
    char *arguments = malloc(SIZE);
    CHECK(arguments != NULL);
    memset(arguments, 'x', SIZE);
    memcpy(arguments, "/bin/true", NAME);
    arguments[SIZE - 1] = '\0';
    struct evl_spawn_request request = {
        .arguments = {arguments, SIZE, 2},
        .stdio = {-1, -1, -1},
        .worker_fd = lower(pair),
        .target_fd = TARGET,
    };
    CHECK_EQUAL(-E2BIG, evl_spawn(&request));
    free(arguments);
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
}

static void malformed_strings_are_refused(void) {
    pair = evl_socketpair();
    char text[] = "/bin/true\0A\0";
    struct evl_spawn_request good = {
        .arguments = {text, 10, 1},
        .environment = {NULL, 0, 0},
        .stdio = {-1, -1, -1},
        .worker_fd = lower(pair),
        .target_fd = TARGET,
    };
    const struct evl_strings bad[] = {
        {text, 10, 0}, {text, 10, 2},   {text, 12, 1},      {text, 12, 3},  {text, 9, 1},
        {text, 11, 1}, {text, -1, 1},   {text, 10, -1},     {text, 0, 1},   {NULL, 10, 1},
        {text, 10, INT_MAX}, {text, INT_MIN, INT_MIN},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct evl_spawn_request request = good;
        request.arguments = bad[i];
        CHECK_EQUAL(-EINVAL, evl_spawn(&request));
        request = good;
        request.environment = bad[i];
        CHECK_EQUAL(-EINVAL, evl_spawn(&request));
    }
    struct evl_spawn_request nothing = good;
    nothing.arguments = (struct evl_strings){NULL, 0, 0};
    CHECK_EQUAL(-EINVAL, evl_spawn(&nothing));
    nothing.arguments = (struct evl_strings){text + 9, 3, 2}; /* "" and "A" */
    CHECK_EQUAL(-EINVAL, evl_spawn(&nothing));
    expect_exit_code(0, evl_spawn(&good));
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
}

static void bad_descriptors_are_refused(void) {
    int shares_memory = vfork_shares_memory();
    pair = evl_socketpair();
    struct worker_command command;
    prepare(&command, lower(pair), "/bin/true");
    const struct evl_spawn_request good = command.request;
    const int targets[] = {-1, 0, 1, 2, 256, INT_MAX, INT_MIN};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        command.request.target_fd = targets[i];
        CHECK_EQUAL(-EINVAL, spawn(&command));
    }
    for (int i = 0; i < 4; i++) {
        command.request = good;
        int *fd = i == 3 ? &command.request.worker_fd : &command.request.stdio[i];
        *fd = i == 3 ? -1 : -2;
        CHECK_EQUAL(-EBADF, spawn(&command));
        command.request.target_fd = 255;
        *fd = 250; /* not open; below the target: found out before there is a child */
        CHECK_EQUAL(-EBADF, spawn(&command));
        *fd = 1000; /* above: found out in it */
        if (shares_memory) {
            CHECK_EQUAL(-EBADF, spawn(&command));
        }
    }
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
}

static void lower_the_limit(void) {
    struct rlimit few;
    pair = evl_socketpair();
    CHECK_EQUAL(0, getrlimit(RLIMIT_NOFILE, &few));
    few.rlim_cur = 64;
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &few));
    struct worker_command command;
    prepare(&command, lower(pair), "/bin/true");
    int before = fd_count();
    command.request.target_fd = 64;
    CHECK_EQUAL(-EMFILE, spawn(&command));
    command.request.target_fd = 63;
    CHECK_EQUAL(-EMFILE, spawn(&command));
    CHECK_EQUAL(before, fd_count());
    command.request.stdio[0] = 0;
    command.request.stdio[1] = 1;
    command.request.target_fd = 62; /* room for one copy, three are needed: the first is closed again */
    CHECK_EQUAL(-EMFILE, spawn(&command));
    CHECK_EQUAL(before, fd_count());
    command.request.target_fd = 60;
    expect_exit_code(0, spawn(&command));
    CHECK_EQUAL(before, fd_count());
}

static void a_full_descriptor_table_is_emfile(void) {
    in_forked_process(lower_the_limit);
}

int main(int argc, char **argv) {
    int status;
    if (is_worker(argc, argv, &status)) {
        return status;
    }
    RUN(a_failed_exec_is_its_errno);
    RUN(an_argument_that_is_too_long_is_e2big);
    RUN(malformed_strings_are_refused);
    RUN(bad_descriptors_are_refused);
    RUN(a_full_descriptor_table_is_emfile);
    return 0;
}
