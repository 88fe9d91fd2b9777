/* Threads bound to a CPU, and what their workers have of it. */
#include "evl_spawn_test.h"

#include <sched.h>
#include <sys/syscall.h>

#include "evl_affinity.h"

static cpu_set_t cpus(void) {
    cpu_set_t set;
    CHECK_EQUAL(0, sched_getaffinity(0, sizeof set, &set));
    return set;
}

/* The first or the last one that this process may run on. */
static int any_cpu(bool last) {
    cpu_set_t allowed = cpus();
    int found = -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET((size_t) cpu, &allowed) && (found < 0 || last)) {
            found = cpu;
        }
    }
    CHECK(found >= 0);
    return found;
}

static void expect_one_cpu(int cpu) {
    cpu_set_t allowed = cpus();
    CHECK_EQUAL(1, CPU_COUNT(&allowed));
    CHECK(CPU_ISSET((size_t) cpu, &allowed));
}

static void bind_twice(void) {
    int first = any_cpu(false);
    int last = any_cpu(true);
    CHECK_EQUAL(0, evl_set_affinity(first));
    expect_one_cpu(first);
    CHECK_EQUAL(0, evl_set_affinity(last));
    expect_one_cpu(last);
    CHECK_EQUAL(-EINVAL, evl_set_affinity(-1));
    CHECK_EQUAL(-EINVAL, evl_set_affinity(8191));
    CHECK_EQUAL(-EINVAL, evl_set_affinity(65535));
    CHECK_EQUAL(-EINVAL, evl_set_affinity(INT_MAX));
    expect_one_cpu(last);
}

static void binds_the_thread_to_one_cpu(void) {
    in_forked_process(bind_twice);
}

/* Starts a worker that may run on exactly these. */
static void expect_worker_cpus(cpu_set_t expected) {
    struct worker_command command;
    int64_t pair = evl_socketpair();
    cpu_set_t found;
    prepare_self(&command, lower(pair), "cpus");
    int pid = spawn(&command);
    CHECK_EQUAL(sizeof found, evl_read(upper(pair), &found, sizeof found));
    CHECK(CPU_EQUAL(&expected, &found));
    expect_exit_code(0, pid);
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
}

static void bind_and_spawn(void) {
    cpu_set_t before = cpus();
    expect_worker_cpus(before);
    CHECK_EQUAL(0, evl_set_affinity(any_cpu(false)));
    expect_worker_cpus(before);
    expect_one_cpu(any_cpu(false));
    cpu_set_t bound = cpus();
    CHECK_EQUAL(0, sched_setaffinity(0, sizeof before, &before));
    CHECK_EQUAL(0, evl_set_affinity(any_cpu(true))); /* once more, elsewhere */
    expect_worker_cpus(before);
    expect_one_cpu(any_cpu(true));
    CHECK_EQUAL(0, sched_setaffinity(0, sizeof bound, &bound));
    expect_worker_cpus(bound); /* somebody else has bound it since */
}

static void a_worker_of_a_bound_thread_has_the_cpus_from_before(void) {
    in_forked_process(bind_and_spawn);
}

static void bind_and_fail(void) {
    struct worker_command command;
    int cpu = any_cpu(false);
    int64_t pair = evl_socketpair();
    CHECK_EQUAL(0, evl_set_affinity(cpu));
    prepare(&command, lower(pair), "/no/such/program");
    CHECK_EQUAL(-ENOENT, spawn(&command));
    expect_one_cpu(cpu);
}

static void a_thread_stays_bound_though_its_worker_could_not_start(void) {
    if (vfork_shares_memory()) {
        in_forked_process(bind_and_fail);
    }
}

static void bind_and_spawn_without_the_call(void) {
    CHECK_EQUAL(0, evl_set_affinity(any_cpu(false)));
    cpu_set_t bound = cpus();
    if (deny_system_call(SYS_sched_setaffinity, EPERM)) {
        expect_worker_cpus(bound);
    }
}

static void where_the_kernel_refuses_a_worker_starts_all_the_same(void) {
    in_forked_process(bind_and_spawn_without_the_call);
}

int main(int argc, char **argv) {
    int status;
    if (is_worker(argc, argv, &status)) {
        return status;
    }
    RUN(binds_the_thread_to_one_cpu);
    RUN(a_worker_of_a_bound_thread_has_the_cpus_from_before);
    RUN(a_thread_stays_bound_though_its_worker_could_not_start);
    RUN(where_the_kernel_refuses_a_worker_starts_all_the_same);
    return 0;
}
