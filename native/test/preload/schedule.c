/*
 * A library to preload: lets the calls of libevloop.so fall short or fail at random, as the kernel may let them at any time.
 * EVLOOP_SCHEDULE=seed[,rate] chooses one call of `rate` (8) by the pseudo-random numbers of the seed and of the calling
 * thread's number, which is the order of the threads' first calls. EVLOOP_SCHEDULE_COUNTS may name a file, which counts what
 * has happened, as an array of struct row; processes add to the same one.
 *
 * Nothing happens that a caller need not expect: no EINTR of a wait while events are there; no EAGAIN on a descriptor that
 * blocks, or whose unread bytes were counted by FIONREAD, because nobody else reads those; no part of a message or of an
 * atomic write to a pipe. Calls that do not come from libevloop.so, those of the JVM, say, reach the C library untouched.
 */
#define FUNCTIONS(X) \
    X(read) X(write) X(writev) X(send) X(sendmsg) X(recvmsg) X(epoll_wait) X(accept4) X(waitid) \
    X(close) X(ioctl) X(dlclose)
#define NUMBERED(X) X(sys_epoll_pwait2)

#include "interpose.h"

#include "chance.h"

#include <limits.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { FEW_BYTES = 16, FEW_EVENTS = 4 };

/* 1 to length - 1, often few: a header is short. */
static size_t shorter(size_t length) {
    size_t most = length - 1;
    return 1 + below(below(2) == 0 && most > FEW_BYTES ? FEW_BYTES : most);
}

/* Bytes ------------------------------------------------------------------------------------------------------------ */

enum { COUNTED_MAX = 1 << 16 };

/* Descriptors whose unread bytes were counted. */
static _Atomic bool counted[COUNTED_MAX];

static void set_counted(int fd, bool value) {
    if (fd >= 0 && fd < COUNTED_MAX) {
        atomic_store(&counted[fd], value);
    }
}

int ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (request == FIONREAD) {
        set_counted(fd, true);
    }
    return NEXT(ioctl)(fd, request, argument);
}

int close(int fd) {
    set_counted(fd, false);
    return NEXT(close)(fd);
}

static bool is_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK);
}

static bool is_stream_socket(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* Only of streams: an eventfd, say, takes all or nothing, and at once. */
static unsigned kinds_of_transfer(int fd, size_t length, bool writes) {
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return 0;
    }
    bool fifo = S_ISFIFO(status.st_mode);
    if (!fifo && !is_stream_socket(fd)) {
        return M_INTERRUPTED;
    }
    bool atomic = fifo && writes && length <= PIPE_BUF;
    bool fails = is_nonblocking(fd) && fd < COUNTED_MAX && !atomic_load(&counted[fd]);
    return M_INTERRUPTED | (length > 1 && !atomic ? M_SHORT : 0) | (fails ? M_NOT_NOW : 0);
}

static enum kind chance_of_transfer(enum call call, int fd, size_t length, bool writes) {
    int error = errno;
    enum kind kind = choose(call, kinds_of_transfer(fd, length, writes));
    errno = error;
    return kind;
}

/* A short count is one if the stream would have had more. */
static ssize_t moved(enum call call, ssize_t count_moved, size_t wanted) {
    if (count_moved >= 0 && (size_t) count_moved == wanted) {
        count(call, SHORT);
    }
    return count_moved;
}

/* `length` is looked at for calls of libevloop.so alone. */
#define CHANCE(name, fd, length, writes) \
    (is_hit(CALL_##name, __builtin_return_address(0)) ? chance_of_transfer(CALL_##name, fd, length, writes) : NOTHING)

/* `call` with `length` in its arguments, which may be less than it was. */
#define TRANSFER(name, fd, length, writes, call) \
    do { \
        enum kind kind = CHANCE(name, fd, length, writes); \
        if (kind > SHORT) { \
            return failed(CALL_##name, kind); \
        } \
        if (kind == SHORT) { \
            length = shorter(length); \
            return moved(CALL_##name, call, length); \
        } \
        return call; \
    } while (0)

ssize_t read(int fd, void *bytes, size_t length) {
    TRANSFER(read, fd, length, false, NEXT(read)(fd, bytes, length));
}

ssize_t write(int fd, const void *bytes, size_t length) {
    TRANSFER(write, fd, length, true, NEXT(write)(fd, bytes, length));
}

ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    TRANSFER(send, socket, length, true, NEXT(send)(socket, bytes, length, flags));
}

static size_t length_of(const struct iovec *vectors, size_t vector_count) {
    size_t length = 0;
    for (size_t i = 0; vectors != NULL && i < vector_count; i++) {
        length += vectors[i].iov_len;
    }
    return length;
}

/* The vectors that hold the first `length` bytes, the last one cut: how many they are. */
static size_t cut(struct iovec *target, const struct iovec *vectors, size_t length) {
    size_t used = 0;
    for (size_t left = length; left > 0; used++) {
        target[used] = vectors[used];
        if (target[used].iov_len > left) {
            target[used].iov_len = left;
        }
        left -= target[used].iov_len;
    }
    return used;
}

ssize_t writev(int fd, const struct iovec *vectors, int vector_count) {
    enum kind kind = CHANCE(writev, fd, length_of(vectors, (size_t) vector_count), true);
    if (kind > SHORT) {
        return failed(CALL_writev, kind);
    }
    if (kind == SHORT) {
        struct iovec fewer[IOV_MAX];
        size_t length = shorter(length_of(vectors, (size_t) vector_count));
        return moved(CALL_writev, NEXT(writev)(fd, fewer, (int) cut(fewer, vectors, length)), length);
    }
    return NEXT(writev)(fd, vectors, vector_count);
}

/* A descriptor beside the bytes goes with the first of them: see unix(7). */
ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
    enum kind kind = CHANCE(sendmsg, socket, length_of(message->msg_iov, message->msg_iovlen), true);
    if (kind > SHORT) {
        return failed(CALL_sendmsg, kind);
    }
    if (kind == SHORT) {
        struct iovec fewer[IOV_MAX];
        struct msghdr shortened = *message;
        size_t length = shorter(length_of(message->msg_iov, message->msg_iovlen));
        shortened.msg_iovlen = cut(fewer, message->msg_iov, length);
        shortened.msg_iov = fewer;
        return moved(CALL_sendmsg, NEXT(sendmsg)(socket, &shortened, flags), length);
    }
    return NEXT(sendmsg)(socket, message, flags);
}

ssize_t recvmsg(int socket, struct msghdr *message, int flags) {
    enum kind kind = CHANCE(recvmsg, socket, message->msg_iovlen == 1 ? message->msg_iov->iov_len : 0, false);
    if (kind > SHORT) {
        return failed(CALL_recvmsg, kind);
    }
    if (kind == SHORT) {
        size_t whole = message->msg_iov->iov_len;
        size_t length = shorter(whole);
        message->msg_iov->iov_len = length;
        ssize_t received = moved(CALL_recvmsg, NEXT(recvmsg)(socket, message, flags), length);
        message->msg_iov->iov_len = whole;
        return received;
    }
    return NEXT(recvmsg)(socket, message, flags);
}

/* Waits ------------------------------------------------------------------------------------------------------------ */

static enum kind chance_of_wait(enum call call, const void *caller, int max_events, bool waits) {
    if (!is_hit(call, caller)) {
        return NOTHING;
    }
    return choose(call, (waits ? M_INTERRUPTED : 0) | (max_events > 1 ? M_SHORT : 0));
}

static int fewer(int max_events) {
    return 1 + (int) below((uint64_t) (max_events - 1 < FEW_EVENTS ? max_events - 1 : FEW_EVENTS));
}

/* A signal interrupts a wait for what is not there; events that are there come first. */
static int interrupted(enum call call, int epoll_fd, struct epoll_event *events, int max_events) {
    int ready = NEXT(epoll_wait)(epoll_fd, events, max_events, 0);
    return ready == 0 ? failed(call, INTERRUPTED) : ready;
}

int epoll_wait(int epoll_fd, struct epoll_event *events, int max_events, int timeout) {
    enum kind kind = chance_of_wait(CALL_epoll_wait, __builtin_return_address(0), max_events, timeout != 0);
    if (kind == INTERRUPTED) {
        return interrupted(CALL_epoll_wait, epoll_fd, events, max_events);
    }
    if (kind == SHORT) {
        int few = fewer(max_events);
        return (int) moved(CALL_epoll_wait, NEXT(epoll_wait)(epoll_fd, events, few, timeout), (size_t) few);
    }
    return NEXT(epoll_wait)(epoll_fd, events, max_events, timeout);
}

static long numbered(long number, long argument[ARGUMENTS], const void *caller) {
    if (number != SYS_epoll_pwait2) {
        return make(number, argument);
    }
    int max_events = (int) argument[2];
    enum kind kind = chance_of_wait(CALL_sys_epoll_pwait2, caller, max_events, true);
    if (kind == INTERRUPTED) {
        struct epoll_event *events = (struct epoll_event *) (uintptr_t) argument[1];
        return interrupted(CALL_sys_epoll_pwait2, (int) argument[0], events, max_events);
    }
    if (kind == SHORT) {
        argument[2] = fewer(max_events);
        return moved(CALL_sys_epoll_pwait2, make(number, argument), (size_t) argument[2]);
    }
    return make(number, argument);
}

int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags) {
    if (is_hit(CALL_accept4, __builtin_return_address(0))) {
        unsigned kinds = M_INTERRUPTED | M_ABORTED | (is_nonblocking(socket) ? M_NOT_NOW : 0);
        return failed(CALL_accept4, choose(CALL_accept4, kinds));
    }
    return NEXT(accept4)(socket, address, length, flags);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
    if (!(options & WNOHANG) && is_hit(CALL_waitid, __builtin_return_address(0))) {
        return failed(CALL_waitid, choose(CALL_waitid, M_INTERRUPTED));
    }
    return NEXT(waitid)(type, id, info, options);
}
