/*
 * A library to preload: makes chosen calls of libevloop.so fail or fall short. EVLOOP_FAULTS names a file, which holds a
 * struct control afterwards: whoever maps it chooses calls and error while the process runs. Calls from outside the code
 * range that is written there, those of the JVM, say, reach the C library untouched.
 */
#define FUNCTIONS(X) \
    X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(eventfd) \
    X(read) X(write) X(writev) X(send) X(sendmsg) X(recvmsg) \
    X(close) X(open) X(pipe2) X(fcntl) X(fstat) X(ioctl) \
    X(socketpair) X(socket) X(bind) X(listen) X(accept4) X(connect) X(shutdown) \
    X(setsockopt) X(getsockopt) X(getsockname) X(getpeername) X(fchmod) X(lstat) X(unlink) \
    X(memfd_create) X(posix_spawnp) X(kill) X(waitid) X(malloc)

/* Made by syscall(2). */
#define NUMBERED(X) X(sys_epoll_pwait2) X(sys_pidfd_open) X(sys_pidfd_send_signal) X(sys_waitid)

#include "interpose.h"

#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { CALLS_MAX = 64 };
_Static_assert((int) CALLS <= (int) CALLS_MAX, "more calls than the file has room for");

/* What is injected: an error number, or one of these. */
enum { NOTHING = -1, SHORT_COUNT = 0 };

/* Offsets and sizes are those of testing/Faults.java. */
struct control {
    _Atomic uint64_t code_start;
    _Atomic uint64_t code_end;
    _Atomic int32_t armed; /* enum call */
    _Atomic int32_t first; /* of those that fail: 1 is the first that is made */
    _Atomic int32_t last;
    _Atomic int32_t error;
    _Atomic int32_t hits;
    _Atomic int32_t unused;
    char names[CALLS_MAX][NAME_SIZE];
    _Atomic int32_t counts[CALLS_MAX];
};
_Static_assert(offsetof(struct control, names) == 40 && sizeof(_Atomic int32_t) == 4, "layout");

static _Atomic(struct control *) shared;

__attribute__((constructor)) static void map_control(void) {
    const char *path = getenv("EVLOOP_FAULTS");
    if (path == NULL) {
        abort(); /* preloaded by mistake */
    }
    struct control *control = map_shared(path, sizeof *control);
    for (int call = NO_CALL + 1; call < CALL_syscall; call++) {
        strncpy(control->names[call], NAMES[call], NAME_SIZE - 1);
    }
    unsetenv("LD_PRELOAD"); /* not for what this process starts */
    atomic_store(&shared, control);
}

/* What happens to this call of `caller`. */
static int fault(enum call call, const void *caller) {
    struct control *control = atomic_load_explicit(&shared, memory_order_relaxed);
    if (control == NULL) {
        return NOTHING;
    }
    uint64_t address = (uint64_t) (uintptr_t) caller;
    if (address < atomic_load(&control->code_start) || address >= atomic_load(&control->code_end)) {
        return NOTHING;
    }
    int32_t number = atomic_fetch_add(&control->counts[call], 1) + 1;
    bool armed = atomic_load(&control->armed) == (int32_t) call;
    if (!armed || number < atomic_load(&control->first) || number > atomic_load(&control->last)) {
        return NOTHING;
    }
    atomic_fetch_add(&control->hits, 1);
    return atomic_load(&control->error);
}

#define FAULT(name) fault(CALL_##name, __builtin_return_address(0))

/* A function that fails with -1 and errno, and does nothing else than that or what the C library does. */
#define INTERPOSE(name, parameters, arguments) \
    int name parameters { \
        int injected = FAULT(name); \
        return injected > 0 ? fail(injected) : NEXT(name) arguments; \
    }

/* Bytes ------------------------------------------------------------------------------------------------------------ */

static size_t shortened(size_t length, int injected) {
    return injected == SHORT_COUNT && length > 1 ? 1 : length;
}

ssize_t read(int fd, void *bytes, size_t length) {
    int injected = FAULT(read);
    return injected > 0 ? fail(injected) : NEXT(read)(fd, bytes, shortened(length, injected));
}

ssize_t write(int fd, const void *bytes, size_t length) {
    int injected = FAULT(write);
    bool whole = length == sizeof(uint64_t); /* an eventfd takes that or nothing */
    return injected > 0 ? fail(injected) : NEXT(write)(fd, bytes, whole ? length : shortened(length, injected));
}

ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    int injected = FAULT(send);
    return injected > 0 ? fail(injected) : NEXT(send)(socket, bytes, shortened(length, injected), flags);
}

ssize_t writev(int fd, const struct iovec *vectors, int count) {
    int injected = FAULT(writev);
    if (injected > 0) {
        return fail(injected);
    }
    if (injected == SHORT_COUNT && count > 0) {
        struct iovec first = {.iov_base = vectors->iov_base, .iov_len = shortened(vectors->iov_len, injected)};
        return NEXT(writev)(fd, &first, 1);
    }
    return NEXT(writev)(fd, vectors, count);
}

/* The message with its first byte alone. */
static struct msghdr shortened_message(const struct msghdr *message, struct iovec *first) {
    struct msghdr shorter = *message;
    first->iov_base = message->msg_iov->iov_base;
    first->iov_len = shortened(message->msg_iov->iov_len, SHORT_COUNT);
    shorter.msg_iov = first;
    shorter.msg_iovlen = 1;
    return shorter;
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
    int injected = FAULT(sendmsg);
    if (injected > 0) {
        return fail(injected);
    }
    if (injected == SHORT_COUNT && message->msg_iovlen > 0) {
        struct iovec first;
        struct msghdr shorter = shortened_message(message, &first);
        return NEXT(sendmsg)(socket, &shorter, flags);
    }
    return NEXT(sendmsg)(socket, message, flags);
}

ssize_t recvmsg(int socket, struct msghdr *message, int flags) {
    int injected = FAULT(recvmsg);
    if (injected > 0) {
        return fail(injected);
    }
    if (injected == SHORT_COUNT && message->msg_iovlen > 0) {
        struct iovec first;
        struct iovec *vectors = message->msg_iov;
        size_t count = message->msg_iovlen;
        *message = shortened_message(message, &first);
        ssize_t received = NEXT(recvmsg)(socket, message, flags);
        message->msg_iov = vectors;
        message->msg_iovlen = count;
        return received;
    }
    return NEXT(recvmsg)(socket, message, flags);
}

/* epoll(7), eventfd(2) --------------------------------------------------------------------------------------------- */

INTERPOSE(epoll_create1, (int flags), (flags))
INTERPOSE(epoll_ctl, (int epoll_fd, int operation, int fd, struct epoll_event *event), (epoll_fd, operation, fd, event))

int epoll_wait(int epoll_fd, struct epoll_event *events, int max_events, int timeout) {
    int injected = FAULT(epoll_wait);
    return injected > 0 ? fail(injected)
                        : NEXT(epoll_wait)(epoll_fd, events, injected == SHORT_COUNT ? 1 : max_events, timeout);
}

INTERPOSE(eventfd, (unsigned int count, int flags), (count, flags))

/* Descriptors and files -------------------------------------------------------------------------------------------- */

int close(int fd) {
    int injected = FAULT(close);
    int status = NEXT(close)(fd); /* whatever it returns, the descriptor is gone: see close(2) */
    return injected > 0 ? fail(injected) : status;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    int injected = FAULT(open);
    return injected > 0 ? fail(injected) : NEXT(open)(path, flags, mode);
}

INTERPOSE(pipe2, (int fds[2], int flags), (fds, flags))

int fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *); /* not there with some commands, which do not look at it */
    va_end(arguments);
    int injected = FAULT(fcntl);
    return injected > 0 ? fail(injected) : NEXT(fcntl)(fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    int injected = FAULT(ioctl);
    return injected > 0 ? fail(injected) : NEXT(ioctl)(fd, request, argument);
}

INTERPOSE(fstat, (int fd, struct stat *status), (fd, status))
INTERPOSE(lstat, (const char *path, struct stat *status), (path, status))
INTERPOSE(fchmod, (int fd, mode_t mode), (fd, mode))

int unlink(const char *path) {
    int injected = FAULT(unlink);
    if (injected == ENOENT) {
        NEXT(unlink)(path); /* as if somebody else had removed it */
    }
    return injected > 0 ? fail(injected) : NEXT(unlink)(path);
}

INTERPOSE(memfd_create, (const char *name, unsigned int flags), (name, flags))

/* Sockets ---------------------------------------------------------------------------------------------------------- */

INTERPOSE(socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
INTERPOSE(socket, (int domain, int type, int protocol), (domain, type, protocol))
INTERPOSE(bind, (int socket, const struct sockaddr *address, socklen_t length), (socket, address, length))
INTERPOSE(listen, (int socket, int backlog), (socket, backlog))
INTERPOSE(accept4, (int socket, struct sockaddr *address, socklen_t *length, int flags),
    (socket, address, length, flags))

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    int injected = FAULT(connect);
    if (injected == EINTR) {
        int status = NEXT(connect)(socket, address, length); /* a signal does not stop it: see connect(2) */
        return status < 0 && errno != EINPROGRESS ? status : fail(EINTR);
    }
    return injected > 0 ? fail(injected) : NEXT(connect)(socket, address, length);
}

INTERPOSE(shutdown, (int socket, int how), (socket, how))
INTERPOSE(setsockopt, (int socket, int level, int option, const void *value, socklen_t length),
    (socket, level, option, value, length))
INTERPOSE(getsockopt, (int socket, int level, int option, void *value, socklen_t *length),
    (socket, level, option, value, length))
INTERPOSE(getsockname, (int socket, struct sockaddr *address, socklen_t *length), (socket, address, length))
INTERPOSE(getpeername, (int socket, struct sockaddr *address, socklen_t *length), (socket, address, length))

/* Processes and memory --------------------------------------------------------------------------------------------- */

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
        const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
    int injected = FAULT(posix_spawnp);
    return injected > 0 ? injected : NEXT(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
}

INTERPOSE(kill, (pid_t pid, int signal), (pid, signal))
INTERPOSE(waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options))

extern void *__libc_malloc(size_t size);

/* Not through dlsym(3), which may need memory itself. */
void *malloc(size_t size) {
    int injected = FAULT(malloc);
    if (injected > 0) {
        errno = injected;
        return NULL;
    }
    return __libc_malloc(size);
}

static enum call call_of(long number) {
    switch (number) {
        case SYS_epoll_pwait2: return CALL_sys_epoll_pwait2;
        case SYS_pidfd_open: return CALL_sys_pidfd_open;
        case SYS_pidfd_send_signal: return CALL_sys_pidfd_send_signal;
        case SYS_waitid: return CALL_sys_waitid;
        default: return CALL_syscall;
    }
}

static long numbered(long number, long argument[ARGUMENTS], const void *caller) {
    enum call call = call_of(number);
    int injected = fault(call, caller);
    if (injected > 0 && call == CALL_sys_waitid) { /* as if somebody else had reaped the child, if it has ended */
        const siginfo_t *info = (const siginfo_t *) (uintptr_t) argument[2];
        long status = make(number, argument);
        return status == 0 && info->si_pid == 0 ? status : fail(injected);
    }
    if (injected > 0) {
        return fail(injected);
    }
    if (injected == SHORT_COUNT && call == CALL_sys_epoll_pwait2) {
        argument[2] = 1; /* maxevents */
    }
    return make(number, argument);
}
