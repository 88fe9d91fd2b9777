/*
 * A library to preload: from the call on that SEND_FAILS_FROM numbers (1 is the first), as many calls of send(2) as
 * SEND_FAILURES says fail with the error number SEND_ERRNO, whoever makes them; all others reach the C library.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

typedef ssize_t send_function(int, const void *, size_t, int);

static long setting(const char *name) {
    const char *text = getenv(name);
    if (text == NULL) {
        abort(); /* preloaded by mistake */
    }
    return strtol(text, NULL, 10);
}

static send_function *next_send(void) {
    void *symbol = dlsym(RTLD_NEXT, "send");
    if (symbol == NULL) {
        abort();
    }
    send_function *function = NULL;
    memcpy(&function, &symbol, sizeof function); /* ISO C knows no cast from an object to a function */
    return function;
}

ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    static atomic_long calls = 0;
    long call = atomic_fetch_add(&calls, 1) + 1;
    long first = setting("SEND_FAILS_FROM");
    if (call >= first && call - first < setting("SEND_FAILURES")) {
        errno = (int) setting("SEND_ERRNO");
        return -1;
    }
    return next_send()(socket, bytes, length, flags);
}
