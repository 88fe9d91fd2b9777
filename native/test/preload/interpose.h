/*
 * What libraries share that are preloaded into a JVM and interpose the calls of libevloop.so. Who includes this defines
 * FUNCTIONS(X), the functions, and NUMBERED(X), calls made by syscall(2), each with the prefix sys_.
 */
#ifndef EVL_INTERPOSE_H
#define EVL_INTERPOSE_H

#undef _FORTIFY_SOURCE /* its inline functions have the names that are defined here */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define AS_CONSTANT(name) CALL_##name,
#define AS_STRING(name) [CALL_##name] = #name,
enum call { NO_CALL, FUNCTIONS(AS_CONSTANT) NUMBERED(AS_CONSTANT) CALL_syscall, CALLS };
static const char *const NAMES[CALLS] = {FUNCTIONS(AS_STRING) NUMBERED(AS_STRING) AS_STRING(syscall)};

enum { NAME_SIZE = 24 }; /* in the files that the Java side maps */

typedef void function(void);

static function *next(enum call call) {
    static _Atomic(function *) found[CALLS];
    function *address = atomic_load_explicit(&found[call], memory_order_relaxed);
    if (address == NULL) {
        void *symbol = dlsym(RTLD_NEXT, NAMES[call]);
        if (symbol == NULL) {
            abort();
        }
        memcpy(&address, &symbol, sizeof address); /* ISO C knows no cast from an object to a function */
        atomic_store_explicit(&found[call], address, memory_order_relaxed);
    }
    return address;
}

#define NEXT(name) ((__typeof__(&name)) next(CALL_##name))

static int fail(int error) {
    errno = error;
    return -1;
}

/* `size` bytes of a file that others map, too; without a path, of this process alone. */
static void *map_shared(const char *path, size_t size) {
    int fd = -1;
    if (path != NULL) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || ftruncate(fd, (off_t) size) < 0) {
            abort();
        }
    }
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
    if (mapped == MAP_FAILED) {
        abort();
    }
    if (fd >= 0) {
        close(fd);
    }
    return mapped;
}

/* syscall(2) ------------------------------------------------------------------------------------------------------- */

enum { ARGUMENTS = 6 };

/* What becomes of the call: defined by who includes this. */
static long numbered(long number, long argument[ARGUMENTS], const void *caller);

static long make(long number, const long argument[ARGUMENTS]) {
    return ((__typeof__(&syscall)) next(CALL_syscall))(
        number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

long syscall(long number, ...) {
    long argument[ARGUMENTS];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < ARGUMENTS; i++) {
        argument[i] = va_arg(arguments, long); /* as many as a call can have, whatever is in them */
    }
    va_end(arguments);
    return numbered(number, argument, __builtin_return_address(0));
}

#endif
