/* The best C for frames that go there and back: a server that sends each back, a client that times them. */
#ifndef BENCH_BEST_ECHO_H
#define BENCH_BEST_ECHO_H

#include "bench_buffers.h"
#include "bench_epoll.h"
#include "bench_meter.h"

enum {
    NO_EPOLL = -1,
    LONG_BATCH = 4 * 1024, /* bytes; from here on a peer that sleeps is sent the answers to the first half early */
    SAMPLE_MASK = 15       /* of many outstanding requests one in 16 is timed */
};

struct echo {
    struct meter meter;
    struct output output;
    uint32_t payload;
    uint64_t sequence; /* of the next frame to come */
    bool wakes_peer;   /* rather than finding it spinning */
};

/* Handles what was read and sends the answers, those to the first half of a long batch before the rest is handled. */
static inline __attribute__((always_inline)) void answer(
        struct echo *echo, struct input *input, void *context, frame_handler *handler) {
    size_t consumed = 0;
    if (echo->wakes_peer && input->length >= LONG_BATCH) {
        consumed = parse(input->data, input->length / 2, context, handler);
        flush_output(&echo->output);
    }
    consumed += parse(input->data + consumed, input->length - consumed, context, handler);
    flush_output(&echo->output);
    consume_input(input, consumed);
}

/* One read, behind the wait of an event loop if there is an epoll; false at the end of the stream. */
static inline bool await_input(const struct job *job, int epoll_fd, struct input *input) {
    struct epoll_event event;
    while (epoll_fd != NO_EPOLL && wait_epoll(job, epoll_fd, &event) == 0) {
    }
    return fill_input(input);
}

static inline void serve_frame(void *context, uint32_t channel, const uint8_t *payload, uint32_t length) {
    struct echo *echo = context;
    if (channel == CONTROL_CHANNEL) {
        meter_control(&echo->meter, load_control(payload, length));
        return;
    }
    verify_frame(channel, payload, length, echo->payload, echo->sequence++);
    echo->meter.frames++;
    append_frame(&echo->output, channel, payload, length);
}

static inline void serve_echo(const struct job *job, int epoll_fd) {
    struct echo echo = {.payload = job->payload, .wakes_peer = !job->spinning};
    meter_init(&echo.meter);
    echo.output = new_output(job->first_fd, WRITE_BUFFER + HEADER + (size_t) job->payload);
    struct input input = new_input(job->first_fd, job->payload);
    while (await_input(job, epoll_fd, &input)) {
        answer(&echo, &input, &echo, serve_frame);
    }
    print_result(job, &echo.meter, NULL, 1);
}

struct client {
    struct echo echo;
    uint8_t *own_payload;
    uint64_t sent;
    uint64_t outstanding;
    uint64_t sample_mask;
    uint64_t ring_mask;
    uint64_t first_timed; /* sequence number */
    bool stopping;
    struct schedule schedule;
    int64_t *sent_at; /* by the low bits of the sequence number */
    struct histogram *histogram;
};

static inline void send_request(struct client *client) {
    uint64_t sequence = client->sent++;
    if ((sequence & client->sample_mask) == 0) {
        client->sent_at[sequence & client->ring_mask] = now_nanos();
    }
    append_stamped(&client->echo.output, client->own_payload, client->echo.payload, sequence);
}

/* Timed are the requests sent once a reply has shown that the other side's window is open, too. */
static void client_control(struct client *client, uint32_t code) {
    control_sent(&client->schedule, &client->echo.meter, code);
    append_control(&client->echo.output, code);
    client->first_timed = code == CONTROL_BEGIN ? client->sent + client->outstanding : client->first_timed;
    client->stopping = code == CONTROL_END;
}

static inline void time_reply(struct client *client, uint64_t sequence) {
    int64_t now = now_nanos();
    if (sequence >= client->first_timed && client->echo.meter.open) {
        histogram_record(client->histogram, (uint64_t) (now - client->sent_at[sequence & client->ring_mask]));
    }
    uint32_t code = schedule_poll(&client->schedule, now);
    if (code != 0) {
        client_control(client, code);
    }
}

static inline void reply_frame(void *context, uint32_t channel, const uint8_t *payload, uint32_t length) {
    struct client *client = context;
    uint64_t sequence = client->echo.sequence++;
    verify_frame(channel, payload, length, client->echo.payload, sequence);
    client->echo.meter.frames++;
    if ((sequence & client->sample_mask) == 0) {
        time_reply(client, sequence);
    }
    if (!client->stopping) {
        send_request(client);
    }
}

static inline void request_echo(const struct job *job, int epoll_fd) {
    struct client client = {
            .echo.payload = job->payload,
            .echo.wakes_peer = !job->spinning,
            .own_payload = new_payload(job->payload),
            .outstanding = job->outstanding,
            .sample_mask = job->outstanding == 1 ? 0 : SAMPLE_MASK,
            .ring_mask = MAX_OUTSTANDING - 1,
            .schedule = new_schedule(job),
            .sent_at = calloc(MAX_OUTSTANDING, sizeof *client.sent_at),
            .histogram = calloc(1, sizeof *client.histogram),
    };
    if (client.sent_at == NULL || client.histogram == NULL) {
        die("no memory");
    }
    meter_init(&client.echo.meter);
    client.echo.output = new_output(job->first_fd, WRITE_BUFFER + HEADER + (size_t) job->payload);
    struct input input = new_input(job->first_fd, job->payload);
    for (uint32_t i = 0; i < job->outstanding; i++) {
        send_request(&client);
    }
    flush_output(&client.echo.output);
    while (client.echo.sequence < client.sent && await_input(job, epoll_fd, &input)) {
        answer(&client.echo, &input, &client, reply_frame);
    }
    close_fd(job->first_fd);
    print_result(job, &client.echo.meter, client.histogram, 1);
}

#endif
