/*
 * One function per system call. Each returns a value >= 0, or -errno, and knows nothing of Java. A negative length or
 * count is -EINVAL.
 *
 * EINTR: calls that move bytes and open(2) are retried; a wait returns 0; close(2) is never retried.
 */
#ifndef EVL_SYS_H
#define EVL_SYS_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#pragma GCC visibility push(hidden)

/* epoll(7), eventfd(2) */

int evl_epoll_create(void);
int evl_epoll_ctl(int epoll_fd, int operation, int fd, uint32_t events, uint64_t token);

/* timeout_nanos < 0 waits without limit. 0 = timeout, or interrupted by a signal. */
int evl_epoll_wait(int epoll_fd, struct epoll_event *events, int max_events, int64_t timeout_nanos);

int evl_eventfd(void);

/* Adds 1. A saturated counter is success: whoever waits for it is awake already. */
int evl_eventfd_write(int fd);

/* Byte streams. None of the writers raises SIGPIPE. */

int evl_read(int fd, void *bytes, int length);
int evl_write(int fd, const void *bytes, int length);
int evl_writev(int fd, const struct iovec *vectors, int count);
int evl_send(int socket, const void *bytes, int length);
int evl_sendv(int socket, struct iovec *vectors, int count);
int evl_close(int fd);
int evl_open(const char *path, int flags, int mode);

/* Two descriptors in one value, here the read end above the write end; or -errno. */
int64_t evl_pipe(void);

/* Descriptors */

int evl_status_flags(int fd);
int evl_set_nonblocking(int fd, int on);
int evl_descriptor_flags(int fd);
int evl_set_cloexec(int fd, int on);
int evl_is_socket(int fd);

/* Bytes that are there to be read: ioctl(FIONREAD). */
int evl_unread_bytes(int fd);

/* Sockets; sizes in bytes */

int64_t evl_socketpair(void);
int evl_shutdown_output(int socket);
int evl_set_send_buffer(int socket, int bytes);
int evl_set_receive_buffer(int socket, int bytes);
int evl_send_buffer(int socket);
int evl_receive_buffer(int socket);

/* Errors. The texts carry no NUL; the result is their length, cut at capacity. */

int evl_errno_name(int error, char *name, int capacity);
int evl_errno_message(int error, char *message, int capacity);

#pragma GCC visibility pop

#endif
