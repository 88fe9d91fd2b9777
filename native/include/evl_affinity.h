/* On which CPUs a thread runs: sched_setaffinity(2). Results as in evl_sys.h. */
#ifndef EVL_AFFINITY_H
#define EVL_AFFINITY_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* Binds the calling thread to one CPU. */
int evl_set_affinity(int cpu);

/*
 * Gives the calling thread the CPUs back that it had before evl_set_affinity, for a child to inherit them, and says whether
 * evl_bind_again is to follow. It is not where the thread was not bound here, or has been moved since, or where the kernel
 * refuses those CPUs: a child then inherits what there is.
 */
bool evl_unbind(void);

/* Where the kernel refuses, the thread goes on anywhere, and is not bound any more. */
void evl_bind_again(void);

#pragma GCC visibility pop

#endif
