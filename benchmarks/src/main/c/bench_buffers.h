/* The two buffers of the best C program: frames are coalesced in one and parsed where they lie in the other. */
#ifndef BENCH_BUFFERS_H
#define BENCH_BUFFERS_H

#include "bench_frame.h"
#include "bench_io.h"

/* Sizes in bytes, chosen by measurement. */
enum {
    WRITE_BUFFER = 128 * 1024 + 64, /* two frames of 64 KiB with their headers: with one of them it writes 0.75 x as fast */
    READ_BUFFER = 256 * 1024,
    LARGE_FRAME = 256 * 1024 /* from here on a read stops at the end of the frame: nothing to move afterwards */
};

typedef void frame_handler(void *context, uint32_t channel, const uint8_t *payload, uint32_t length);

/* Hands over every complete frame; the bytes consumed. */
static inline __attribute__((always_inline)) size_t parse(
        const uint8_t *data, size_t length, void *context, frame_handler *handler) {
    size_t at = 0;
    while (length - at >= HEADER) {
        uint32_t payload = load_length(data + at);
        if (payload == 0 || payload > MAX_PAYLOAD) {
            wrong_frame(load_channel(data + at), data + at, payload, 0);
        }
        if (length - at - HEADER < payload) {
            break;
        }
        handler(context, load_channel(data + at), data + at + HEADER, payload);
        at += HEADER + payload;
    }
    return at;
}

struct output {
    int fd;
    uint8_t *data;
    size_t capacity;
    size_t length;
};

static inline struct output new_output(int fd, size_t capacity) {
    return (struct output){.fd = fd, .data = new_buffer(capacity), .capacity = capacity};
}

static inline void flush_output(struct output *output) {
    write_fully(output->fd, output->data, output->length);
    output->length = 0;
}

/* Where its payload went. */
static inline uint8_t *append_frame(
        struct output *output, uint32_t channel, const uint8_t *payload, uint32_t length) {
    if (output->capacity - output->length < HEADER + (size_t) length) {
        flush_output(output);
    }
    uint8_t *frame = output->data + output->length;
    store_header(frame, channel, length);
    memcpy(frame + HEADER, payload, length);
    output->length += HEADER + (size_t) length;
    return frame + HEADER;
}

/* A frame of our own. It is stamped behind the copy: a copy right behind the stamp would wait for the stamp's stores. */
static inline void append_stamped(struct output *output, const uint8_t *payload, uint32_t length, uint64_t sequence) {
    stamp_payload(append_frame(output, (uint32_t) sequence & CHANNEL_MASK, payload, length), length, sequence);
}

static inline void append_control(struct output *output, uint32_t code) {
    uint8_t frame[HEADER + CONTROL_PAYLOAD];
    store_control(frame, code);
    append_frame(output, CONTROL_CHANNEL, frame + HEADER, CONTROL_PAYLOAD);
}

struct input {
    int fd;
    uint8_t *data;
    size_t capacity;
    size_t length;     /* unread bytes, from the start of data */
    size_t read_limit; /* 0, or where a read stops */
};

static inline struct input new_input(int fd, uint32_t payload) {
    size_t frame = HEADER + (size_t) payload;
    size_t capacity = frame + HEADER > READ_BUFFER ? frame + HEADER : READ_BUFFER;
    return (struct input){
            .fd = fd,
            .data = new_buffer(capacity),
            .capacity = capacity,
            .read_limit = frame >= LARGE_FRAME ? frame + HEADER : 0,
    };
}

static inline bool fill_input(struct input *input) {
    size_t room = (input->read_limit > input->length ? input->read_limit : input->capacity) - input->length;
    size_t count = read_some(input->fd, input->data + input->length, room);
    input->length += count;
    return count > 0;
}

static inline void consume_input(struct input *input, size_t consumed) {
    input->length -= consumed;
    if (consumed > 0 && input->length > 0) {
        memmove(input->data, input->data + consumed, input->length);
    }
}

#endif
