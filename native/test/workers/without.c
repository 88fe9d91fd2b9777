/*
 * without SYSTEM_CALL COMMAND...: runs a command for which that system call is ENOSYS, as under an older kernel. Leaves
 * with 77 where there are no seccomp filters.
 */
#include "../evl_test.h"

#include <sys/syscall.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { NO_FILTERS = 77 };

static const struct {
    const char *name;
    long number;
} SYSTEM_CALLS[] = {
    {"pidfd_open", SYS_pidfd_open},
    {"close_range", SYS_close_range},
};

static long number_of(const char *name) {
    for (size_t i = 0; i < sizeof SYSTEM_CALLS / sizeof *SYSTEM_CALLS; i++) {
        if (strcmp(SYSTEM_CALLS[i].name, name) == 0) {
            return SYSTEM_CALLS[i].number;
        }
    }
    return -1;
}

int main(int argc, char **argv) {
    CHECK(argc > 2);
    long number = number_of(argv[1]);
    CHECK(number >= 0);
    if (!deny_system_call(number, ENOSYS)) {
        return NO_FILTERS;
    }
    execvp(argv[2], argv + 2);
    return 1;
}
