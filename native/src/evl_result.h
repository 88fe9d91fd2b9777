/* What every function of the library returns: what a system call did, or -errno. */
#ifndef EVL_RESULT_H
#define EVL_RESULT_H

#include <errno.h>

static inline int evl_result(long value) {
    return value < 0 ? -errno : (int) value;
}

#endif
