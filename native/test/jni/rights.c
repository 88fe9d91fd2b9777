/* For the Java tests: what the library does with no descriptor, such as to send several in one message. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <jni.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FDS_MAX = 16 };

JNIEXPORT jint JNICALL Java_io_evloop_testing_RawFds_sendAll(
    JNIEnv *env, jclass class, jint socket, jlong bytes, jint length, jlong fds, jint count) {
    (void) env;
    (void) class;
    if (length <= 0 || count < 1 || count > FDS_MAX) {
        return -EINVAL;
    }
    const size_t size = sizeof(int) * (size_t) count;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec vector = {.iov_base = (void *) (uintptr_t) bytes, .iov_len = (size_t) length};
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = CMSG_SPACE(size),
    };
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(&control.header), (const void *) (uintptr_t) fds, size);
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : (jint) sent;
}

JNIEXPORT jint JNICALL Java_io_evloop_testing_RawFds_setOption(JNIEnv *env, jclass type, jint socket, jint option) {
    (void) env;
    (void) type;
    int on = 1;
    return setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) < 0 ? -errno : 0;
}

JNIEXPORT jint JNICALL Java_io_evloop_testing_RawFds_duplicateTo(JNIEnv *env, jclass type, jint fd, jint number) {
    (void) env;
    (void) type;
    int result;
    do {
        result = dup3(fd, number, O_CLOEXEC);
    } while (result < 0 && (errno == EINTR || errno == EBUSY));
    return result < 0 ? -errno : result;
}
