/* What evloop-exec reports. */
#include "evl_spawn_test.h"

#include <sys/resource.h>

static int64_t pair;
static int64_t status_pipe;
static struct evl_helper helper;

static void append_argument(struct worker_command *command, const char *text) {
    append_string(&command->request.arguments, text);
}

/* Up to the options; the program and its arguments are to follow. */
static void prepare_helped(struct worker_command *command) {
    pair = evl_socketpair();
    status_pipe = evl_pipe();
    helper = (struct evl_helper){.fd = evl_open(EVL_EXEC_PROGRAM, O_RDONLY, 0), .status_fd = lower(status_pipe)};
    CHECK(helper.fd >= 0);
    prepare(command, lower(pair), "evloop-exec");
    command->request.helper = &helper;
    append_argument(command, "4");
    append_argument(command, "5");
}

/* Starts it; what it has reported when nobody holds the pipe any more, and how it ended. */
static int run_helped(const struct worker_command *command, struct evl_exec_report *reports, int capacity, int code) {
    int pid = spawn(command);
    CHECK(pid > 0);
    CHECK_EQUAL(0, evl_close(lower(status_pipe)));
    int length = 0;
    int count;
    while ((count = evl_read(upper(status_pipe), (char *) reports + length, capacity - length)) > 0) {
        length += count;
    }
    CHECK_EQUAL(0, count);
    expect_exit_code(code, pid);
    CHECK_EQUAL(0, evl_close(upper(status_pipe)));
    CHECK_EQUAL(0, evl_close(helper.fd));
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
    CHECK_EQUAL(0, length % (int) sizeof *reports);
    return length / (int) sizeof *reports;
}

static void expect_report(enum evl_exec_step step, int error, int resource, struct evl_exec_report report) {
    CHECK_EQUAL(step, report.step);
    CHECK_EQUAL(error, report.error);
    CHECK_EQUAL(resource, report.resource);
}

static void a_program_that_runs_is_told_from_a_helper_that_died(void) {
    struct worker_command command;
    struct evl_exec_report reports[3];
    prepare_helped(&command);
    append_argument(&command, "nice=0");
    append_argument(&command, "--");
    append_argument(&command, "sh");
    append_argument(&command, "-c");
    append_argument(&command, "exit 7");
    CHECK_EQUAL(1, run_helped(&command, reports, sizeof reports, 7));
    expect_report(EVL_EXEC_BEGINS, 0, 0, reports[0]);
}

static void a_failed_exec_is_told_behind_its_begin(void) {
    struct worker_command command;
    struct evl_exec_report reports[3];
    prepare_helped(&command);
    append_argument(&command, "--");
    append_argument(&command, "/no/such/program");
    CHECK_EQUAL(2, run_helped(&command, reports, sizeof reports, 127));
    expect_report(EVL_EXEC_BEGINS, 0, 0, reports[0]);
    expect_report(EVL_EXEC_EXEC, ENOENT, 0, reports[1]);
}

static void a_refused_limit_names_itself(void) {
    struct worker_command command;
    struct evl_exec_report reports[3];
    char option[64];
    prepare_helped(&command);
    snprintf(option, sizeof option, "rlimit=%d:%lld:%lld", (int) RLIMIT_NOFILE, 1LL << 40, 1LL << 40); /* above fs.nr_open */
    append_argument(&command, option);
    append_argument(&command, "--");
    append_argument(&command, "true");
    CHECK_EQUAL(1, run_helped(&command, reports, sizeof reports, 127));
    expect_report(EVL_EXEC_RLIMIT, EPERM, RLIMIT_NOFILE, reports[0]);
}

static void arguments_without_a_program_are_refused(void) {
    struct worker_command command;
    struct evl_exec_report reports[3];
    prepare_helped(&command);
    append_argument(&command, "--");
    CHECK_EQUAL(1, run_helped(&command, reports, sizeof reports, 127));
    expect_report(EVL_EXEC_USAGE, EINVAL, 0, reports[0]);
}

int main(int argc, char **argv) {
    int status;
    if (is_worker(argc, argv, &status)) {
        return status;
    }
    RUN(a_program_that_runs_is_told_from_a_helper_that_died);
    RUN(a_failed_exec_is_told_behind_its_begin);
    RUN(a_refused_limit_names_itself);
    RUN(arguments_without_a_program_are_refused);
    return 0;
}
