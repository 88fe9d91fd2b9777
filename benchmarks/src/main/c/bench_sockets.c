/*
 * What a connection costs, and a descriptor as a message, by the plainest epoll loop: the yardstick of SocketCost.
 *
 *     bench_sockets unix|tcp COUNT     connections made, accepted, and closed at both ends, 64 at a time, by one thread
 *     bench_sockets fd|plain COUNT     frames of 7 bytes through a socketpair, with a descriptor each, or without
 *
 * Prints the number per second.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench_io.h"
#include "bench_meter.h"

enum { AT_ONCE = 64, READY = 256, FRAME = 7, BATCH = 32 };

/* The upper half of an epoll token: what the descriptor in the lower half is for. */
enum part { LISTENER, CONNECTING, ACCEPTED };

static int checked(int result, const char *what) {
    if (result < 0) {
        die("%s", what);
    }
    return result;
}

static void add(int epoll, int fd, enum part part, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t) part << 32 | (uint32_t) fd};
    checked(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

struct target {
    struct sockaddr_storage address;
    socklen_t length;
    int family;
};

static struct target target_of(const char *kind) {
    struct target target = {0};
    if (strcmp(kind, "tcp") == 0) {
        const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        target.length = sizeof address;
        memcpy(&target.address, &address, sizeof address);
    } else {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int name = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "bench-sockets-%d", (int) getpid());
        target.length = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + 1 + (size_t) name);
        memcpy(&target.address, &address, sizeof address);
    }
    target.family = target.address.ss_family;
    return target;
}

static void no_delay(int fd, const struct target *target) {
    const int on = 1;
    if (target->family == AF_INET) {
        checked(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    }
}

static void begin_connect(int epoll, const struct target *target) {
    int fd = checked(socket(target->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    no_delay(fd, target);
    if (connect(fd, (const struct sockaddr *) &target->address, target->length) < 0 && errno != EINPROGRESS) {
        die("connect");
    }
    add(epoll, fd, CONNECTING, EPOLLOUT);
}

static void finish_connect(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    checked(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), "SO_ERROR");
    errno = error;
    checked(error == 0 ? 0 : -1, "connect");
    checked(close(fd), "close");
}

static void accept_all(int epoll, int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        add(epoll, fd, ACCEPTED, EPOLLIN);
    }
    if (errno != EAGAIN) {
        die("accept4");
    }
}

static void run_connections(const char *kind, long count) {
    int epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    struct target target = target_of(kind);
    int listener = checked(socket(target.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    checked(bind(listener, (const struct sockaddr *) &target.address, target.length), "bind");
    checked(listen(listener, SOMAXCONN), "listen");
    checked(getsockname(listener, (struct sockaddr *) &target.address, &target.length), "getsockname");
    no_delay(listener, &target);
    add(epoll, listener, LISTENER, EPOLLIN);
    long begun = 0;
    for (; begun < AT_ONCE && begun < count; begun++) {
        begin_connect(epoll, &target);
    }
    for (long ended = 0; ended < count;) {
        struct epoll_event events[READY];
        int ready = checked(epoll_wait(epoll, events, READY, -1), "epoll_wait");
        for (int i = 0; i < ready; i++) {
            int fd = (int) (uint32_t) events[i].data.u64;
            switch ((enum part) (events[i].data.u64 >> 32)) {
            case LISTENER:
                accept_all(epoll, fd);
                break;
            case CONNECTING:
                finish_connect(fd);
                if (begun < count) {
                    begin_connect(epoll, &target);
                    begun++;
                }
                break;
            case ACCEPTED: {
                uint8_t bytes[FRAME];
                read_some(fd, bytes, sizeof bytes); /* the end */
                checked(close(fd), "close");
                ended++;
                break;
            }
            }
        }
    }
    checked(close(listener), "close");
    checked(close(epoll), "close");
}

/* As Pipe.writeFrame does: the first byte with the descriptor, then the rest. */
static void send_with_fd(int socket, uint8_t *frame, int fd) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof fd)];
    } control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)}};
    struct iovec vector = {.iov_base = frame, .iov_len = 1};
    const struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    checked((int) sendmsg(socket, &message, MSG_NOSIGNAL), "sendmsg");
    write_fully(socket, frame + 1, FRAME - 1);
}

static const uint8_t frame_bytes[FRAME] = {0, 1, 0, 0, 0, 1, 'x'};

/* Closes the descriptor that came with a message; how many there were. */
static int take_fd(struct msghdr *message) {
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if ((message->msg_flags & MSG_CTRUNC) != 0) {
        die("a descriptor was lost");
    }
    if (header == NULL) {
        return 0;
    }
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    checked(close(fd), "close");
    return 1;
}

static void receive(int socket, bool with_fds) {
    uint8_t target[FRAME * BATCH];
    size_t length = 0;
    int fds = 0;
    while (length < sizeof target) {
        union {
            struct cmsghdr header;
            char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec vector = {.iov_base = target + length, .iov_len = sizeof target - length};
        struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control};
        message.msg_controllen = with_fds ? sizeof control : 0;
        int count = checked((int) recvmsg(socket, &message, MSG_CMSG_CLOEXEC), "recvmsg");
        if (count == 0) {
            die("the stream has ended");
        }
        length += (size_t) count;
        fds += take_fd(&message);
    }
    for (size_t i = 0; i < BATCH; i++) {
        if (memcmp(target + i * FRAME, frame_bytes, FRAME) != 0) {
            die("frame %zu of a batch is not what was sent", i);
        }
    }
    if (fds != (with_fds ? BATCH : 0)) {
        die("%d descriptors came with a batch", fds);
    }
}

static void run_frames(bool with_fds, long count) {
    int pair[2];
    checked(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
    uint8_t frames[FRAME * BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        memcpy(frames + i * FRAME, frame_bytes, FRAME);
    }
    for (long sent = 0; sent < count; sent += BATCH) {
        if (!with_fds) {
            write_fully(pair[0], frames, sizeof frames);
        }
        for (int i = 0; with_fds && i < BATCH; i++) {
            int duplicate = checked(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "fcntl");
            send_with_fd(pair[0], frames, duplicate);
            checked(close(duplicate), "close");
        }
        receive(pair[1], with_fds);
    }
    checked(close(pair[0]), "close");
    checked(close(pair[1]), "close");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s unix|tcp|fd|plain COUNT\n", argv[0]);
        return 2;
    }
    long count = parse_number("COUNT", argv[2], 1, INT32_MAX);
    int64_t start = now_nanos();
    if (strcmp(argv[1], "fd") == 0 || strcmp(argv[1], "plain") == 0) {
        run_frames(argv[1][0] == 'f', count);
    } else {
        run_connections(argv[1], count);
    }
    printf("%.0f\n", (double) count * 1e9 / (double) (now_nanos() - start));
    return 0;
}
