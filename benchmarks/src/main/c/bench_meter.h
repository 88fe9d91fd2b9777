/* Clocks, the measured window, the histogram of latencies, and the line of JSON that a program prints at its end. */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <time.h>

#include "bench_frame.h"

static inline int64_t clock_nanos(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        die("clock_gettime");
    }
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t now_nanos(void) {
    return clock_nanos(CLOCK_MONOTONIC);
}

/* Log-linear as HdrHistogram with three significant digits: 1024 steps per power of two. */
enum { STEP_BITS = 10, LINEAR = 2 << STEP_BITS, OCTAVES = 26, COUNTS = LINEAR + (OCTAVES << STEP_BITS) };

struct histogram {
    uint64_t total;
    uint64_t max;
    uint64_t counts[COUNTS];
};

static inline void histogram_record(struct histogram *histogram, uint64_t value) {
    uint64_t index = value;
    if (value >= LINEAR) {
        uint32_t shift = 63u - (uint32_t) __builtin_clzll(value) - STEP_BITS;
        index = LINEAR + ((uint64_t) (shift - 1) << STEP_BITS) + ((value >> shift) - (1u << STEP_BITS));
        index = index < COUNTS ? index : COUNTS - 1;
    }
    histogram->counts[index]++;
    histogram->total++;
    histogram->max = value > histogram->max ? value : histogram->max;
}

/* The largest value of the step that holds the percentile. */
static inline uint64_t histogram_at(const struct histogram *histogram, double percentile) {
    uint64_t wanted = (uint64_t) (percentile / 100.0 * (double) histogram->total + 0.5);
    uint64_t seen = 0;
    for (uint64_t index = 0; index < COUNTS; index++) {
        seen += histogram->counts[index];
        if (seen >= wanted && seen > 0) {
            uint64_t octave = index < LINEAR ? 0 : ((index - LINEAR) >> STEP_BITS) + 1;
            uint64_t step = index < LINEAR ? index : (index & ((1u << STEP_BITS) - 1)) + (1u << STEP_BITS);
            uint64_t highest = ((step + 1) << octave) - 1;
            return highest < histogram->max ? highest : histogram->max;
        }
    }
    return 0;
}

/* The measured window of one side. */
struct meter {
    bool open;
    bool closed;
    uint64_t frames;
    uint64_t frames_at_middle;
    uint64_t frames_at_end;
    int64_t begin;
    int64_t middle;
    int64_t end;
    int64_t cpu_begin;
    int64_t cpu_end;
    int marks; /* -1, or where the launcher wants to hear of begin and end */
};

static inline void meter_init(struct meter *meter) {
    const char *path = getenv("EVLOOP_BENCH_MARKS");
    *meter = (struct meter){.marks = -1};
    if (path != NULL && (meter->marks = open(path, O_WRONLY | O_CLOEXEC)) < 0) {
        die("open %s", path);
    }
}

static inline void meter_mark(const struct meter *meter, const char *mark) {
    if (meter->marks >= 0 && write(meter->marks, mark, 1) != 1) {
        die("write of a mark");
    }
}

static inline void meter_control(struct meter *meter, uint32_t code) {
    if (code == CONTROL_BEGIN) {
        meter_mark(meter, "b");
        meter->open = true;
        meter->frames = 0;
        meter->cpu_begin = clock_nanos(CLOCK_PROCESS_CPUTIME_ID);
        meter->begin = now_nanos();
        meter->middle = meter->begin; /* if another pipe's end comes before the first one's middle */
        meter->frames_at_middle = 0;
    } else if (code == CONTROL_MIDDLE) {
        meter->frames_at_middle = meter->frames;
        meter->middle = now_nanos();
    } else if (code == CONTROL_END && meter->open) {
        meter->end = now_nanos();
        meter->frames_at_end = meter->frames; /* replies that are under way still come */
        meter->cpu_end = clock_nanos(CLOCK_PROCESS_CPUTIME_ID);
        meter->open = false;
        meter->closed = true;
        meter_mark(meter, "e");
    }
}

/*
 * When the side that drives sends control frames: nothings through the warm-up, then begin; middle and end by the time at
 * which begin was really sent, which may be late.
 */
enum { NOTHINGS = 64, EVENTS = NOTHINGS + 4 };

struct schedule {
    uint32_t next;
    uint32_t codes[EVENTS];
    int64_t due[EVENTS];
    int64_t measure_nanos;
};

static inline struct schedule new_schedule(const struct job *job) {
    int64_t start = now_nanos();
    struct schedule schedule = {.next = 0, .measure_nanos = job->measure_nanos};
    for (int i = 0; i < NOTHINGS; i++) {
        schedule.codes[i] = CONTROL_NOTHING;
        schedule.due[i] = start + job->warmup_nanos * i / NOTHINGS;
    }
    for (uint32_t code = CONTROL_BEGIN; code <= CONTROL_END; code++) {
        schedule.codes[NOTHINGS + code - 1] = code;
        schedule.due[NOTHINGS + code - 1] = INT64_MAX;
    }
    schedule.due[NOTHINGS] = start + job->warmup_nanos;
    schedule.due[EVENTS - 1] = INT64_MAX;
    return schedule;
}

/* The control frame to send now, or 0. */
static inline uint32_t schedule_poll(struct schedule *schedule, int64_t now) {
    return now < schedule->due[schedule->next] ? 0 : schedule->codes[schedule->next++];
}

/* The driving side has sent a control frame: its window, and what is due next. */
static inline void control_sent(struct schedule *schedule, struct meter *meter, uint32_t code) {
    meter_control(meter, code);
    if (code == CONTROL_BEGIN) {
        schedule->due[NOTHINGS + 1] = meter->begin + schedule->measure_nanos / 2;
        schedule->due[NOTHINGS + 2] = meter->begin + schedule->measure_nanos;
    }
}

static inline double jain_index(const uint64_t *counts, uint32_t length) {
    double sum = 0;
    double squares = 0;
    for (uint32_t i = 0; i < length; i++) {
        sum += (double) counts[i];
        squares += (double) counts[i] * (double) counts[i];
    }
    return squares > 0 ? sum * sum / ((double) length * squares) : 0;
}

static inline void print_result(
        const struct job *job, const struct meter *meter, const struct histogram *histogram, double jain) {
    if (!meter->closed) {
        errno = EPROTO;
        die("%s: the measurement was not closed", job->role_name);
    }
    printf("{\"side\":\"%s\",\"frames\":%llu,\"nanos\":%lld,\"firstHalfFrames\":%llu,\"firstHalfNanos\":%lld,"
           "\"cpuNanos\":%lld,\"heapBytes\":0,\"jain\":%.6f",
            job->role_name, (unsigned long long) meter->frames_at_end, (long long) (meter->end - meter->begin),
            (unsigned long long) meter->frames_at_middle, (long long) (meter->middle - meter->begin),
            (long long) (meter->cpu_end - meter->cpu_begin), jain);
    if (histogram != NULL && histogram->total > 0) {
        printf(",\"latency\":{\"count\":%llu,\"p50\":%llu,\"p99\":%llu,\"p999\":%llu,\"max\":%llu}",
                (unsigned long long) histogram->total, (unsigned long long) histogram_at(histogram, 50),
                (unsigned long long) histogram_at(histogram, 99), (unsigned long long) histogram_at(histogram, 99.9),
                (unsigned long long) histogram->max);
    }
    printf("}\n");
    if (fflush(stdout) != 0) {
        die("flush of the result");
    }
}

#endif
