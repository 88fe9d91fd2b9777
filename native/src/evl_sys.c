#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "evl_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/time_types.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "evl_errno_names.h"
#include "evl_result.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441 /* the same on every architecture with the unified numbers */
#endif

enum { NANOS_PER_SECOND = 1000000000, NANOS_PER_MILLI = 1000000 };

/* epoll(7), eventfd(2) -------------------------------------------------------------------------------------------- */

int evl_epoll_create(void) {
    return evl_result(epoll_create1(EPOLL_CLOEXEC));
}

int evl_epoll_ctl(int epoll_fd, int operation, int fd, uint32_t events, uint64_t token) {
    /* Passed to EPOLL_CTL_DEL as well: kernels before 2.6.9 want a pointer there, see BUGS in epoll_ctl(2). */
    struct epoll_event event = {.events = events, .data.u64 = token};
    return evl_result(epoll_ctl(epoll_fd, operation, fd, &event));
}

static int wait_millis(int epoll_fd, struct epoll_event *events, int max_events, int timeout_millis) {
    int ready = epoll_wait(epoll_fd, events, max_events, timeout_millis);
    return ready < 0 && errno == EINTR ? 0 : evl_result(ready);
}

static int millis_rounded_up(int64_t nanos) {
    int64_t millis = nanos / NANOS_PER_MILLI + (nanos % NANOS_PER_MILLI != 0);
    return millis > INT_MAX ? INT_MAX : (int) millis;
}

int evl_epoll_wait(int epoll_fd, struct epoll_event *events, int max_events, int64_t timeout_nanos) {
    static atomic_bool pwait2_missing;

    if (max_events <= 0) {
        return -EINVAL;
    }
    /* These two need no timespec, so the older call serves them on every kernel. */
    if (timeout_nanos <= 0) {
        return wait_millis(epoll_fd, events, max_events, timeout_nanos < 0 ? -1 : 0);
    }
    if (!atomic_load_explicit(&pwait2_missing, memory_order_relaxed)) {
        /* By number: glibc wraps it from 2.35 on only, the kernel has it from 5.11 on. */
        struct __kernel_timespec timeout = {
            .tv_sec = timeout_nanos / NANOS_PER_SECOND,
            .tv_nsec = timeout_nanos % NANOS_PER_SECOND,
        };
        long ready = syscall(SYS_epoll_pwait2, epoll_fd, events, max_events, &timeout, NULL, (size_t) 0);
        if (ready >= 0) {
            return (int) ready;
        }
        if (errno == EINTR) {
            return 0;
        }
        /* The call itself never gives EPERM: that is a seccomp(2) filter which does not know it. */
        if (errno != ENOSYS && errno != EPERM) {
            return -errno;
        }
        atomic_store_explicit(&pwait2_missing, true, memory_order_relaxed);
    }
    return wait_millis(epoll_fd, events, max_events, millis_rounded_up(timeout_nanos));
}

int evl_eventfd(void) {
    return evl_result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int evl_eventfd_write(int fd) {
    const uint64_t one = 1;
    ssize_t written;
    do {
        written = write(fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    return written < 0 && errno != EAGAIN ? -errno : 0;
}

/* Byte streams. The kernel moves at most 0x7ffff000 bytes per call (read(2)), so every count fits an int. --------- */

int evl_read(int fd, void *bytes, int length) {
    if (length < 0) {
        return -EINVAL;
    }
    ssize_t count;
    do {
        count = read(fd, bytes, (size_t) length);
    } while (count < 0 && errno == EINTR);
    return evl_result(count);
}

/*
 * SIGPIPE for pipes and FIFOs, where MSG_NOSIGNAL does not exist. write(2) sends the signal to the calling thread, so
 * it is blocked there, and what the write has added is taken off the queue before the old mask comes back.
 */
struct sigpipe_hold {
    sigset_t old_mask;
    bool was_blocked;
    bool was_pending;
};

static int sigpipe_hold(struct sigpipe_hold *hold) {
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    int error = pthread_sigmask(SIG_BLOCK, &sigpipe, &hold->old_mask);
    if (error != 0) {
        return -error;
    }
    hold->was_blocked = sigismember(&hold->old_mask, SIGPIPE) == 1;
    hold->was_pending = false;
    /* Unblocked, the thread had none pending; and one sent to the process since is taken after the thread's own. */
    if (hold->was_blocked) {
        sigset_t pending;
        sigemptyset(&pending);
        sigpending(&pending);
        hold->was_pending = sigismember(&pending, SIGPIPE) == 1;
    }
    return 0;
}

/* `written` as write(2) returned it. A pending SIGPIPE from before absorbs ours and stays: it is the caller's. */
static int sigpipe_release(const struct sigpipe_hold *hold, ssize_t written, size_t wanted) {
    int outcome = evl_result(written);
    /* A short count may hide one too: a blocking pipe whose reader left after the first part of the bytes. */
    bool raised = written < 0 ? outcome == -EPIPE : (size_t) written < wanted;
    if (raised && !hold->was_pending) {
        const struct timespec at_once = {0};
        sigset_t sigpipe;
        sigemptyset(&sigpipe);
        sigaddset(&sigpipe, SIGPIPE);
        while (sigtimedwait(&sigpipe, NULL, &at_once) < 0 && errno == EINTR) {
        }
    }
    if (!hold->was_blocked) {
        pthread_sigmask(SIG_SETMASK, &hold->old_mask, NULL);
    }
    return outcome;
}

int evl_write(int fd, const void *bytes, int length) {
    if (length < 0) {
        return -EINVAL;
    }
    struct sigpipe_hold hold;
    int error = sigpipe_hold(&hold);
    if (error < 0) {
        return error;
    }
    ssize_t count;
    do {
        count = write(fd, bytes, (size_t) length);
    } while (count < 0 && errno == EINTR);
    return sigpipe_release(&hold, count, (size_t) length);
}

int evl_writev(int fd, const struct iovec *vectors, int count) {
    if (count < 0) {
        return -EINVAL;
    }
    struct sigpipe_hold hold;
    int error = sigpipe_hold(&hold);
    if (error < 0) {
        return error;
    }
    ssize_t written;
    do {
        written = writev(fd, vectors, count);
    } while (written < 0 && errno == EINTR);
    size_t wanted = 0;
    for (int i = 0; written >= 0 && i < count; i++) {
        wanted += vectors[i].iov_len;
    }
    return sigpipe_release(&hold, written, wanted);
}

int evl_send(int socket, const void *bytes, int length) {
    if (length < 0) {
        return -EINVAL;
    }
    ssize_t count;
    do {
        count = send(socket, bytes, (size_t) length, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return evl_result(count);
}

int evl_sendv(int socket, struct iovec *vectors, int count) {
    if (count < 0) {
        return -EINVAL;
    }
    const struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t) count};
    ssize_t written;
    do {
        written = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (written < 0 && errno == EINTR);
    return evl_result(written);
}

static int close_once(int fd) {
    /* With EINTR, too, the descriptor is gone: see close(2). */
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

/*
 * The next descriptor would get the number, and whoever prints write into it. Inherited by children, as what was there.
 */
static int close_standard(int fd) {
    if (fcntl(fd, F_GETFD) < 0) {
        return -errno;
    }
    const int null = evl_open("/dev/null", O_RDWR, 0);
    if (null < 0) { /* without a descriptor for it there is no way but that one */
        return close_once(fd);
    }
    int number;
    do {
        number = dup2(null, fd);
    } while (number < 0 && (errno == EINTR || errno == EBUSY));
    const int result = number < 0 ? close_once(fd) : 0;
    const int closed = close_once(null);
    return result < 0 ? result : closed;
}

int evl_close(int fd) {
    return fd >= STDIN_FILENO && fd <= STDERR_FILENO ? close_standard(fd) : close_once(fd);
}

int evl_open(const char *path, int flags, int mode) {
    if (path == NULL) {
        return -EFAULT;
    }
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC | O_NOCTTY, (mode_t) mode); /* a terminal is not to become ours */
    } while (fd < 0 && errno == EINTR);
    return evl_result(fd);
}

static int64_t pair_result(int status, const int fds[2]) {
    return status < 0 ? -errno : (int64_t) fds[0] << 32 | (int64_t) fds[1];
}

int64_t evl_pipe(void) {
    int fds[2];
    return pair_result(pipe2(fds, O_CLOEXEC), fds);
}

/* Descriptors ------------------------------------------------------------------------------------------------------ */

int evl_status_flags(int fd) {
    return evl_result(fcntl(fd, F_GETFL));
}

int evl_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return -errno;
    }
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return wanted == flags ? 0 : evl_result(fcntl(fd, F_SETFL, wanted));
}

int evl_descriptor_flags(int fd) {
    return evl_result(fcntl(fd, F_GETFD));
}

int evl_set_cloexec(int fd, int on) {
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0) {
        return -errno;
    }
    int wanted = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
    return wanted == flags ? 0 : evl_result(fcntl(fd, F_SETFD, wanted));
}

int evl_is_socket(int fd) {
    struct stat status;
    return fstat(fd, &status) < 0 ? -errno : S_ISSOCK(status.st_mode);
}

int evl_unread_bytes(int fd) {
    int bytes;
    return ioctl(fd, FIONREAD, &bytes) < 0 ? -errno : bytes;
}

/* Sockets ---------------------------------------------------------------------------------------------------------- */

int64_t evl_socketpair(void) {
    int fds[2];
    return pair_result(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), fds);
}

int evl_shutdown_output(int socket) {
    return evl_result(shutdown(socket, SHUT_WR));
}

static int set_buffer(int socket, int option, int bytes) {
    /* The kernel compares it as unsigned: a negative size would become the largest one. */
    if (bytes < 0) {
        return -EINVAL;
    }
    return evl_result(setsockopt(socket, SOL_SOCKET, option, &bytes, sizeof bytes));
}

static int buffer(int socket, int option) {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    return getsockopt(socket, SOL_SOCKET, option, &bytes, &size) < 0 ? -errno : bytes;
}

int evl_set_send_buffer(int socket, int bytes) {
    return set_buffer(socket, SO_SNDBUF, bytes);
}

int evl_set_receive_buffer(int socket, int bytes) {
    return set_buffer(socket, SO_RCVBUF, bytes);
}

int evl_send_buffer(int socket) {
    return buffer(socket, SO_SNDBUF);
}

int evl_receive_buffer(int socket) {
    return buffer(socket, SO_RCVBUF);
}

/* Errors ----------------------------------------------------------------------------------------------------------- */

static int copy_text(const char *text, char *target, int capacity) {
    if (capacity < 0) {
        return -EINVAL;
    }
    size_t length = strnlen(text, (size_t) capacity);
    if (length > 0) {
        if (target == NULL) {
            return -EFAULT;
        }
        memcpy(target, text, length);
    }
    return (int) length;
}

int evl_errno_name(int error, char *name, int capacity) {
    return copy_text(errno_name(error), name, capacity);
}

int evl_errno_message(int error, char *message, int capacity) {
    /* GNU's strerror_r: the text is in what it returns, and only sometimes in `space`. */
    char space[256];
    return copy_text(strerror_r(error, space, sizeof space), message, capacity);
}
