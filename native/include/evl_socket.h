/*
 * Listening, connecting, addresses, and descriptors as messages: as evl_sys.h, one function per system call, which
 * returns a value >= 0 or -errno.
 */
#ifndef EVL_SOCKET_H
#define EVL_SOCKET_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Streams that listen or connect. Every socket made here is SOCK_NONBLOCK | SOCK_CLOEXEC from birth. */

int evl_socket(int family);
int evl_bind(int socket, const void *address, int length);
int evl_listen(int socket, int backlog);

/* No stream: for asking who has a name without connecting to him. */
int evl_datagram_socket(int family);

/* The new socket. -EAGAIN: nobody waits. */
int evl_accept(int socket);

/*
 * 0 = connected; -EINPROGRESS = EPOLLOUT will tell, and evl_socket_error what became of it. Interrupted, it goes on by
 * itself, as connect(2) says, and is in progress, too. -EAGAIN: the backlog of a Unix listener is full.
 */
int evl_connect(int socket, const void *address, int length);

/* The pending SO_ERROR as a positive number, which is cleared; 0 = none. */
int evl_socket_error(int socket);

/* Addresses: the length that the kernel reports, which may be above `capacity`; then the address was cut. */

int evl_local_address(int socket, void *address, int capacity);
int evl_peer_address(int socket, void *address, int capacity);

/* Options */

int evl_set_reuse_address(int socket);
int evl_set_reuse_port(int socket);
int evl_set_no_delay(int socket, int on);

/* AF_UNIX and so on; SOCK_STREAM and so on; 1 if listen(2) was called, else 0. */
int evl_socket_domain(int socket);
int evl_socket_type(int socket);
int evl_is_listening(int socket);

/* The peer of a Unix stream, as it was when it connected or listened: pid, uid, gid. */
int evl_peer_credentials(int socket, int32_t credentials[3]);

/* A pidfd of that peer; -ENOPROTOOPT before Linux 6.5, -ESRCH or -EINVAL once it was reaped. */
int evl_peer_pidfd(int socket);

/* The file of a Unix socket. On an unbound socket, evl_set_mode is the mode that bind(2) makes the file with. */

int evl_set_mode(int fd, int mode);

/* Device and inode of what the path names, a symbolic link not followed. */
int evl_file_id(const char *path, int64_t id[2]);
int evl_unlink(const char *path);

/* Descriptors as messages: SCM_RIGHTS of unix(7). */

enum { EVL_RIGHTS_MAX = 253 }; /* SCM_MAX_FD: what one message carries at most */

struct evl_rights {
    int32_t count;
    int32_t truncated; /* 1 = more were sent than `capacity`, or than this process may open: the others are closed */
    int32_t fds[EVL_RIGHTS_MAX];
};

/* A duplicate, close-on-exec. */
int evl_duplicate(int fd);

/* Sends bytes with a descriptor, and no SIGPIPE; the descriptor went with them if any of them went. */
int evl_send_fd(int socket, const void *bytes, int length, int fd);

/* Credentials and the like are not to come with what evl_receive reads: it has room for descriptors alone. */
int evl_pass_only_rights(int socket);

/* Reads bytes, and up to `capacity` descriptors, close-on-exec, which are the caller's. */
int evl_receive(int socket, void *bytes, int length, struct evl_rights *rights, int capacity);

#pragma GCC visibility pop

#endif
