/* Descriptors as messages, and what evloop builds on: a read never goes past the bytes of a message that carried some. */
#include "evl_test.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "evl_socket.h"
#include "evl_sys.h"

static int left;
static int right;

static void open_pair(void) {
    int64_t pair = evl_socketpair();
    left = upper(pair);
    right = lower(pair);
}

static void close_pair(void) {
    CHECK_EQUAL(0, evl_close(left));
    CHECK_EQUAL(0, evl_close(right));
}

static int same_file(int first, int second) {
    struct stat a;
    struct stat b;
    CHECK_EQUAL(0, fstat(first, &a));
    CHECK_EQUAL(0, fstat(second, &b));
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void duplicates_close_on_exec(void) {
    int file = CHECKED_FD(evl_open("/proc/self/exe", O_RDONLY, 0));
    int copy = CHECKED_FD(evl_duplicate(file));
    CHECK(copy > 2 && copy != file);
    CHECK_EQUAL(FD_CLOEXEC, fcntl(copy, F_GETFD));
    CHECK(same_file(file, copy));
    CHECK_EQUAL(0, evl_close(file));
    CHECK_EQUAL(0, evl_close(copy));
    CHECK_EQUAL(-EBADF, evl_duplicate(copy));
}

static void a_descriptor_arrives_with_its_bytes(void) {
    struct evl_rights rights;
    char bytes[16];
    open_pair();
    int file = CHECKED_FD(evl_open("/proc/self/exe", O_RDONLY, 0));
    CHECK_EQUAL(3, evl_send_fd(left, "abc", 3, file));
    CHECK_EQUAL(3, evl_receive(right, bytes, sizeof bytes, &rights, 1));
    CHECK_EQUAL(0, memcmp(bytes, "abc", 3));
    CHECK_EQUAL(1, rights.count);
    CHECK_EQUAL(0, rights.truncated);
    CHECK_EQUAL(FD_CLOEXEC, fcntl(rights.fds[0], F_GETFD));
    CHECK(same_file(file, rights.fds[0]));
    CHECK_EQUAL(0, evl_close(rights.fds[0]));
    CHECK_EQUAL(0, evl_close(file));
    CHECK_EQUAL(2, evl_send(left, "de", 2));
    CHECK_EQUAL(2, evl_receive(right, bytes, sizeof bytes, &rights, 1));
    CHECK_EQUAL(0, rights.count);
    CHECK_EQUAL(0, rights.truncated);
    CHECK_EQUAL(0, evl_shutdown_output(left));
    CHECK_EQUAL(0, evl_receive(right, bytes, sizeof bytes, &rights, 1));
    CHECK_EQUAL(0, rights.count);
    close_pair();
}

static void a_read_ends_with_the_message_that_carried_a_descriptor(void) {
    struct evl_rights rights;
    char bytes[16];
    open_pair();
    CHECK_EQUAL(2, evl_send(left, "ab", 2));
    CHECK_EQUAL(1, evl_send_fd(left, "c", 1, left));
    CHECK_EQUAL(2, evl_send(left, "de", 2));
    CHECK_EQUAL(1, evl_send_fd(left, "f", 1, left));
    CHECK_EQUAL(1, evl_send_fd(left, "g", 1, left));
    const char *const expected[] = {"abc", "def", "g"};
    for (int i = 0; i < 3; i++) {
        int length = (int) strlen(expected[i]);
        CHECK_EQUAL(length, evl_receive(right, bytes, sizeof bytes, &rights, 8));
        CHECK_EQUAL(0, memcmp(bytes, expected[i], (size_t) length));
        CHECK_EQUAL(1, rights.count);
        CHECK_EQUAL(0, evl_close(rights.fds[0]));
    }
    close_pair();
}

static void send_many(int socket, int count) {
    int fds[EVL_RIGHTS_MAX];
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof fds)];
    } control;
    for (int i = 0; i < count; i++) {
        fds[i] = socket;
    }
    char byte = 'x';
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control};
    size_t size = sizeof(int) * (size_t) count;
    message.msg_controllen = CMSG_SPACE(size);
    memset(&control, 0, sizeof control);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), fds, size);
    CHECK_EQUAL(1, sendmsg(socket, &message, 0));
}

static void the_capacity_is_exact_and_the_rest_is_closed(void) {
    struct evl_rights rights;
    char bytes[16];
    open_pair();
    const int counts[] = {1, 2, 3, 4, EVL_RIGHTS_MAX};
    for (int i = 0; i < 5; i++) {
        for (int less = 0; less < 2; less++) {
            int capacity = counts[i] - less;
            if (capacity < 1) {
                continue;
            }
            send_many(left, counts[i]);
            CHECK_EQUAL(1, evl_receive(right, bytes, sizeof bytes, &rights, capacity));
            CHECK_EQUAL(capacity, rights.count);
            CHECK_EQUAL(less, rights.truncated);
            for (int fd = 0; fd < rights.count; fd++) {
                CHECK_EQUAL(0, evl_close(rights.fds[fd]));
            }
        }
    }
    send_many(left, 5);
    CHECK_EQUAL(1, evl_read(right, bytes, sizeof bytes)); /* who does not ask for descriptors gets none */
    close_pair();
}

/* valgrind keeps the soft limit to itself: what the kernel goes by is in the file, as of this read. */
static rlim_t kernels_limit(FILE *limits) {
    char line[256];
    unsigned long long soft = 0;
    while (fgets(line, sizeof line, limits) != NULL && sscanf(line, "Max open files %llu", &soft) != 1) {
    }
    return (rlim_t) soft;
}

static void receive_into_full_table(int file) {
    struct evl_rights rights;
    char bytes[16];
    CHECK_EQUAL(1, evl_receive(right, bytes, sizeof bytes, &rights, 1));
    CHECK_EQUAL(0, rights.count);
    CHECK_EQUAL(1, rights.truncated);
    CHECK_EQUAL(-EMFILE, evl_duplicate(file));
}

static void body_of_full_table(void) {
    open_pair();
    FILE *limits = fopen("/proc/self/limits", "re");
    CHECK(limits != NULL);
    int file = CHECKED_FD(evl_open("/proc/self/exe", O_RDONLY, 0));
    CHECK_EQUAL(1, evl_send_fd(left, "x", 1, file));
    struct rlimit limit;
    CHECK_EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = (rlim_t) file + 1; /* the soft limit alone: valgrind keeps descriptors below the hard one */
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &limit));
    if (kernels_limit(limits) == limit.rlim_cur) {
        receive_into_full_table(file);
    } else {
        fprintf(stderr, "  skipped: this limit is not the kernel's here\n");
    }
    fclose(limits);
}

static void a_full_table_shows_as_truncation(void) {
    in_forked_process(body_of_full_table);
}

static void refuses_empty_messages_and_bad_capacities(void) {
    struct evl_rights rights;
    char bytes[16] = {0};
    open_pair();
    CHECK_EQUAL(-EINVAL, evl_send_fd(left, bytes, 0, left));
    CHECK_EQUAL(-EINVAL, evl_send_fd(left, bytes, -1, left));
    CHECK_EQUAL(-EBADF, evl_send_fd(left, bytes, 1, -1));
    CHECK_EQUAL(-EINVAL, evl_receive(right, bytes, 1, &rights, 0));
    CHECK_EQUAL(-EINVAL, evl_receive(right, bytes, 1, &rights, EVL_RIGHTS_MAX + 1));
    CHECK_EQUAL(-EINVAL, evl_receive(right, bytes, -1, &rights, 1));
    CHECK_EQUAL(0, evl_set_nonblocking(right, 1));
    CHECK_EQUAL(-EAGAIN, evl_receive(right, bytes, sizeof bytes, &rights, 1));
    CHECK_EQUAL(0, evl_close(left));
    CHECK_EQUAL(-EPIPE, evl_send_fd(right, "x", 1, right)); /* and no SIGPIPE */
    CHECK_EQUAL(0, evl_close(right));
}

int main(void) {
    RUN(duplicates_close_on_exec);
    RUN(a_descriptor_arrives_with_its_bytes);
    RUN(a_read_ends_with_the_message_that_carried_a_descriptor);
    RUN(the_capacity_is_exact_and_the_rest_is_closed);
    RUN(a_full_table_shows_as_truncation);
    RUN(refuses_empty_messages_and_bad_capacities);
    return 0;
}
