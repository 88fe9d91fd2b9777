#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "evl_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evl_result.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* from Linux 6.5 on; the same on every architecture that evloop is built for */
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76 /* likewise */
#endif
#ifndef SO_INQ
#define SO_INQ 84 /* from Linux 6.17 on, likewise */
#endif

/* Streams ---------------------------------------------------------------------------------------------------------- */

int evl_socket(int family) {
    return evl_result(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int evl_datagram_socket(int family) {
    return evl_result(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int evl_bind(int socket, const void *address, int length) {
    if (length < 0) {
        return -EINVAL;
    }
    return evl_result(bind(socket, address, (socklen_t) length));
}

int evl_listen(int socket, int backlog) {
    return evl_result(listen(socket, backlog));
}

int evl_accept(int socket) {
    int accepted;
    do {
        accepted = accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (accepted < 0 && errno == EINTR);
    return evl_result(accepted);
}

int evl_connect(int socket, const void *address, int length) {
    if (length < 0) {
        return -EINVAL;
    }
    int status = connect(socket, address, (socklen_t) length);
    return status < 0 && errno == EINTR ? -EINPROGRESS : evl_result(status);
}

/* Addresses -------------------------------------------------------------------------------------------------------- */

static int checked_length(int status, socklen_t length) {
    return status < 0 ? -errno : (int) length;
}

int evl_local_address(int socket, void *address, int capacity) {
    if (capacity < 0) {
        return -EINVAL;
    }
    socklen_t length = (socklen_t) capacity;
    int status = getsockname(socket, address, &length);
    return checked_length(status, length);
}

int evl_peer_address(int socket, void *address, int capacity) {
    if (capacity < 0) {
        return -EINVAL;
    }
    socklen_t length = (socklen_t) capacity;
    int status = getpeername(socket, address, &length);
    return checked_length(status, length);
}

/* Options ---------------------------------------------------------------------------------------------------------- */

static int set_option(int socket, int level, int option, int value) {
    return evl_result(setsockopt(socket, level, option, &value, sizeof value));
}

static int option_value(int socket, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(socket, SOL_SOCKET, option, &value, &size) < 0 ? -errno : value;
}

int evl_set_reuse_address(int socket) {
    return set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
}

int evl_set_reuse_port(int socket) {
    return set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
}

int evl_set_no_delay(int socket, int on) {
    return set_option(socket, IPPROTO_TCP, TCP_NODELAY, on != 0);
}

int evl_socket_error(int socket) {
    return option_value(socket, SO_ERROR);
}

int evl_socket_domain(int socket) {
    return option_value(socket, SO_DOMAIN);
}

int evl_socket_type(int socket) {
    return option_value(socket, SO_TYPE);
}

int evl_is_listening(int socket) {
    return option_value(socket, SO_ACCEPTCONN);
}

int evl_peer_pidfd(int socket) {
    return option_value(socket, SO_PEERPIDFD);
}

int evl_peer_credentials(int socket, int32_t credentials[3]) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
        return -errno;
    }
    credentials[0] = peer.pid;
    credentials[1] = (int32_t) peer.uid;
    credentials[2] = (int32_t) peer.gid;
    return 0;
}

/* The file of a Unix socket ---------------------------------------------------------------------------------------- */

int evl_set_mode(int fd, int mode) {
    return evl_result(fchmod(fd, (mode_t) mode));
}

int evl_file_id(const char *path, int64_t id[2]) {
    struct stat status;
    if (lstat(path, &status) < 0) {
        return -errno;
    }
    id[0] = (int64_t) status.st_dev;
    id[1] = (int64_t) status.st_ino;
    return 0;
}

int evl_unlink(const char *path) {
    return evl_result(unlink(path));
}

/* Descriptors as messages ------------------------------------------------------------------------------------------ */

int evl_duplicate(int fd) {
    return evl_result(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

int evl_send_fd(int socket, const void *bytes, int length, int fd) {
    if (length <= 0) {
        return -EINVAL; /* without a byte a stream carries no descriptor, see unix(7) */
    }
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof fd)];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec vector = {.iov_base = (void *) (uintptr_t) bytes, .iov_len = (size_t) length};
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return evl_result(sent);
}

static void add_rights(struct evl_rights *rights, struct cmsghdr *header) {
    int32_t count = (int32_t) ((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(rights->fds + rights->count, CMSG_DATA(header), (size_t) count * sizeof(int));
    rights->count += count;
}

int evl_pass_only_rights(int socket) {
    static const int others[] = {SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD, SO_INQ};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        int outcome = set_option(socket, SOL_SOCKET, others[i], 0);
        if (outcome < 0 && outcome != -ENOPROTOOPT) { /* of an option that this kernel does not have */
            return outcome;
        }
    }
    return 0;
}

int evl_receive(int socket, void *bytes, int length, struct evl_rights *rights, int capacity) {
    if (length < 0 || capacity < 1 || capacity > EVL_RIGHTS_MAX) {
        return -EINVAL;
    }
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * EVL_RIGHTS_MAX)];
    } control;
    struct iovec vector = {.iov_base = bytes, .iov_len = (size_t) length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control};
    rights->count = 0;
    rights->truncated = 0;
    ssize_t count;
    do {
        /* CMSG_LEN, not CMSG_SPACE: in the padding the kernel would find room for one more. */
        message.msg_controllen = CMSG_LEN(sizeof(int) * (size_t) capacity);
        count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return -errno;
    }
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            add_rights(rights, header);
        }
    }
    rights->truncated = (message.msg_flags & MSG_CTRUNC) != 0;
    return (int) count;
}
