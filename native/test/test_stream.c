#include "evl_test.h"

#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "evl_sys.h"

static void set_nonblocking(int fd) {
    CHECK_EQUAL(0, evl_set_nonblocking(fd, 1));
}

static void close_both(int first, int second) {
    CHECK_EQUAL(0, evl_close(first));
    CHECK_EQUAL(0, evl_close(second));
}

static void moves_bytes_through_a_pipe_until_its_end(void) {
    int64_t pipe = evl_pipe();
    int from = upper(pipe);
    int to = lower(pipe);
    char bytes[16];
    CHECK_EQUAL(FD_CLOEXEC, fcntl(from, F_GETFD));
    CHECK_EQUAL(FD_CLOEXEC, fcntl(to, F_GETFD));
    CHECK_EQUAL(5, evl_write(to, "hello", 5));
    struct iovec vectors[] = {{.iov_base = " wo", .iov_len = 3}, {.iov_len = 0}, {.iov_base = "rld", .iov_len = 3}};
    CHECK_EQUAL(6, evl_writev(to, vectors, 3));
    CHECK_EQUAL(11, evl_read(from, bytes, sizeof bytes));
    CHECK_EQUAL(0, memcmp(bytes, "hello world", 11));
    CHECK_EQUAL(0, evl_write(to, NULL, 0));
    CHECK_EQUAL(0, evl_writev(to, NULL, 0));
    CHECK_EQUAL(0, evl_close(to));
    CHECK_EQUAL(0, evl_read(from, bytes, sizeof bytes));
    CHECK_EQUAL(0, evl_close(from));
}

static void moves_bytes_both_ways_through_a_socket_pair(void) {
    int64_t pair = evl_socketpair();
    int left = upper(pair);
    int right = lower(pair);
    char bytes[16];
    CHECK_EQUAL(FD_CLOEXEC, fcntl(left, F_GETFD));
    CHECK_EQUAL(FD_CLOEXEC, fcntl(right, F_GETFD));
    CHECK_EQUAL(5, evl_send(left, "hello", 5));
    struct iovec vectors[] = {{.iov_base = " wo", .iov_len = 3}, {.iov_base = "rld", .iov_len = 3}};
    CHECK_EQUAL(6, evl_sendv(left, vectors, 2));
    CHECK_EQUAL(11, evl_read(right, bytes, sizeof bytes));
    CHECK_EQUAL(0, memcmp(bytes, "hello world", 11));
    CHECK_EQUAL(0, evl_shutdown_output(left));
    CHECK_EQUAL(0, evl_read(right, bytes, sizeof bytes));
    CHECK_EQUAL(2, evl_send(right, "ok", 2));
    CHECK_EQUAL(2, evl_read(left, bytes, sizeof bytes));
    close_both(left, right);
}

static void refuses_negative_counts_and_bad_descriptors(void) {
    int64_t pair = evl_socketpair();
    int left = upper(pair);
    int right = lower(pair);
    char byte = 0;
    struct iovec vectors[IOV_MAX + 1];
    memset(vectors, 0, sizeof vectors);
    CHECK_EQUAL(-EINVAL, evl_read(left, &byte, -1));
    CHECK_EQUAL(-EINVAL, evl_write(left, &byte, -1));
    CHECK_EQUAL(-EINVAL, evl_send(left, &byte, INT_MIN));
    CHECK_EQUAL(-EINVAL, evl_writev(left, vectors, -1));
    CHECK_EQUAL(-EINVAL, evl_sendv(left, vectors, -1));
    CHECK_EQUAL(-EINVAL, evl_writev(left, vectors, IOV_MAX + 1));
    CHECK_EQUAL(-EMSGSIZE, evl_sendv(left, vectors, IOV_MAX + 1));
    CHECK_EQUAL(0, evl_writev(left, vectors, IOV_MAX));
    CHECK_EQUAL(0, evl_sendv(left, vectors, IOV_MAX));
    close_both(left, right);
    CHECK_EQUAL(-EBADF, evl_read(left, &byte, 1));
    CHECK_EQUAL(-EBADF, evl_write(left, &byte, 1));
    CHECK_EQUAL(-EBADF, evl_send(left, &byte, 1));
    CHECK_EQUAL(-EBADF, evl_writev(left, vectors, 1));
    CHECK_EQUAL(-EBADF, evl_sendv(left, vectors, 1));
    CHECK_EQUAL(-EBADF, evl_close(left));
    CHECK_EQUAL(-EBADF, evl_shutdown_output(left));
}

enum { CHUNK = 48 * 1024 };

static char chunk[CHUNK];

/* Writes until nothing more fits; the bytes taken, with the number of calls that took less than they were given. */
static long fill(int fd, int (*put)(int fd), int *short_writes) {
    long total = 0;
    *short_writes = 0;
    for (;;) {
        int count = put(fd);
        if (count < 0) {
            CHECK_EQUAL(-EAGAIN, count);
            return total;
        }
        CHECK(count > 0);
        *short_writes += count < CHUNK;
        total += count;
    }
}

static long drain(int fd) {
    static char bytes[256 * 1024];
    long total = 0;
    int count;
    while ((count = evl_read(fd, bytes, sizeof bytes)) > 0) {
        total += count;
    }
    CHECK_EQUAL(-EAGAIN, count);
    return total;
}

static struct iovec *halves(void) {
    static struct iovec vectors[2];
    vectors[0] = (struct iovec){.iov_base = chunk, .iov_len = CHUNK / 2};
    vectors[1] = (struct iovec){.iov_base = chunk + CHUNK / 2, .iov_len = CHUNK / 2};
    return vectors;
}

static int put_write(int fd) {
    return evl_write(fd, chunk, CHUNK);
}

static int put_writev(int fd) {
    return evl_writev(fd, halves(), 2);
}

static int put_send(int fd) {
    return evl_send(fd, chunk, CHUNK);
}

static int put_sendv(int fd) {
    return evl_sendv(fd, halves(), 2);
}

static void reports_short_writes_and_then_would_block(void) {
    int (*const puts[])(int) = {put_write, put_writev, put_send, put_sendv};
    for (int i = 0; i < 4; i++) {
        int64_t pair = i < 2 ? evl_pipe() : evl_socketpair();
        int from = upper(pair);
        int to = lower(pair);
        set_nonblocking(from);
        set_nonblocking(to);
        CHECK_EQUAL(0, drain(from));
        if (i >= 2) {
            CHECK_EQUAL(0, evl_set_send_buffer(to, CHUNK / 8));
        }
        int short_writes;
        long written = fill(to, puts[i], &short_writes);
        CHECK(written > 0);
        CHECK(short_writes > 0);
        CHECK_EQUAL(written, drain(from));
        close_both(from, to);
    }
}

static void counts_of_more_than_2_gib_stay_positive(void) {
    enum { VECTORS = 48, SIZE = 64 * 1024 * 1024, KERNEL_MAX = 0x7ffff000 };
    int null = CHECKED_FD(evl_open("/dev/null", O_WRONLY, 0));
    char *bytes = calloc(1, SIZE);
    CHECK(bytes != NULL);
    struct iovec vectors[VECTORS];
    for (int i = 0; i < VECTORS; i++) {
        vectors[i] = (struct iovec){.iov_base = bytes, .iov_len = SIZE};
    }
    CHECK_EQUAL(KERNEL_MAX, evl_writev(null, vectors, VECTORS));
    free(bytes);
    CHECK_EQUAL(0, evl_close(null));
}

static void opens_with_close_on_exec(void) {
    char path[] = "/tmp/evl_test_XXXXXX";
    int made = mkstemp(path);
    CHECK(made >= 0);
    CHECK_EQUAL(0, evl_close(made));
    CHECK_EQUAL(0, unlink(path));
    CHECK_EQUAL(-ENOENT, evl_open(path, O_RDONLY, 0));
    CHECK_EQUAL(-EFAULT, evl_open(NULL, O_RDONLY, 0));
    int file = CHECKED_FD(evl_open(path, O_RDWR | O_CREAT | O_EXCL, 0600));
    CHECK_EQUAL(FD_CLOEXEC, evl_descriptor_flags(file));
    struct stat status;
    CHECK_EQUAL(0, fstat(file, &status));
    CHECK_EQUAL(0600, status.st_mode & 0777);
    CHECK_EQUAL(-EEXIST, evl_open(path, O_RDWR | O_CREAT | O_EXCL, 0600));
    CHECK_EQUAL(0, evl_close(file));
    CHECK_EQUAL(0, unlink(path));
}

/* EINTR ------------------------------------------------------------------------------------------------------------ */

static int relief_fd;
static const char *relief_path;

static void relief_writes(void) {
    if (storm_signals == STORM_RELIEF) {
        CHECK_EQUAL(1, write(relief_fd, "x", 1));
    }
}

static void relief_reads(void) {
    static char bytes[CHUNK];
    (void) !read(relief_fd, bytes, sizeof bytes);
}

static void relief_opens(void) {
    if (relief_fd < 0) {
        relief_fd = open(relief_path, O_RDWR | O_CLOEXEC); /* which never waits, see fifo(7) */
    }
}

static void an_interrupted_read_goes_on(void) {
    int64_t pipe = evl_pipe();
    char byte = 0;
    relief_fd = lower(pipe);
    storm_begin(relief_writes);
    CHECK_EQUAL(1, evl_read(upper(pipe), &byte, 1));
    storm_end();
    CHECK_EQUAL('x', byte);
    CHECK(storm_signals >= STORM_RELIEF);
    close_both(upper(pipe), lower(pipe));
}

static void interrupted_writes_go_on(void) {
    int (*const puts[])(int) = {put_write, put_writev, put_send, put_sendv};
    for (int i = 0; i < 4; i++) {
        int64_t pair = i < 2 ? evl_pipe() : evl_socketpair();
        int short_writes;
        relief_fd = upper(pair);
        set_nonblocking(relief_fd);
        set_nonblocking(lower(pair));
        fill(lower(pair), puts[i], &short_writes);
        CHECK_EQUAL(0, evl_set_nonblocking(lower(pair), 0));
        storm_begin(relief_reads);
        CHECK(puts[i](lower(pair)) > 0);
        storm_end();
        CHECK(storm_signals >= STORM_RELIEF);
        close_both(upper(pair), lower(pair));
    }
}

static void an_interrupted_open_goes_on(void) {
    char directory[] = "/tmp/evl_test_XXXXXX";
    char path[sizeof directory + 8];
    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/fifo", directory);
    CHECK_EQUAL(0, mkfifo(path, 0600));
    relief_fd = -1;
    relief_path = path;
    storm_begin(relief_opens);
    int reader = evl_open(path, O_RDONLY, 0);
    storm_end();
    CHECK(reader >= 0);
    CHECK(storm_signals >= STORM_RELIEF);
    close_both(reader, relief_fd);
    CHECK_EQUAL(0, unlink(path));
    CHECK_EQUAL(0, rmdir(directory));
}

int main(void) {
    RUN(moves_bytes_through_a_pipe_until_its_end);
    RUN(moves_bytes_both_ways_through_a_socket_pair);
    RUN(refuses_negative_counts_and_bad_descriptors);
    RUN(reports_short_writes_and_then_would_block);
    RUN(counts_of_more_than_2_gib_stay_positive);
    RUN(opens_with_close_on_exec);
    RUN(an_interrupted_read_goes_on);
    RUN(interrupted_writes_go_on);
    RUN(an_interrupted_open_goes_on);
    return 0;
}
