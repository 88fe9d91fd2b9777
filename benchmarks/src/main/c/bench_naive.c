/*
 * The C that comes first to mind: a write for each frame; a read for its header and one for its payload; poll(2) for many
 * pipes, and one frame from each that is ready.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <poll.h>

#include "bench_frame.h"
#include "bench_io.h"
#include "bench_meter.h"

struct peer {
    const struct job *job;
    struct meter meter;
    struct histogram histogram;
    uint8_t *frame;    /* header and payload of a frame to be written */
    uint8_t *received; /* header and payload of one that was read */
    uint64_t sent[MAX_PIPES];
    uint64_t seen[MAX_PIPES];
    uint64_t seen_at_begin[MAX_PIPES];
    int64_t sent_at[MAX_OUTSTANDING];
    uint64_t first_timed; /* sequence number */
    struct schedule schedule;
    double jain;
};

static void write_frame(struct peer *peer, uint32_t pipe) {
    uint64_t sequence = peer->sent[pipe]++;
    uint32_t length = peer->job->payload;
    store_header(peer->frame, (uint32_t) sequence & CHANNEL_MASK, length);
    stamp_payload(peer->frame + HEADER, length, sequence);
    peer->sent_at[sequence % MAX_OUTSTANDING] = peer->job->role == ROLE_CLIENT ? now_nanos() : 0;
    write_fully(peer->job->first_fd + (int) pipe, peer->frame, HEADER + (size_t) length);
}

static void write_control(struct peer *peer, uint32_t pipe, uint32_t code) {
    uint8_t frame[HEADER + CONTROL_PAYLOAD];
    store_control(frame, code);
    write_fully(peer->job->first_fd + (int) pipe, frame, sizeof frame);
    if (pipe == 0) {
        control_sent(&peer->schedule, &peer->meter, code);
    }
}

/* Its length, or 0 at the end of the stream; the channel goes to *channel. */
static uint32_t read_frame(struct peer *peer, uint32_t pipe, uint32_t *channel) {
    int fd = peer->job->first_fd + (int) pipe;
    if (!read_exactly(fd, peer->received, HEADER)) {
        return 0;
    }
    uint32_t length = load_length(peer->received);
    *channel = load_channel(peer->received);
    if (length == 0 || length > (peer->job->payload > CONTROL_PAYLOAD ? peer->job->payload : CONTROL_PAYLOAD)) {
        wrong_frame(*channel, peer->received, length, peer->seen[pipe]);
    }
    if (!read_exactly(fd, peer->received + HEADER, length)) {
        errno = EPIPE;
        die("the stream on fd %d ended behind a header", fd);
    }
    return length;
}

static void check_frame(struct peer *peer, uint32_t pipe, uint32_t channel, uint32_t length) {
    verify_frame(channel, peer->received + HEADER, length, peer->job->payload, peer->seen[pipe]++);
    peer->meter.frames++;
}

static void send_all(struct peer *peer) {
    const struct job *job = peer->job;
    uint32_t code = 0;
    while (code != CONTROL_END) {
        code = schedule_poll(&peer->schedule, now_nanos());
        for (uint32_t pipe = 0; pipe < job->pipes; pipe++) {
            if (code == CONTROL_END || (code != 0 && pipe == 0)) {
                write_control(peer, pipe, code);
            }
            if (code != CONTROL_END) {
                write_frame(peer, pipe);
                peer->meter.frames++;
            }
        }
    }
}

static void receive_control(struct peer *peer, uint32_t pipe, uint32_t length) {
    uint32_t code = load_control(peer->received + HEADER, length);
    if (pipe != 0) {
        return;
    }
    uint64_t counts[MAX_PIPES];
    for (uint32_t i = 0; i < peer->job->pipes; i++) {
        peer->seen_at_begin[i] = code == CONTROL_BEGIN ? peer->seen[i] : peer->seen_at_begin[i];
        counts[i] = peer->seen[i] - peer->seen_at_begin[i];
    }
    peer->jain = jain_index(counts, peer->job->pipes);
    meter_control(&peer->meter, code);
}

static void receive_all(struct peer *peer) {
    const struct job *job = peer->job;
    struct pollfd polled[MAX_PIPES];
    for (uint32_t pipe = 0; pipe < job->pipes; pipe++) {
        polled[pipe] = (struct pollfd){.fd = job->first_fd + (int) pipe, .events = POLLIN};
    }
    for (uint32_t open = job->pipes; open > 0;) {
        if (job->pipes > 1 && poll(polled, job->pipes, job->spinning ? 0 : -1) < 0 && errno != EINTR) {
            die("poll");
        }
        for (uint32_t pipe = 0; pipe < job->pipes; pipe++) {
            if (polled[pipe].fd < 0 || (job->pipes > 1 && polled[pipe].revents == 0)) {
                continue;
            }
            uint32_t channel = 0;
            uint32_t length = read_frame(peer, pipe, &channel);
            if (length == 0) {
                polled[pipe].fd = -1;
                open--;
            } else if (channel == CONTROL_CHANNEL) {
                receive_control(peer, pipe, length);
            } else {
                check_frame(peer, pipe, channel, length);
            }
        }
    }
}

static void serve_all(struct peer *peer) {
    uint32_t channel = 0;
    uint32_t length = 0;
    while ((length = read_frame(peer, 0, &channel)) > 0) {
        if (channel == CONTROL_CHANNEL) {
            receive_control(peer, 0, length);
        } else {
            check_frame(peer, 0, channel, length);
            write_fully(peer->job->first_fd, peer->received, HEADER + (size_t) length);
        }
    }
}

static void request_all(struct peer *peer) {
    bool stopping = false;
    for (uint32_t i = 0; i < peer->job->outstanding; i++) {
        write_frame(peer, 0);
    }
    while (peer->seen[0] < peer->sent[0]) {
        uint32_t channel = 0;
        uint32_t length = read_frame(peer, 0, &channel);
        if (length == 0) {
            errno = EPIPE;
            die("the server ended before the last reply");
        }
        uint64_t sequence = peer->seen[0];
        check_frame(peer, 0, channel, length);
        int64_t now = now_nanos();
        if (peer->meter.open && sequence >= peer->first_timed) {
            histogram_record(&peer->histogram, (uint64_t) (now - peer->sent_at[sequence % MAX_OUTSTANDING]));
        }
        uint32_t code = schedule_poll(&peer->schedule, now);
        if (code != 0) {
            write_control(peer, 0, code);
            peer->first_timed = code == CONTROL_BEGIN ? peer->sent[0] + peer->job->outstanding : peer->first_timed;
            stopping = code == CONTROL_END;
        }
        if (!stopping) {
            write_frame(peer, 0);
        }
    }
}

int main(int count, char **words) {
    struct job job = parse_job(count, words);
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        die("no memory");
    }
    peer->job = &job;
    peer->jain = 1;
    peer->frame = new_buffer(HEADER + (size_t) job.payload);
    memcpy(peer->frame + HEADER, new_payload(job.payload), job.payload);
    peer->received = new_buffer(HEADER + (size_t) job.payload);
    meter_init(&peer->meter);
    peer->schedule = new_schedule(&job);
    for (uint32_t pipe = 0; pipe < job.pipes; pipe++) {
        set_blocking(job.first_fd + (int) pipe, !job.spinning);
    }
    if (job.role == ROLE_SENDER) {
        send_all(peer);
    } else if (job.role == ROLE_RECEIVER) {
        receive_all(peer);
    } else if (job.role == ROLE_CLIENT) {
        request_all(peer);
    } else {
        serve_all(peer);
    }
    for (uint32_t pipe = 0; pipe < job.pipes; pipe++) {
        close_fd(job.first_fd + (int) pipe);
    }
    print_result(&job, &peer->meter, job.role == ROLE_CLIENT ? &peer->histogram : NULL, peer->jain);
    return 0;
}
