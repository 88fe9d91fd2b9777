#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "evl_affinity.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "evl_result.h"

enum { CPU_LIMIT = 1 << 13 }; /* the largest NR_CPUS there is; a cpu_set_t ends at CPU 1023 */

union cpus {
    cpu_set_t set; /* the first of several */
    unsigned char bytes[CPU_LIMIT / 8];
};

/* Of the calling thread. In static memory: what is allocated would have to be freed when the thread ends. */
static _Thread_local union cpus cpus_before;
static _Thread_local int bound_cpu;
static _Thread_local bool is_bound;

static void select_cpu(int cpu, union cpus *cpus) {
    memset(cpus, 0, sizeof *cpus);
    CPU_SET_S((size_t) cpu, sizeof *cpus, &cpus->set);
}

static int get_cpus(union cpus *cpus) {
    memset(cpus, 0, sizeof *cpus);
    return evl_result(sched_getaffinity(0, sizeof *cpus, &cpus->set));
}

static int set_cpus(const union cpus *cpus) {
    return evl_result(sched_setaffinity(0, sizeof *cpus, &cpus->set));
}

int evl_set_affinity(int cpu) {
    union cpus one;
    union cpus before;
    if (cpu < 0 || cpu >= CPU_LIMIT) {
        return -EINVAL;
    }
    int outcome = get_cpus(&before);
    if (outcome < 0) {
        return outcome;
    }
    select_cpu(cpu, &one);
    outcome = set_cpus(&one);
    if (outcome < 0) {
        return outcome;
    }
    if (!is_bound) {
        cpus_before = before;
    }
    bound_cpu = cpu;
    is_bound = true;
    return 0;
}

bool evl_unbind(void) {
    union cpus one;
    union cpus now;
    if (!is_bound || get_cpus(&now) < 0) {
        return false;
    }
    select_cpu(bound_cpu, &one);
    if (memcmp(&one, &now, sizeof now) != 0) {
        return false; /* by taskset(1), say: what that wants is to hold for children, too */
    }
    return set_cpus(&cpus_before) == 0;
}

void evl_bind_again(void) {
    union cpus one;
    select_cpu(bound_cpu, &one);
    is_bound = set_cpus(&one) == 0;
}
