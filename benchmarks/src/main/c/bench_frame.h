/*
 * The frame on the wire, and what stands in a payload so that a receiver can tell a right one from a wrong one:
 *
 *    0       2               6
 *   +-------+---------------+----------------+--------------------------+---------------+
 *   | chan  | length        | sequence (8)   | word k = k * MIX, k = 1… | sequence * MIX |
 *   +-------+---------------+----------------+--------------------------+---------------+
 *
 * All big-endian. The channel is the low bits of the sequence number. A receiver checks the channel, the length, the
 * first word, the last word and one word in between that the sequence number chooses.
 */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <endian.h>
#include <string.h>

#include "bench_job.h"

enum {
    HEADER = 6,
    WORD = 8,
    CHANNEL_MASK = 1023,
    CONTROL_CHANNEL = 0xFFFF,
    CONTROL_PAYLOAD = 16,
    CONTROL_BEGIN = 1,  /* of the measurement */
    CONTROL_MIDDLE = 2, /* so that a drift shows */
    CONTROL_END = 3,
    CONTROL_NOTHING = 4 /* now and then before the measurement: for compilers that learn what happens */
};

#define MIX UINT64_C(0x9E3779B97F4A7C15)
#define PICK UINT64_C(0x9E3779B1)

static inline uint64_t load_word(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return be64toh(word);
}

static inline void store_word(uint8_t *at, uint64_t value) {
    uint64_t word = htobe64(value);
    memcpy(at, &word, sizeof word);
}

static inline uint32_t load_channel(const uint8_t *frame) {
    uint16_t value;
    memcpy(&value, frame, sizeof value);
    return be16toh(value);
}

static inline uint32_t load_length(const uint8_t *frame) {
    uint32_t value;
    memcpy(&value, frame + 2, sizeof value);
    return be32toh(value);
}

static inline void store_header(uint8_t *frame, uint32_t channel, uint32_t length) {
    uint16_t wire_channel = htobe16((uint16_t) channel);
    uint32_t wire_length = htobe32(length);
    memcpy(frame, &wire_channel, sizeof wire_channel);
    memcpy(frame + 2, &wire_length, sizeof wire_length);
}

/* The words between the first and the last: the same in every frame. */
static inline uint8_t *new_payload(uint32_t length) {
    uint8_t *payload = aligned_alloc(64, ((size_t) length + 63) / 64 * 64);
    if (payload == NULL) {
        die("no memory for a payload of %u bytes", length);
    }
    memset(payload, 0, length);
    for (uint32_t at = WORD; at + WORD <= length; at += WORD) {
        store_word(payload + at, (at / WORD) * MIX);
    }
    return payload;
}

static inline void stamp_payload(uint8_t *payload, uint32_t length, uint64_t sequence) {
    store_word(payload, sequence);
    store_word(payload + length - WORD, sequence * MIX);
}

static inline uint32_t picked_offset(uint32_t length, uint64_t sequence) {
    uint64_t words = (length - 2 * WORD) / WORD;
    return (uint32_t) (WORD + WORD * ((((sequence * PICK) & UINT32_MAX) * words) >> 32));
}

_Noreturn static inline void wrong_frame(uint32_t channel, const uint8_t *payload, uint32_t length, uint64_t sequence) {
    errno = EBADMSG;
    die("frame %llu is wrong: channel %u, length %u, sequence %llu", (unsigned long long) sequence, channel, length,
        (unsigned long long) load_word(payload));
}

static inline void verify_frame(
        uint32_t channel, const uint8_t *payload, uint32_t length, uint32_t expected_length, uint64_t sequence) {
    if (length != expected_length || channel != (sequence & CHANNEL_MASK) || load_word(payload) != sequence ||
        load_word(payload + length - WORD) != sequence * MIX) {
        wrong_frame(channel, payload, length, sequence);
    }
    if (length >= 3 * WORD) {
        uint32_t at = picked_offset(length, sequence);
        if (load_word(payload + at) != at / WORD * MIX) {
            wrong_frame(channel, payload, length, sequence);
        }
    }
}

static inline void store_control(uint8_t *frame, uint32_t code) {
    store_header(frame, CONTROL_CHANNEL, CONTROL_PAYLOAD);
    store_word(frame + HEADER, code);
    store_word(frame + HEADER + WORD, ~(uint64_t) code);
}

static inline uint32_t load_control(const uint8_t *payload, uint32_t length) {
    uint64_t code = length == CONTROL_PAYLOAD ? load_word(payload) : 0;
    if (code < CONTROL_BEGIN || code > CONTROL_NOTHING || load_word(payload + WORD) != ~code) {
        wrong_frame(CONTROL_CHANNEL, payload, length, 0);
    }
    return (uint32_t) code;
}

#endif
