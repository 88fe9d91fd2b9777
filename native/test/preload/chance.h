/* Which calls of schedule.c something happens to, and what: whether libevloop.so makes them, chance, and the counts. */
#ifndef EVL_CHANCE_H
#define EVL_CHANCE_H

#include "interpose.h"

#include <stdio.h>

enum { DEFAULT_RATE = 8, LOWEST_RATE = 2 };
enum { STORM_RATE = 16, STORM_SHORTEST = 8, STORM_LONGEST = 32 }; /* of what happens; calls in a row */

/* What happens to a call; a bit of each in the masks. */
enum kind { NOTHING, SHORT, INTERRUPTED, NOT_NOW, ABORTED, KINDS };
enum { M_SHORT = 1 << SHORT, M_INTERRUPTED = 1 << INTERRUPTED, M_NOT_NOW = 1 << NOT_NOW, M_ABORTED = 1 << ABORTED };
static const int ERRORS[KINDS] = {[INTERRUPTED] = EINTR, [NOT_NOW] = EAGAIN, [ABORTED] = ECONNABORTED};

/* testing/Schedule.java reads them: calls made, and how many of them met each kind. */
struct row {
    char name[NAME_SIZE];
    _Atomic uint64_t made;
    _Atomic uint64_t met[KINDS - 1];
};
_Static_assert(sizeof(struct row) == 64 && sizeof(_Atomic uint64_t) == 8, "layout");

static _Atomic(struct row *) rows;
static uint64_t seed;
static uint64_t rate = DEFAULT_RATE;

static _Noreturn void refuse(const char *text) {
    fprintf(stderr, "EVLOOP_SCHEDULE=%s: not seed[,rate] with a rate from %d on\n", text, LOWEST_RATE);
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("EVLOOP_SCHEDULE");
    if (text == NULL) {
        refuse(""); /* preloaded by mistake */
    }
    char *end;
    seed = strtoull(text, &end, 10);
    if (end != text && *end == ',') {
        const char *rest = end + 1;
        rate = strtoull(rest, &end, 10);
    }
    if (end == text || *end != '\0' || rate < LOWEST_RATE) {
        refuse(text);
    }
    struct row *mapped = map_shared(getenv("EVLOOP_SCHEDULE_COUNTS"), sizeof(struct row[CALLS]));
    for (int call = NO_CALL + 1; call < CALL_syscall; call++) {
        strncpy(mapped[call].name, NAMES[call], NAME_SIZE - 1);
    }
    atomic_store(&rows, mapped);
}

/* Who calls -------------------------------------------------------------------------------------------------------- */

enum { SITES = 4096, PROBES = 8 };

/* Twice a return address, and 1 more if it is in libevloop.so: there are few, and dladdr(3) is slow. */
static _Atomic uint64_t sites[SITES];

static bool is_in_libevloop(const void *address) {
    Dl_info info;
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL) {
        return false;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    return strncmp(slash == NULL ? info.dli_fname : slash + 1, "libevloop", strlen("libevloop")) == 0;
}

static bool is_ours(const void *caller) {
    uint64_t twice = (uint64_t) (uintptr_t) caller << 1;
    for (uint64_t probe = 0; probe < PROBES; probe++) {
        _Atomic uint64_t *site = &sites[(((twice >> 1) * 0x9E3779B97F4A7C15 >> 32) + probe) & (SITES - 1)];
        uint64_t known = atomic_load_explicit(site, memory_order_relaxed);
        if ((known & ~UINT64_C(1)) == twice) {
            return known & 1;
        }
        if (known == 0) {
            bool ours = is_in_libevloop(caller);
            atomic_store_explicit(site, twice | ours, memory_order_relaxed);
            return ours;
        }
    }
    return is_in_libevloop(caller);
}

/* The addresses may be another library's soon. */
int dlclose(void *handle) {
    int status = NEXT(dlclose)(handle);
    for (int i = 0; i < SITES; i++) {
        atomic_store_explicit(&sites[i], 0, memory_order_relaxed);
    }
    return status;
}

/* Chance ----------------------------------------------------------------------------------------------------------- */

struct stream {
    uint64_t state;
    bool seeded;
    enum call storm_call; /* a storm: what happened happens again to the next calls of the same name */
    enum kind storm_kind;
    uint64_t storm_left;
};
static _Thread_local struct stream stream;

/* splitmix64 */
static uint64_t mixed(uint64_t value) {
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
    value = (value ^ value >> 27) * 0x94D049BB133111EB;
    return value ^ value >> 31;
}

static uint64_t below(uint64_t bound) {
    static _Atomic uint64_t threads;
    if (!stream.seeded) {
        stream.seeded = true;
        stream.state = mixed(seed ^ mixed(atomic_fetch_add(&threads, 1) + 1));
    }
    stream.state += 0x9E3779B97F4A7C15;
    return mixed(stream.state) % bound;
}

static bool in_storm(enum call call) {
    return stream.storm_left > 0 && stream.storm_call == call;
}

/* Whether something happens to this call. */
static bool is_hit(enum call call, const void *caller) {
    struct row *counts = atomic_load_explicit(&rows, memory_order_acquire);
    if (counts == NULL || !is_ours(caller)) {
        return false;
    }
    atomic_fetch_add_explicit(&counts[call].made, 1, memory_order_relaxed);
    return in_storm(call) || below(rate) == 0;
}

static enum kind any_of(unsigned kinds) {
    if (kinds == 0) {
        return NOTHING;
    }
    enum kind kind;
    do {
        kind = (enum kind) below(KINDS);
    } while ((kinds >> kind & 1) == 0);
    return kind;
}

/* What happens to a call that is hit, of what is possible. */
static enum kind choose(enum call call, unsigned kinds) {
    if (in_storm(call)) {
        stream.storm_left--;
        return kinds >> stream.storm_kind & 1 ? stream.storm_kind : any_of(kinds);
    }
    enum kind kind = any_of(kinds);
    if (kind != NOTHING && below(STORM_RATE) == 0) {
        stream.storm_call = call;
        stream.storm_kind = kind;
        stream.storm_left = STORM_SHORTEST - 1 + below(STORM_LONGEST - STORM_SHORTEST + 1);
    }
    return kind;
}

static void count(enum call call, enum kind kind) {
    atomic_fetch_add_explicit(&atomic_load(&rows)[call].met[kind - 1], 1, memory_order_relaxed);
}

static int failed(enum call call, enum kind kind) {
    count(call, kind);
    return fail(ERRORS[kind]);
}

#endif
