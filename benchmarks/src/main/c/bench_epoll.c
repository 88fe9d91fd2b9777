/*
 * What an epoll costs: the round trips of the best C, with an epoll_wait in front of each read, as every event loop has it. One
 * pipe.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_best_echo.h"

int main(int count, char **words) {
    struct job job = parse_job(count, words);
    if (job.pipes != 1) {
        die("pipes=%u is not 1", job.pipes);
    }
    int epoll_fd = new_epoll(&job, EPOLLIN);
    if (job.role == ROLE_CLIENT) {
        request_echo(&job, epoll_fd);
    } else if (job.role == ROLE_SERVER) {
        serve_echo(&job, epoll_fd);
    } else {
        die("a %s is none of the round trips", job.role_name);
    }
    close_fd(epoll_fd);
    return 0;
}
