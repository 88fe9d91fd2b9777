/* Listening, connecting, addresses, the file of a Unix socket. */
#include "evl_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "evl_socket.h"
#include "evl_sys.h"

static char directory[] = "/tmp/evl-test-XXXXXX";

static struct sockaddr_un unix_address(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", directory, name);
    CHECK(length > 0 && (size_t) length < sizeof address.sun_path);
    return address;
}

static struct sockaddr_in loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return address;
}

static void wait_until_ready(int fd, short events) {
    struct pollfd entry = {.fd = fd, .events = events};
    CHECK_EQUAL(1, poll(&entry, 1, 10000));
}

static void expect_non_blocking_and_close_on_exec(int fd) {
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK_EQUAL(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

static int tcp_listener(struct sockaddr_in *address, int backlog) {
    int listener = CHECKED_FD(evl_socket(AF_INET));
    *address = loopback();
    CHECK_EQUAL(0, evl_set_reuse_address(listener));
    CHECK_EQUAL(0, evl_bind(listener, address, sizeof *address));
    CHECK_EQUAL(0, evl_listen(listener, backlog));
    CHECK_EQUAL(sizeof *address, evl_local_address(listener, address, sizeof *address));
    CHECK(address->sin_port != 0);
    return listener;
}

static int no_delay(int socket) {
    int value = -1;
    socklen_t size = sizeof value;
    CHECK_EQUAL(0, getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &value, &size));
    return value;
}

static void connects_and_accepts_by_tcp(void) {
    struct sockaddr_in address;
    int listener = tcp_listener(&address, 8);
    expect_non_blocking_and_close_on_exec(listener);
    CHECK_EQUAL(-EAGAIN, evl_accept(listener));
    int client = CHECKED_FD(evl_socket(AF_INET));
    CHECK_EQUAL(0, evl_set_no_delay(client, 1));
    CHECK_EQUAL(-EINPROGRESS, evl_connect(client, &address, sizeof address));
    wait_until_ready(client, POLLOUT);
    CHECK_EQUAL(0, evl_socket_error(client));
    wait_until_ready(listener, POLLIN);
    int accepted = CHECKED_FD(evl_accept(listener));
    expect_non_blocking_and_close_on_exec(accepted);
    CHECK_EQUAL(1, evl_is_listening(listener));
    CHECK_EQUAL(0, evl_is_listening(accepted));
    CHECK_EQUAL(AF_INET, evl_socket_domain(accepted));
    struct sockaddr_in peer;
    struct sockaddr_in local;
    CHECK_EQUAL(sizeof peer, evl_peer_address(accepted, &peer, sizeof peer));
    CHECK_EQUAL(sizeof local, evl_local_address(client, &local, sizeof local));
    CHECK_EQUAL(local.sin_port, peer.sin_port);
    CHECK_EQUAL(1, no_delay(client));
    CHECK_EQUAL(0, evl_set_no_delay(client, 0));
    CHECK_EQUAL(0, no_delay(client));
    CHECK_EQUAL(0, evl_close(accepted));
    CHECK_EQUAL(0, evl_close(client));
    CHECK_EQUAL(0, evl_close(listener));
}

static void what_is_accepted_inherits_the_listeners_lack_of_delay(void) {
    for (int on = 0; on < 2; on++) {
        struct sockaddr_in address;
        int listener = tcp_listener(&address, 1);
        CHECK_EQUAL(0, evl_set_no_delay(listener, on));
        int client = CHECKED_FD(evl_socket(AF_INET));
        CHECK_EQUAL(-EINPROGRESS, evl_connect(client, &address, sizeof address));
        wait_until_ready(listener, POLLIN);
        int accepted = CHECKED_FD(evl_accept(listener));
        CHECK_EQUAL(on, no_delay(accepted));
        CHECK_EQUAL(0, evl_close(accepted));
        CHECK_EQUAL(0, evl_close(client));
        CHECK_EQUAL(0, evl_close(listener));
    }
}

static void a_refused_tcp_connect_is_told_by_the_pending_error(void) {
    struct sockaddr_in address;
    CHECK_EQUAL(0, evl_close(tcp_listener(&address, 1)));
    int client = CHECKED_FD(evl_socket(AF_INET));
    int status = evl_connect(client, &address, sizeof address);
    if (status == -EINPROGRESS) {
        wait_until_ready(client, POLLOUT);
        status = -evl_socket_error(client);
        CHECK_EQUAL(0, evl_socket_error(client));
    }
    CHECK_EQUAL(-ECONNREFUSED, status);
    CHECK_EQUAL(0, evl_close(client));
}

static void two_listeners_share_a_port_if_both_ask_for_it(void) {
    struct sockaddr_in address = loopback();
    int listeners[3];
    for (int i = 0; i < 3; i++) {
        listeners[i] = CHECKED_FD(evl_socket(AF_INET));
        if (i < 2) {
            CHECK_EQUAL(0, evl_set_reuse_port(listeners[i]));
        }
        CHECK_EQUAL(i < 2 ? 0 : -EADDRINUSE, evl_bind(listeners[i], &address, sizeof address));
        if (i < 2) {
            CHECK_EQUAL(0, evl_listen(listeners[i], 1));
        }
        CHECK(i > 0 || evl_local_address(listeners[0], &address, sizeof address) == sizeof address);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(0, evl_close(listeners[i]));
    }
}

static int unix_listener(const struct sockaddr_un *address, int backlog) {
    int listener = CHECKED_FD(evl_socket(AF_UNIX));
    CHECK_EQUAL(0, evl_set_mode(listener, 0600));
    CHECK_EQUAL(0, evl_bind(listener, address, sizeof *address));
    CHECK_EQUAL(0, evl_listen(listener, backlog));
    return listener;
}

static void a_socket_file_has_its_mode_from_birth(void) {
    struct sockaddr_un address = unix_address("mode");
    mode_t mask = umask(0);
    int listener = CHECKED_FD(evl_socket(AF_UNIX));
    CHECK_EQUAL(0, evl_set_mode(listener, 0600));
    CHECK_EQUAL(0, evl_bind(listener, &address, sizeof address));
    umask(mask);
    struct stat status;
    CHECK_EQUAL(0, lstat(address.sun_path, &status));
    CHECK_EQUAL(S_IFSOCK | 0600, status.st_mode);
    int64_t id[2];
    CHECK_EQUAL(0, evl_file_id(address.sun_path, id));
    CHECK_EQUAL(status.st_dev, id[0]);
    CHECK_EQUAL(status.st_ino, id[1]);
    CHECK_EQUAL(0, evl_close(listener));
    CHECK_EQUAL(0, evl_unlink(address.sun_path));
    CHECK_EQUAL(-ENOENT, evl_unlink(address.sun_path));
    CHECK_EQUAL(-ENOENT, evl_file_id(address.sun_path, id));
}

static void a_full_backlog_and_a_missing_listener_are_told_at_once(void) {
    struct sockaddr_un address = unix_address("full");
    int listener = unix_listener(&address, 0);
    int clients[3];
    for (int i = 0; i < 3; i++) {
        clients[i] = CHECKED_FD(evl_socket(AF_UNIX));
    }
    CHECK_EQUAL(0, evl_connect(clients[0], &address, sizeof address));
    CHECK_EQUAL(-EAGAIN, evl_connect(clients[1], &address, sizeof address));
    int accepted = CHECKED_FD(evl_accept(listener));
    CHECK_EQUAL(0, evl_connect(clients[1], &address, sizeof address)); /* the same socket can try again */
    CHECK_EQUAL(0, evl_close(listener));
    CHECK_EQUAL(-ECONNREFUSED, evl_connect(clients[2], &address, sizeof address));
    CHECK_EQUAL(0, evl_unlink(address.sun_path));
    CHECK_EQUAL(-ENOENT, evl_connect(clients[2], &address, sizeof address));
    CHECK_EQUAL(0, evl_close(accepted));
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(0, evl_close(clients[i]));
    }
}

static void tells_who_connected(void) {
    struct sockaddr_un address = unix_address("who");
    int listener = unix_listener(&address, 1);
    int client = CHECKED_FD(evl_socket(AF_UNIX));
    CHECK_EQUAL(0, evl_connect(client, &address, sizeof address));
    int accepted = CHECKED_FD(evl_accept(listener));
    int32_t credentials[3] = {0};
    CHECK_EQUAL(0, evl_peer_credentials(accepted, credentials));
    CHECK_EQUAL(getpid(), credentials[0]);
    CHECK_EQUAL(getuid(), (uid_t) credentials[1]);
    CHECK_EQUAL(getgid(), (gid_t) credentials[2]);
    int pidfd = evl_peer_pidfd(accepted);
    if (pidfd != -ENOPROTOOPT) {
        CHECK(pidfd > 2);
        CHECK_EQUAL(FD_CLOEXEC, fcntl(pidfd, F_GETFD));
        /* Alive: it is this process. Every kernel with this option has the call, but valgrind 3.19 does not. */
        CHECK(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0 || errno == ENOSYS);
        CHECK_EQUAL(0, evl_close(pidfd));
    }
    CHECK_EQUAL(0, evl_close(accepted));
    CHECK_EQUAL(0, evl_close(client));
    CHECK_EQUAL(0, evl_close(listener));
    CHECK_EQUAL(0, evl_unlink(address.sun_path));
}

static void refuses_what_is_no_socket_or_no_length(void) {
    struct sockaddr_in address = loopback();
    int event = CHECKED_FD(evl_eventfd());
    int socket = CHECKED_FD(evl_socket(AF_INET));
    CHECK_EQUAL(-EAFNOSUPPORT, evl_socket(-1));
    CHECK_EQUAL(-ENOTSOCK, evl_accept(event));
    CHECK_EQUAL(-EBADF, evl_accept(-1));
    CHECK_EQUAL(-EINVAL, evl_accept(socket)); /* it does not listen */
    CHECK_EQUAL(-ENOTSOCK, evl_bind(event, &address, sizeof address));
    CHECK_EQUAL(-ENOTSOCK, evl_connect(event, &address, sizeof address));
    CHECK_EQUAL(-ENOTSOCK, evl_listen(event, 1));
    CHECK_EQUAL(-ENOTSOCK, evl_socket_error(event));
    CHECK_EQUAL(-ENOTSOCK, evl_socket_domain(event));
    CHECK_EQUAL(-ENOTSOCK, evl_is_listening(event));
    CHECK_EQUAL(-EINVAL, evl_bind(socket, &address, -1));
    CHECK_EQUAL(-EINVAL, evl_connect(socket, &address, -1));
    CHECK_EQUAL(-EINVAL, evl_local_address(socket, &address, -1));
    CHECK_EQUAL(-EINVAL, evl_peer_address(socket, &address, -1));
    CHECK_EQUAL(-ENOTCONN, evl_peer_address(socket, &address, sizeof address));
    CHECK_EQUAL(0, evl_close(event));
    CHECK_EQUAL(0, evl_close(socket));
}

int main(void) {
    CHECK(mkdtemp(directory) != NULL);
    RUN(connects_and_accepts_by_tcp);
    RUN(what_is_accepted_inherits_the_listeners_lack_of_delay);
    RUN(a_refused_tcp_connect_is_told_by_the_pending_error);
    RUN(two_listeners_share_a_port_if_both_ask_for_it);
    RUN(a_socket_file_has_its_mode_from_birth);
    RUN(a_full_backlog_and_a_missing_listener_are_told_at_once);
    RUN(tells_who_connected);
    RUN(refuses_what_is_no_socket_or_no_length);
    CHECK_EQUAL(0, rmdir(directory));
    return 0;
}
