// SPDX-License-Identifier: MIT
//
// text: bytes that grow at the end, and spans of bytes that somebody else owns.
//
// A text remembers that it ran out of memory (failed) and ignores what follows, so a writer checks
// once, at the end.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *data; // borrowed; NULL: not there
    size_t len;
};

enum { TEXT_TIME_LEN = 26, TEXT_INT_LEN = 20 };

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})
struct span span_of(const char *string); // NULL gives the absent span
bool span_is(struct span s, const char *string);
bool span_equal(struct span a, struct span b);

struct text {
    char *data; // ended by a NUL once anything was added
    size_t len, room;
    bool failed;
};

void text_init(struct text *t);
void text_fini(struct text *t);
void text_add(struct text *t, const char *data, size_t len);
void text_adds(struct text *t, const char *string);
void text_addf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_span(struct text *t, struct span s);
void text_add_int(struct text *t, int64_t i);
// A JSON string, quoted and escaped; null for an absent span.
void text_add_json(struct text *t, struct span s);
// RFC 3339 in UTC with milliseconds, quoted: always 26 bytes. [ms] since 1970.
void text_add_time(struct text *t, int64_t ms);
// The same over TEXT_TIME_LEN bytes that are there.
void text_write_time(char *to, int64_t ms);
// In decimal over at most TEXT_INT_LEN bytes, in so many lower-case hex digits; without a NUL. They
// return what is behind: what every reply has is not printed by a format.
char *text_write_int(char *to, int64_t i);              /* borrowed */
char *text_write_hex(char *to, int digits, uint64_t v); /* borrowed */

#endif
