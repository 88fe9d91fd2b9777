/* An epoll over the pipes of a job. */
#ifndef BENCH_EPOLL_H
#define BENCH_EPOLL_H

#include <sys/epoll.h>

#include "bench_job.h"

static inline int new_epoll(const struct job *job, uint32_t events) {
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0) {
        die("epoll_create1");
    }
    for (uint32_t i = 0; i < job->pipes; i++) {
        struct epoll_event event = {.events = events, .data.u32 = i};
        set_blocking(job->first_fd + (int) i, false);
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, job->first_fd + (int) i, &event) != 0) {
            die("epoll_ctl");
        }
    }
    return epoll_fd;
}

static inline int wait_epoll(const struct job *job, int epoll_fd, struct epoll_event *events) {
    int ready = epoll_wait(epoll_fd, events, (int) job->pipes, job->spinning ? 0 : -1);
    if (ready < 0 && errno != EINTR) {
        die("epoll_wait");
    }
    return ready < 0 ? 0 : ready;
}

#endif
