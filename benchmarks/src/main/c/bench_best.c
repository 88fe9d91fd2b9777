/*
 * The best C that we can write for a stream of frames, the yardstick of the side-by-side benchmark: writes are coalesced,
 * large payloads go by writev, reads are large, frames are parsed where they lie; many pipes share one buffer.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_best_echo.h"

/* Sizes in bytes, chosen by measurement. */
enum {
    FAN_IN_CHUNK = 64 * 1024,
    DIRECT_PAYLOAD = 256 * 1024 /* from here on a copy costs more than an iovec */
};

static void send_stream(const struct job *job) {
    struct meter meter;
    meter_init(&meter);
    uint8_t *payload = new_payload(job->payload);
    size_t frame_length = HEADER + (size_t) job->payload;
    struct output output = new_output(job->first_fd, WRITE_BUFFER + frame_length);
    struct schedule schedule = new_schedule(job);
    uint64_t sequence = 0;
    for (uint32_t code = 0; code != CONTROL_END;) {
        code = schedule_poll(&schedule, now_nanos());
        if (code != 0) {
            append_control(&output, code);
            control_sent(&schedule, &meter, code);
        }
        uint64_t before = sequence;
        if (code == CONTROL_END) { /* the last frame: the receiver may leave */
            flush_output(&output);
        } else if (job->payload >= DIRECT_PAYLOAD) {
            flush_output(&output);
            uint8_t header[HEADER];
            store_header(header, (uint32_t) sequence & CHANNEL_MASK, job->payload);
            stamp_payload(payload, job->payload, sequence++);
            write_parts(output.fd, header, HEADER, payload, job->payload);
        } else {
            while (output.length + frame_length <= WRITE_BUFFER || output.length == 0) {
                append_stamped(&output, payload, job->payload, sequence++);
            }
            flush_output(&output);
        }
        meter.frames += sequence - before;
    }
    close_fd(output.fd);
    print_result(job, &meter, NULL, 1);
}

struct source_pipe {
    int fd;
    uint8_t *rest; /* of a chunk that was not taken whole, which is rare: a socket that is writable has room for one */
    size_t rest_length;
    size_t rest_written;
    uint64_t sequence;
    bool ended;
};

static void fill_chunk(
        const struct job *job, struct source_pipe *pipe, struct output *chunk, struct meter *meter, uint8_t *payload) {
    size_t frame_length = HEADER + (size_t) job->payload;
    while (chunk->length + frame_length <= FAN_IN_CHUNK || chunk->length == 0) {
        append_stamped(chunk, payload, job->payload, pipe->sequence++);
        meter->frames++;
    }
}

/* Empties the chunk, which all pipes share so that it stays in the cache. */
static void write_chunk(struct source_pipe *pipe, struct output *chunk) {
    size_t written = write_some(pipe->fd, chunk->data, chunk->length);
    pipe->rest_length = chunk->length - written;
    pipe->rest_written = 0;
    if (pipe->rest_length > 0) {
        pipe->rest = pipe->rest == NULL ? new_buffer(chunk->capacity) : pipe->rest;
        memcpy(pipe->rest, chunk->data + written, pipe->rest_length);
    }
    chunk->length = 0;
}

static void write_rest(struct source_pipe *pipe) {
    size_t written = write_some(pipe->fd, pipe->rest + pipe->rest_written, pipe->rest_length);
    pipe->rest_written += written;
    pipe->rest_length -= written;
}

/* A chunk of frames, behind a control frame if it is time for one; the last ends with the control frame. */
static void produce(const struct job *job, struct source_pipe *pipe, struct output *chunk, struct meter *meter,
        uint32_t code, uint8_t *payload) {
    if (code != 0) {
        append_control(chunk, code);
    }
    pipe->ended = code == CONTROL_END;
    if (!pipe->ended) {
        fill_chunk(job, pipe, chunk, meter, payload);
    }
}

static void send_fan_in(const struct job *job) {
    struct meter meter;
    meter_init(&meter);
    uint8_t *payload = new_payload(job->payload);
    struct source_pipe *pipes = calloc(job->pipes, sizeof *pipes);
    struct epoll_event *events = calloc(job->pipes, sizeof *events);
    if (pipes == NULL || events == NULL) {
        die("no memory for %u pipes", job->pipes);
    }
    for (uint32_t i = 0; i < job->pipes; i++) {
        pipes[i].fd = job->first_fd + (int) i;
    }
    struct output chunk = new_output(-1, FAN_IN_CHUNK + HEADER + (size_t) job->payload);
    int epoll_fd = new_epoll(job, EPOLLOUT);
    struct schedule schedule = new_schedule(job);
    uint32_t code = 0;
    bool ending = false;
    for (uint32_t open = job->pipes; open > 0;) {
        int ready = wait_epoll(job, epoll_fd, events);
        if (code == 0) {
            code = schedule_poll(&schedule, now_nanos());
        }
        for (int i = 0; i < ready; i++) {
            uint32_t index = events[i].data.u32;
            struct source_pipe *pipe = &pipes[index];
            if (pipe->rest_length > 0) {
                write_rest(pipe);
            } else {
                uint32_t due = index == 0 ? code : ending ? CONTROL_END : 0;
                if (index == 0 && due != 0) {
                    control_sent(&schedule, &meter, due);
                    ending = due == CONTROL_END; /* not before: no pipe is to be closed within the window */
                    code = 0;
                }
                produce(job, pipe, &chunk, &meter, due, payload);
                write_chunk(pipe, &chunk);
            }
            if (pipe->ended && pipe->rest_length == 0) {
                close_fd(pipe->fd); /* the only copy: it leaves the epoll with it */
                open--;
            }
        }
    }
    print_result(job, &meter, NULL, 1);
}

struct sink_pipe {
    uint64_t sequence;
    uint64_t counted; /* sequence when the measurement began, then frames within it */
    uint8_t *rest;    /* of a frame that is not complete, while another pipe has the shared buffer */
    size_t rest_length;
};

struct sink {
    struct meter meter;
    uint32_t payload;
    uint32_t pipe_count;
    struct sink_pipe *pipes;
    struct sink_pipe *current;
    double jain;
};

static void sink_control(struct sink *sink, const uint8_t *payload, uint32_t length) {
    uint32_t code = load_control(payload, length);
    bool ends = code == CONTROL_END && sink->meter.open; /* the first of the pipes to end closes the window */
    if (sink->meter.closed || (sink->current != sink->pipes && !ends)) {
        return;
    }
    uint64_t frames = 0;
    uint64_t counts[MAX_PIPES];
    for (uint32_t i = 0; i < sink->pipe_count; i++) {
        struct sink_pipe *pipe = &sink->pipes[i];
        pipe->counted = code == CONTROL_BEGIN ? pipe->sequence : pipe->counted;
        counts[i] = pipe->sequence - pipe->counted;
        frames += counts[i];
    }
    sink->meter.frames = frames;
    sink->jain = jain_index(counts, sink->pipe_count);
    meter_control(&sink->meter, code);
}

static inline void sink_frame(void *context, uint32_t channel, const uint8_t *payload, uint32_t length) {
    struct sink *sink = context;
    if (channel == CONTROL_CHANNEL) {
        sink_control(sink, payload, length);
        return;
    }
    verify_frame(channel, payload, length, sink->payload, sink->current->sequence);
    sink->current->sequence++;
}

static struct sink new_sink(const struct job *job) {
    struct sink sink = {.payload = job->payload, .pipe_count = job->pipes};
    sink.pipes = calloc(job->pipes, sizeof *sink.pipes);
    if (sink.pipes == NULL) {
        die("no memory for %u pipes", job->pipes);
    }
    meter_init(&sink.meter);
    sink.current = sink.pipes;
    return sink;
}

static void receive_stream(const struct job *job) {
    struct sink sink = new_sink(job);
    struct input input = new_input(job->first_fd, job->payload);
    while (fill_input(&input)) {
        consume_input(&input, parse(input.data, input.length, &sink, sink_frame));
    }
    print_result(job, &sink.meter, NULL, sink.jain);
}

/* One read of one ready pipe; false at its end. */
static bool receive_from(struct sink *sink, struct input *input) {
    struct sink_pipe *pipe = sink->current;
    memcpy(input->data, pipe->rest, pipe->rest_length);
    input->length = pipe->rest_length;
    bool more = fill_input(input);
    size_t consumed = parse(input->data, input->length, sink, sink_frame);
    pipe->rest_length = input->length - consumed;
    memcpy(pipe->rest, input->data + consumed, pipe->rest_length);
    return more;
}

static void receive_fan_in(const struct job *job) {
    struct sink sink = new_sink(job);
    struct input input = new_input(job->first_fd, job->payload);
    struct epoll_event *events = calloc(job->pipes, sizeof *events);
    if (events == NULL) {
        die("no memory for %u events", job->pipes);
    }
    for (uint32_t i = 0; i < job->pipes; i++) {
        sink.pipes[i].rest = new_buffer(HEADER + (size_t) job->payload);
    }
    int epoll_fd = new_epoll(job, EPOLLIN);
    for (uint32_t open = job->pipes; open > 0;) {
        int ready = wait_epoll(job, epoll_fd, events);
        for (int i = 0; i < ready; i++) {
            input.fd = job->first_fd + (int) events[i].data.u32;
            sink.current = &sink.pipes[events[i].data.u32];
            if (!receive_from(&sink, &input)) {
                close_fd(input.fd);
                open--;
            }
        }
    }
    print_result(job, &sink.meter, NULL, sink.jain);
}

int main(int count, char **words) {
    struct job job = parse_job(count, words);
    set_blocking(job.first_fd, !job.spinning);
    if (job.role == ROLE_SENDER) {
        (job.pipes == 1 ? send_stream : send_fan_in)(&job);
    } else if (job.role == ROLE_RECEIVER) {
        (job.pipes == 1 ? receive_stream : receive_fan_in)(&job);
    } else if (job.role == ROLE_CLIENT) {
        request_echo(&job, NO_EPOLL);
    } else {
        serve_echo(&job, NO_EPOLL);
    }
    return 0;
}
