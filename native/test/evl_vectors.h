/* Reads vectors.txt, one case at a time; its format stands there. */
#ifndef EVL_VECTORS_H
#define EVL_VECTORS_H

#include <ctype.h>

#include "evl_test.h"

struct blob {
    unsigned char *bytes;
    size_t length;
};

struct expected_frame {
    unsigned long number; /* that many times */
    unsigned long channel;
    struct blob payload;
};

enum ending { CLEAN, INVALID, TRUNCATED };

enum { VECTOR_FRAMES_MAX = 16 };

struct vector {
    char name[128];
    unsigned long limit;
    struct blob stream;
    struct expected_frame frames[VECTOR_FRAMES_MAX];
    size_t frame_count;
    enum ending ending;
    unsigned long first;  /* INVALID: channel; TRUNCATED: wanted */
    unsigned long second; /* INVALID: length; TRUNCATED: got */
};

static inline void free_vector(struct vector *vector) {
    free(vector->stream.bytes);
    for (size_t i = 0; i < vector->frame_count; i++) {
        free(vector->frames[i].payload.bytes);
    }
    memset(vector, 0, sizeof *vector);
    vector->limit = 64ul << 20;
}

static inline unsigned long vector_number(char **text) {
    char *end;
    unsigned long number = strtoul(*text, &end, 10);
    CHECK(end != *text);
    *text = end;
    return number;
}

static inline unsigned hex_digit(char digit) {
    CHECK(isxdigit((unsigned char) digit));
    return (unsigned) (digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Appends what `text` says: HEX... [* COUNT]. */
static inline void append_bytes(struct blob *blob, char *text) {
    unsigned char unit[64];
    size_t length = 0;
    unsigned long count = 1;
    for (; *text != '\0' && *text != '*'; text++) {
        if (!isspace((unsigned char) *text)) {
            CHECK(length < sizeof unit);
            unit[length++] = (unsigned char) (hex_digit(text[0]) << 4 | hex_digit(text[1]));
            text++;
        }
    }
    if (*text == '*') {
        text++;
        count = vector_number(&text);
    }
    const size_t total = length * count;
    blob->bytes = realloc(blob->bytes, blob->length + total);
    CHECK(blob->bytes != NULL);
    unsigned char *target = blob->bytes + blob->length;
    memcpy(target, unit, length);
    for (size_t done = length; done < total;) { /* by doubling: millions of units are a case */
        const size_t more = done < total - done ? done : total - done;
        memcpy(target + done, target, more);
        done += more;
    }
    blob->length += total;
}

/* The rest of a line that begins with `word`, or NULL. */
static inline char *operands(char *line, const char *word) {
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 && isspace((unsigned char) line[length]) ? line + length : NULL;
}

static inline void add_frame(struct vector *vector, unsigned long number, char *rest) {
    CHECK(vector->frame_count < VECTOR_FRAMES_MAX);
    struct expected_frame *frame = &vector->frames[vector->frame_count++];
    frame->number = number;
    frame->channel = vector_number(&rest);
    append_bytes(&frame->payload, rest);
}

static inline void end_vector(struct vector *vector, enum ending ending, char *rest) {
    vector->ending = ending;
    vector->first = vector_number(&rest);
    vector->second = vector_number(&rest);
}

/* Frees the case before, fills in the next; 0 = there is none. */
static inline int next_vector(FILE *file, struct vector *vector) {
    char line[512];
    char *rest;
    free_vector(vector);
    while (fgets(line, sizeof line, file) != NULL) {
        CHECK(strchr(line, '\n') != NULL);
        if ((rest = operands(line, "case")) != NULL) {
            snprintf(vector->name, sizeof vector->name, "%.*s", (int) strcspn(rest + 1, "\n"), rest + 1);
        } else if ((rest = operands(line, "limit")) != NULL) {
            vector->limit = vector_number(&rest);
        } else if ((rest = operands(line, "bytes")) != NULL) {
            append_bytes(&vector->stream, rest);
        } else if ((rest = operands(line, "frame")) != NULL) {
            add_frame(vector, 1, rest);
        } else if ((rest = operands(line, "frames")) != NULL) {
            unsigned long number = vector_number(&rest);
            add_frame(vector, number, rest);
        } else if (operands(line, "clean") != NULL) {
            vector->ending = CLEAN;
            return 1;
        } else if ((rest = operands(line, "invalid")) != NULL) {
            end_vector(vector, INVALID, rest);
            return 1;
        } else if ((rest = operands(line, "truncated")) != NULL) {
            end_vector(vector, TRUNCATED, rest);
            return 1;
        } else {
            CHECK(line[0] == '#' || line[0] == '\n');
        }
    }
    return 0;
}

#endif
