/* Flags of descriptors, sockets' buffers, texts of errors. */
#include "evl_test.h"

#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "evl_sys.h"

static void sets_and_clears_non_blocking_alone(void) {
    int64_t pipe = evl_pipe();
    int fd = lower(pipe);
    CHECK_EQUAL(0, fcntl(fd, F_SETFL, O_APPEND));
    const int initial = evl_status_flags(fd);
    CHECK_EQUAL(fcntl(fd, F_GETFL), initial);
    CHECK_EQUAL(O_WRONLY, initial & O_ACCMODE);
    for (int round = 0; round < 2; round++) {
        CHECK_EQUAL(0, evl_set_nonblocking(fd, 1));
        CHECK_EQUAL(initial | O_NONBLOCK, evl_status_flags(fd));
    }
    for (int round = 0; round < 2; round++) {
        CHECK_EQUAL(0, evl_set_nonblocking(fd, 0));
        CHECK_EQUAL(initial, evl_status_flags(fd));
    }
    CHECK_EQUAL(O_RDONLY, evl_status_flags(upper(pipe)) & O_ACCMODE);
    CHECK_EQUAL(0, evl_close(upper(pipe)));
    CHECK_EQUAL(0, evl_close(fd));
    CHECK_EQUAL(-EBADF, evl_status_flags(fd));
    CHECK_EQUAL(-EBADF, evl_set_nonblocking(fd, 1));
}

static void sets_and_clears_close_on_exec(void) {
    int fd = CHECKED_FD(evl_eventfd());
    CHECK_EQUAL(FD_CLOEXEC, evl_descriptor_flags(fd));
    for (int round = 0; round < 2; round++) {
        CHECK_EQUAL(0, evl_set_cloexec(fd, 0));
        CHECK_EQUAL(0, evl_descriptor_flags(fd));
    }
    for (int round = 0; round < 2; round++) {
        CHECK_EQUAL(0, evl_set_cloexec(fd, 1));
        CHECK_EQUAL(FD_CLOEXEC, evl_descriptor_flags(fd));
    }
    CHECK_EQUAL(0, evl_close(fd));
    CHECK_EQUAL(-EBADF, evl_descriptor_flags(fd));
    CHECK_EQUAL(-EBADF, evl_set_cloexec(fd, 1));
}

static void leaves_the_null_device_for_a_standard_descriptor(void) {
    struct stat device;
    struct stat found;
    CHECK_EQUAL(0, stat("/dev/null", &device));
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int saved = CHECKED_FD(fcntl(fd, F_DUPFD_CLOEXEC, 10));
        CHECK_EQUAL(0, evl_close(fd));
        const int status = fstat(fd, &found);
        const int descriptor_flags = fcntl(fd, F_GETFD);
        const int status_flags = fcntl(fd, F_GETFL);
        close(fd);
        const int again = evl_close(fd);
        CHECK_EQUAL(fd, dup2(saved, fd));
        CHECK_EQUAL(0, evl_close(saved));
        CHECK_EQUAL(0, status);
        CHECK_EQUAL(device.st_rdev, found.st_rdev);
        CHECK_EQUAL(0, descriptor_flags);
        CHECK_EQUAL(O_RDWR, status_flags & O_ACCMODE);
        CHECK_EQUAL(-EBADF, again);
    }
}

static void tells_sockets_from_others(void) {
    int64_t pair = evl_socketpair();
    int64_t pipe = evl_pipe();
    int event = CHECKED_FD(evl_eventfd());
    int file = CHECKED_FD(evl_open("/proc/self/exe", O_RDONLY, 0));
    CHECK_EQUAL(1, evl_is_socket(upper(pair)));
    CHECK_EQUAL(1, evl_is_socket(lower(pair)));
    CHECK_EQUAL(0, evl_is_socket(upper(pipe)));
    CHECK_EQUAL(0, evl_is_socket(event));
    CHECK_EQUAL(0, evl_is_socket(file));
    CHECK_EQUAL(-EBADF, evl_is_socket(-1));
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
    CHECK_EQUAL(0, evl_close(upper(pipe)));
    CHECK_EQUAL(0, evl_close(lower(pipe)));
    CHECK_EQUAL(0, evl_close(event));
    CHECK_EQUAL(0, evl_close(file));
}

static void counts_the_bytes_that_are_there_to_be_read(void) {
    const int64_t channels[] = {evl_socketpair(), evl_pipe()};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        int from = upper(channels[i]);
        int to = lower(channels[i]);
        char bytes[5];
        CHECK_EQUAL(0, evl_unread_bytes(from));
        CHECK_EQUAL(5, evl_write(to, "12345", 5));
        CHECK_EQUAL(2, evl_write(to, "67", 2));
        CHECK_EQUAL(7, evl_unread_bytes(from));
        CHECK_EQUAL(5, evl_read(from, bytes, 5));
        CHECK_EQUAL(0, evl_close(to));
        CHECK_EQUAL(2, evl_unread_bytes(from));
        CHECK_EQUAL(0, evl_close(from));
    }
    CHECK_EQUAL(-EBADF, evl_unread_bytes(-1));
    int event = CHECKED_FD(evl_eventfd());
    CHECK_EQUAL(-ENOTTY, evl_unread_bytes(event));
    CHECK_EQUAL(0, evl_close(event));
}

static void a_socket_pair_is_a_unix_stream(void) {
    int64_t pair = evl_socketpair();
    int value = 0;
    socklen_t size = sizeof value;
    CHECK_EQUAL(0, getsockopt(upper(pair), SOL_SOCKET, SO_DOMAIN, &value, &size));
    CHECK_EQUAL(AF_UNIX, value);
    CHECK_EQUAL(0, getsockopt(upper(pair), SOL_SOCKET, SO_TYPE, &value, &size));
    CHECK_EQUAL(SOCK_STREAM, value);
    CHECK(!(evl_status_flags(upper(pair)) & O_NONBLOCK));
    CHECK_EQUAL(0, evl_close(upper(pair)));
    CHECK_EQUAL(0, evl_close(lower(pair)));
}

static void the_kernel_doubles_buffer_sizes(void) {
    int64_t pair = evl_socketpair();
    int socket = upper(pair);
    CHECK_EQUAL(0, evl_set_send_buffer(socket, 40000));
    CHECK_EQUAL(80000, evl_send_buffer(socket));
    CHECK_EQUAL(0, evl_set_receive_buffer(socket, 50000));
    CHECK_EQUAL(100000, evl_receive_buffer(socket));
    CHECK_EQUAL(0, evl_set_send_buffer(socket, 1));
    CHECK(evl_send_buffer(socket) > 1 && evl_send_buffer(socket) < 80000);
    CHECK_EQUAL(0, evl_set_send_buffer(socket, INT_MAX)); /* capped, no error */
    CHECK_EQUAL(-EINVAL, evl_set_send_buffer(socket, -1));
    CHECK_EQUAL(-EINVAL, evl_set_receive_buffer(socket, INT_MIN));
    CHECK_EQUAL(0, evl_close(socket));
    CHECK_EQUAL(0, evl_close(lower(pair)));
    int event = CHECKED_FD(evl_eventfd());
    CHECK_EQUAL(-ENOTSOCK, evl_set_send_buffer(event, 1));
    CHECK_EQUAL(-ENOTSOCK, evl_set_receive_buffer(event, 1));
    CHECK_EQUAL(-ENOTSOCK, evl_send_buffer(event));
    CHECK_EQUAL(-ENOTSOCK, evl_receive_buffer(event));
    CHECK_EQUAL(-ENOTSOCK, evl_shutdown_output(event));
    CHECK_EQUAL(-ENOTSOCK, evl_send(event, "x", 1));
    CHECK_EQUAL(0, evl_close(event));
}

static void expect_name(const char *expected, int error) {
    char name[32];
    memset(name, '#', sizeof name);
    int length = evl_errno_name(error, name, sizeof name);
    CHECK_EQUAL(strlen(expected), length);
    CHECK_EQUAL(0, memcmp(expected, name, strlen(expected)));
    CHECK_EQUAL('#', name[length]);
}

static void names_every_errno_of_linux(void) {
    expect_name("EPERM", EPERM);
    expect_name("ENOENT", ENOENT);
    expect_name("EAGAIN", EWOULDBLOCK);
    expect_name("EDEADLK", EDEADLOCK);
    expect_name("EOPNOTSUPP", ENOTSUP);
    expect_name("ECONNRESET", ECONNRESET);
    expect_name("EHWPOISON", EHWPOISON);
    expect_name("", 0);
    expect_name("", -1);
    expect_name("", 41); /* a hole in asm-generic/errno.h */
    expect_name("", 4096);
    int named = 0;
    for (int error = 0; error <= EHWPOISON; error++) {
        char name[32];
        named += evl_errno_name(error, name, sizeof name) > 0;
    }
    CHECK(named >= 131);
}

static void texts_are_cut_at_the_capacity(void) {
    char text[256];
    memset(text, '#', sizeof text);
    CHECK_EQUAL(3, evl_errno_name(ENOENT, text, 3));
    CHECK_EQUAL(0, memcmp(text, "ENO#", 4));
    CHECK_EQUAL(0, evl_errno_name(ENOENT, NULL, 0));
    CHECK_EQUAL(-EINVAL, evl_errno_name(ENOENT, text, -1));
    CHECK_EQUAL(-EFAULT, evl_errno_name(ENOENT, NULL, 8));
    CHECK_EQUAL(-EFAULT, evl_errno_message(ENOENT, NULL, 8));
    int length = evl_errno_message(ENOENT, text, sizeof text);
    CHECK_EQUAL(strlen("No such file or directory"), length);
    CHECK_EQUAL(0, memcmp(text, "No such file or directory#", (size_t) length));
    CHECK_EQUAL(7, evl_errno_message(EPERM, text, 7));
    CHECK_EQUAL(0, memcmp(text, "Operati file", 12)); /* the rest is of the text before */
    CHECK_EQUAL(-EINVAL, evl_errno_message(EPERM, text, -1));
    CHECK(evl_errno_message(123456, text, sizeof text) > 0);
    CHECK(evl_errno_message(-1, text, sizeof text) > 0);
}

int main(void) {
    RUN(sets_and_clears_non_blocking_alone);
    RUN(sets_and_clears_close_on_exec);
    RUN(leaves_the_null_device_for_a_standard_descriptor);
    RUN(tells_sockets_from_others);
    RUN(counts_the_bytes_that_are_there_to_be_read);
    RUN(a_socket_pair_is_a_unix_stream);
    RUN(the_kernel_doubles_buffer_sizes);
    RUN(names_every_errno_of_linux);
    RUN(texts_are_cut_at_the_capacity);
    return 0;
}
