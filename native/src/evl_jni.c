/*
 * The natives of io.evloop.sys.Native, one line each; those of sockets are in evl_jni_socket.c, and nothing else knows
 * JNI. Their prototypes come from the header that javac -h makes of that class, and the signatures for RegisterNatives
 * from the prototypes; so a type that changes on one side alone does not compile.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "evl_jni.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "evl_affinity.h"
#include "evl_spawn.h"
#include "evl_sys.h"

#define SAME_OFFSET(constant, field) \
    _Static_assert(io_evloop_sys_Native_EXIT_##constant##_OFFSET == offsetof(struct evl_exit, field), #field)
_Static_assert(io_evloop_sys_Native_EXIT_SIZE == sizeof(struct evl_exit), "size of struct evl_exit");
SAME_OFFSET(CODE, code);
SAME_OFFSET(SIGNAL, signal);
SAME_OFFSET(CORE, core);
SAME_OFFSET(USER_MICROS, user_micros);
SAME_OFFSET(SYSTEM_MICROS, system_micros);
SAME_OFFSET(MAX_RESIDENT, max_resident_bytes);

_Static_assert(io_evloop_sys_Native_GROUP_OWN == EVL_GROUP_OWN, "own group");
_Static_assert(io_evloop_sys_Native_SESSION_OWN == EVL_SESSION_OWN, "own session");

/* memory and layout */

NATIVE(jlong, addressOf, jobject byte_buffer) {
    /* HotSpot reads the field of a null reference without a look. */
    return byte_buffer == NULL ? 0 : (jlong) (intptr_t) (*env)->GetDirectBufferAddress(env, byte_buffer);
}

NATIVE(jint, epollEventSize) {
    return (jint) sizeof(struct epoll_event);
}

NATIVE(jint, epollEventEventsOffset) {
    return (jint) offsetof(struct epoll_event, events);
}

NATIVE(jint, epollEventDataOffset) {
    return (jint) offsetof(struct epoll_event, data);
}

NATIVE(jint, ioVectorSize) {
    return (jint) sizeof(struct iovec);
}

NATIVE(jint, ioVectorBaseOffset) {
    return (jint) offsetof(struct iovec, iov_base);
}

NATIVE(jint, ioVectorLengthOffset) {
    return (jint) offsetof(struct iovec, iov_len);
}

NATIVE(jint, ioVectorMax) {
    return IOV_MAX;
}

/* epoll(7), eventfd(2) */

NATIVE(jint, epollCreate) {
    return evl_epoll_create();
}

NATIVE(jint, epollControl, jint epoll_fd, jint operation, jint fd, jint events, jlong token) {
    return evl_epoll_ctl(epoll_fd, operation, fd, (uint32_t) events, (uint64_t) token);
}

NATIVE(jint, epollWait, jint epoll_fd, jlong events, jint max_events, jlong timeout_nanos) {
    return evl_epoll_wait(epoll_fd, pointer(events), max_events, timeout_nanos);
}

NATIVE(jint, eventFd) {
    return evl_eventfd();
}

NATIVE(jint, eventFdWrite, jint fd) {
    return evl_eventfd_write(fd);
}

/* byte streams */

NATIVE(jint, read, jint fd, jlong address, jint length) {
    return evl_read(fd, pointer(address), length);
}

NATIVE(jint, write, jint fd, jlong address, jint length) {
    return evl_write(fd, pointer(address), length);
}

NATIVE(jint, writev, jint fd, jlong vectors, jint count) {
    return evl_writev(fd, pointer(vectors), count);
}

NATIVE(jint, send, jint socket, jlong address, jint length) {
    return evl_send(socket, pointer(address), length);
}

NATIVE(jint, sendv, jint socket, jlong vectors, jint count) {
    return evl_sendv(socket, pointer(vectors), count);
}

NATIVE(jint, close, jint fd) {
    return evl_close(fd);
}

NATIVE(jint, open, jlong path, jint flags, jint mode) {
    return evl_open(pointer(path), flags, mode);
}

NATIVE(jlong, pipe) {
    return evl_pipe();
}

/* descriptors */

NATIVE(jint, statusFlags, jint fd) {
    return evl_status_flags(fd);
}

NATIVE(jint, setNonBlocking, jint fd, jint on) {
    return evl_set_nonblocking(fd, on);
}

NATIVE(jint, descriptorFlags, jint fd) {
    return evl_descriptor_flags(fd);
}

NATIVE(jint, setCloseOnExec, jint fd, jint on) {
    return evl_set_cloexec(fd, on);
}

NATIVE(jint, isSocket, jint fd) {
    return evl_is_socket(fd);
}

NATIVE(jint, unreadBytes, jint fd) {
    return evl_unread_bytes(fd);
}

/* sockets */

NATIVE(jlong, socketPair) {
    return evl_socketpair();
}

NATIVE(jint, shutdownOutput, jint socket) {
    return evl_shutdown_output(socket);
}

NATIVE(jint, setSendBuffer, jint socket, jint bytes) {
    return evl_set_send_buffer(socket, bytes);
}

NATIVE(jint, setReceiveBuffer, jint socket, jint bytes) {
    return evl_set_receive_buffer(socket, bytes);
}

NATIVE(jint, sendBuffer, jint socket) {
    return evl_send_buffer(socket);
}

NATIVE(jint, receiveBuffer, jint socket) {
    return evl_receive_buffer(socket);
}

/* processes */

NATIVE(jint, spawn, jlong arguments, jint arguments_length, jint argument_count, jlong environment,
        jint environment_length, jint environment_count, jlong directory, jlong numbers) {
    int32_t number[io_evloop_sys_Native_SPAWN_NUMBERS];
    if (numbers == 0) {
        return -EFAULT;
    }
    memcpy(number, pointer(numbers), sizeof number);
    const struct evl_helper helper = {
        .fd = number[io_evloop_sys_Native_SPAWN_HELPER],
        .status_fd = number[io_evloop_sys_Native_SPAWN_STATUS],
    };
    const struct evl_spawn_request request = {
        .arguments = {pointer(arguments), arguments_length, argument_count},
        .environment = {pointer(environment), environment_length, environment_count},
        .inherit_environment = number[io_evloop_sys_Native_SPAWN_INHERIT],
        .directory = pointer(directory),
        .stdio = {number[io_evloop_sys_Native_SPAWN_STDIN], number[io_evloop_sys_Native_SPAWN_STDOUT],
                number[io_evloop_sys_Native_SPAWN_STDERR]},
        .worker_fd = number[io_evloop_sys_Native_SPAWN_WORKER],
        .target_fd = number[io_evloop_sys_Native_SPAWN_TARGET],
        .group = (enum evl_group) number[io_evloop_sys_Native_SPAWN_GROUP],
        .helper = helper.fd < 0 ? NULL : &helper,
    };
    return evl_spawn(&request);
}

NATIVE(jint, memFd, jlong name) {
    return evl_memfd(pointer(name));
}

NATIVE(jint, pidFdOpen, jint pid) {
    return evl_pidfd_open(pid);
}

NATIVE(jint, pidFdSignal, jint pidfd, jint signal) {
    return evl_pidfd_signal(pidfd, signal);
}

NATIVE(jint, reap, jint pidfd, jlong exit) {
    return evl_reap(pidfd, pointer(exit));
}

NATIVE(jint, killAndReap, jint pid) {
    return evl_kill_and_reap(pid);
}

/* errors, threads */

NATIVE(jint, errnoName, jint error, jlong address, jint capacity) {
    return evl_errno_name(error, pointer(address), capacity);
}

NATIVE(jint, errnoMessage, jint error, jlong address, jint capacity) {
    return evl_errno_message(error, pointer(address), capacity);
}

NATIVE(jint, setAffinity, jint cpu) {
    return evl_set_affinity(cpu);
}

/* registration */

static const JNINativeMethod METHODS[] = {
    METHOD(addressOf),
    METHOD(epollEventSize),
    METHOD(epollEventEventsOffset),
    METHOD(epollEventDataOffset),
    METHOD(ioVectorSize),
    METHOD(ioVectorBaseOffset),
    METHOD(ioVectorLengthOffset),
    METHOD(ioVectorMax),
    METHOD(epollCreate),
    METHOD(epollControl),
    METHOD(epollWait),
    METHOD(eventFd),
    METHOD(eventFdWrite),
    METHOD(read),
    METHOD(write),
    METHOD(writev),
    METHOD(send),
    METHOD(sendv),
    METHOD(close),
    METHOD(open),
    METHOD(pipe),
    METHOD(statusFlags),
    METHOD(setNonBlocking),
    METHOD(descriptorFlags),
    METHOD(setCloseOnExec),
    METHOD(isSocket),
    METHOD(unreadBytes),
    METHOD(socketPair),
    METHOD(shutdownOutput),
    METHOD(setSendBuffer),
    METHOD(setReceiveBuffer),
    METHOD(sendBuffer),
    METHOD(receiveBuffer),
    METHOD(spawn),
    METHOD(memFd),
    METHOD(pidFdOpen),
    METHOD(pidFdSignal),
    METHOD(reap),
    METHOD(killAndReap),
    METHOD(errnoName),
    METHOD(errnoMessage),
    METHOD(setAffinity),
};

__attribute__((visibility("default"))) jint JNICALL JNI_OnLoad(JavaVM *vm, __attribute__((unused)) void *reserved) {
    JNIEnv *env;
    if ((*vm)->GetEnv(vm, (void **) &env, JNI_VERSION_1_8) != JNI_OK) {
        return JNI_ERR;
    }
    jclass type = (*env)->FindClass(env, "io/evloop/sys/Native");
    if (type == NULL) {
        return JNI_ERR; /* with the exception pending, which System.load throws */
    }
    jint status = (*env)->RegisterNatives(env, type, METHODS, sizeof METHODS / sizeof *METHODS);
    if (status == JNI_OK) {
        status = evl_register_socket_natives(env, type);
    }
    (*env)->DeleteLocalRef(env, type);
    return status == JNI_OK ? JNI_VERSION_1_8 : JNI_ERR;
}
