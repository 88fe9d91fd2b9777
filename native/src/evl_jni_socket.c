/* The natives of io.evloop.sys.Native that listen, connect and pass descriptors, one line each. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "evl_jni.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "evl_socket.h"

#define SAME(constant, value) _Static_assert(io_evloop_sys_Native_##constant == (value), #constant)
SAME(AF_UNIX, AF_UNIX);
SAME(AF_INET, AF_INET);
SAME(AF_INET6, AF_INET6);
SAME(ADDRESS_SIZE, sizeof(struct sockaddr_un));
SAME(ADDRESS_FAMILY_OFFSET, offsetof(struct sockaddr, sa_family));
SAME(ADDRESS_FAMILY_OFFSET, offsetof(struct sockaddr_un, sun_family));
_Static_assert(sizeof(sa_family_t) == sizeof(jshort), "sa_family_t");
SAME(UNIX_PATH_OFFSET, offsetof(struct sockaddr_un, sun_path));
SAME(INET_PORT_OFFSET, offsetof(struct sockaddr_in, sin_port));
SAME(INET_PORT_OFFSET, offsetof(struct sockaddr_in6, sin6_port));
SAME(INET_ADDRESS_OFFSET, offsetof(struct sockaddr_in, sin_addr));
SAME(INET_SIZE, sizeof(struct sockaddr_in));
SAME(INET6_ADDRESS_OFFSET, offsetof(struct sockaddr_in6, sin6_addr));
SAME(INET6_SCOPE_OFFSET, offsetof(struct sockaddr_in6, sin6_scope_id));
SAME(INET6_SIZE, sizeof(struct sockaddr_in6));
SAME(RIGHTS_MAX, EVL_RIGHTS_MAX);
SAME(RIGHTS_COUNT_OFFSET, offsetof(struct evl_rights, count));
SAME(RIGHTS_TRUNCATED_OFFSET, offsetof(struct evl_rights, truncated));
SAME(RIGHTS_FDS_OFFSET, offsetof(struct evl_rights, fds));
SAME(RIGHTS_SIZE, sizeof(struct evl_rights));

NATIVE(jint, socket, jint family) {
    return evl_socket(family);
}

NATIVE(jint, bind, jint socket, jlong address, jint length) {
    return evl_bind(socket, pointer(address), length);
}

NATIVE(jint, listen, jint socket, jint backlog) {
    return evl_listen(socket, backlog);
}

NATIVE(jint, accept, jint socket) {
    return evl_accept(socket);
}

NATIVE(jint, connect, jint socket, jlong address, jint length) {
    return evl_connect(socket, pointer(address), length);
}

NATIVE(jint, socketError, jint socket) {
    return evl_socket_error(socket);
}

NATIVE(jint, localAddress, jint socket, jlong address, jint capacity) {
    return evl_local_address(socket, pointer(address), capacity);
}

NATIVE(jint, peerAddress, jint socket, jlong address, jint capacity) {
    return evl_peer_address(socket, pointer(address), capacity);
}

NATIVE(jint, setReuseAddress, jint socket) {
    return evl_set_reuse_address(socket);
}

NATIVE(jint, setReusePort, jint socket) {
    return evl_set_reuse_port(socket);
}

NATIVE(jint, setNoDelay, jint socket, jint on) {
    return evl_set_no_delay(socket, on);
}

NATIVE(jint, socketDomain, jint socket) {
    return evl_socket_domain(socket);
}

NATIVE(jint, datagramSocket, jint family) {
    return evl_datagram_socket(family);
}

NATIVE(jint, socketType, jint socket) {
    return evl_socket_type(socket);
}

NATIVE(jint, passOnlyRights, jint socket) {
    return evl_pass_only_rights(socket);
}

NATIVE(jint, isListening, jint socket) {
    return evl_is_listening(socket);
}

NATIVE(jint, peerCredentials, jint socket, jlong credentials) {
    return evl_peer_credentials(socket, pointer(credentials));
}

NATIVE(jint, peerPidFd, jint socket) {
    return evl_peer_pidfd(socket);
}

NATIVE(jint, setMode, jint fd, jint mode) {
    return evl_set_mode(fd, mode);
}

NATIVE(jint, fileId, jlong path, jlong id) {
    return evl_file_id(pointer(path), pointer(id));
}

NATIVE(jint, unlink, jlong path) {
    return evl_unlink(pointer(path));
}

NATIVE(jint, duplicate, jint fd) {
    return evl_duplicate(fd);
}

NATIVE(jint, sendFd, jint socket, jlong address, jint length, jint fd) {
    return evl_send_fd(socket, pointer(address), length, fd);
}

NATIVE(jint, receive, jint socket, jlong address, jint length, jlong rights, jint capacity) {
    return evl_receive(socket, pointer(address), length, pointer(rights), capacity);
}

static const JNINativeMethod METHODS[] = {
    METHOD(socket),
    METHOD(bind),
    METHOD(listen),
    METHOD(accept),
    METHOD(connect),
    METHOD(socketError),
    METHOD(localAddress),
    METHOD(peerAddress),
    METHOD(setReuseAddress),
    METHOD(setReusePort),
    METHOD(setNoDelay),
    METHOD(socketDomain),
    METHOD(datagramSocket),
    METHOD(socketType),
    METHOD(passOnlyRights),
    METHOD(isListening),
    METHOD(peerCredentials),
    METHOD(peerPidFd),
    METHOD(setMode),
    METHOD(fileId),
    METHOD(unlink),
    METHOD(duplicate),
    METHOD(sendFd),
    METHOD(receive),
};

jint evl_register_socket_natives(JNIEnv *env, jclass type) {
    return (*env)->RegisterNatives(env, type, METHODS, sizeof METHODS / sizeof *METHODS);
}
