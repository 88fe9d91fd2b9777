/* What the files that know JNI share. The natives are registered, not found by name: JNI_OnLoad alone is exported. */
#ifndef EVL_JNI_H
#define EVL_JNI_H

#include <jni.h>

/* After jni.h has declared JNI_OnLoad, and before the header that javac -h makes. */
#undef JNIEXPORT
#define JNIEXPORT __attribute__((visibility("hidden")))
#include "io_evloop_sys_Native.h"

#include <stdint.h>

/* A native renamed in Java would leave its function here without a prototype. */
#pragma GCC diagnostic error "-Wmissing-prototypes"

#define NATIVE(type, name, ...) \
    type JNICALL Java_io_evloop_sys_Native_##name( \
            __attribute__((unused)) JNIEnv *env, __attribute__((unused)) jclass type_of_native, ##__VA_ARGS__)

#define FUNCTION(type, ...) type(JNICALL *)(JNIEnv *, jclass, ##__VA_ARGS__)
#define SIGNATURE(function) \
    _Generic((function), \
            FUNCTION(jlong, jobject): "(Ljava/nio/ByteBuffer;)J", \
            FUNCTION(jlong): "()J", \
            FUNCTION(jint): "()I", \
            FUNCTION(jint, jint): "(I)I", \
            FUNCTION(jint, jint, jint): "(II)I", \
            FUNCTION(jint, jint, jlong): "(IJ)I", \
            FUNCTION(jint, jint, jlong, jint): "(IJI)I", \
            FUNCTION(jint, jint, jlong, jint, jint): "(IJII)I", \
            FUNCTION(jint, jint, jlong, jint, jlong): "(IJIJ)I", \
            FUNCTION(jint, jint, jlong, jint, jlong, jint): "(IJIJI)I", \
            FUNCTION(jint, jint, jint, jint, jint, jlong): "(IIIIJ)I", \
            FUNCTION(jint, jlong, jint): "(JI)I", \
            FUNCTION(jint, jlong, jlong): "(JJ)I", \
            FUNCTION(jint, jlong, jint, jint): "(JII)I", \
            FUNCTION(jint, jlong, jint, jint, jlong, jint, jint, jlong, jlong): "(JIIJIIJJ)I", \
            FUNCTION(jint, jlong): "(J)I")
#define METHOD(name) \
    { #name, SIGNATURE(&Java_io_evloop_sys_Native_##name), (void *) Java_io_evloop_sys_Native_##name }

static inline void *pointer(jlong address) {
    return (void *) (intptr_t) address;
}

#pragma GCC visibility push(hidden)

/* The natives of evl_socket.h; JNI_OK or less. */
jint evl_register_socket_natives(JNIEnv *env, jclass type);

#pragma GCC visibility pop

#endif
