// SPDX-License-Identifier: MIT
//
// text: bytes that grow at the end.
//
// Invariant: data is NULL and room 0, or len < room and data[len] is NUL.
#include "base/text.h"
#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

struct span
span_of(const char *string)
{
    return (struct span){string, string != NULL ? strlen(string) : 0};
}

bool
span_equal(struct span a, struct span b)
{
    if (a.data == NULL || b.data == NULL)
        return a.data == b.data;
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

bool
span_is(struct span s, const char *string)
{
    return span_equal(s, span_of(string));
}

void
text_init(struct text *t)
{
    *t = (struct text){0};
}

void
text_fini(struct text *t)
{
    free(t->data);
    text_init(t);
}

// Makes room for [extra] bytes and a NUL behind them.
static bool
text_reserve(struct text *t, size_t extra)
{
    if (t->failed)
        return false;
    if (extra < t->room - t->len)
        return true;
    size_t room = t->room != 0 ? t->room : FIRST_ROOM;
    while (room <= SIZE_MAX / 2 && room - t->len <= extra)
        room *= 2;
    char *data = room - t->len > extra ? realloc(t->data, room) : NULL;
    if (data == NULL) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->room = room;
    return true;
}

void
text_add(struct text *t, const char *data, size_t len)
{
    if (!text_reserve(t, len))
        return;
    if (len != 0)
        memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = '\0';
}

void
text_adds(struct text *t, const char *string)
{
    text_add(t, string, strlen(string));
}

void
text_add_span(struct text *t, struct span s)
{
    text_add(t, s.data, s.len);
}

void
text_addf(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    ASSERT(len >= 0);
    if (text_reserve(t, (size_t)len)) {
        vsnprintf(t->data + t->len, (size_t)len + 1, format, again);
        t->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

char *
text_write_int(char *to, int64_t i)
{
    char digits[TEXT_INT_LEN];
    char *end = digits + sizeof digits, *p = end;
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (i < 0)
        *--p = '-';
    memcpy(to, p, (size_t)(end - p));
    return to + (end - p);
}

char *
text_write_hex(char *to, int digits, uint64_t v)
{
    for (int i = digits - 1; i >= 0; i--, v >>= 4)
        to[i] = "0123456789abcdef"[v & 15];
    return to + digits;
}

void
text_add_int(struct text *t, int64_t i)
{
    char digits[TEXT_INT_LEN];
    text_add(t, digits, (size_t)(text_write_int(digits, i) - digits));
}

// --- JSON strings --------------------------------------------------------------------------------

// The length of the UTF-8 sequence at [s], of which [len] bytes are there; 0 when it is not one.
// The second byte's range keeps out overlong forms, surrogates and what lies above U+10FFFF.
static size_t
utf8_sequence(const unsigned char *s, size_t len)
{
    size_t need = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (need == 0 || need > len || s[0] > 0xf4)
        return 0;
    if (need == 1)
        return 1;
    unsigned low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    unsigned high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return need;
}

static bool
stands_for_itself(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void
add_escaped(struct text *t, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *p = shorts; *p != '\0'; p += 2)
        if ((unsigned char)*p == c) {
            text_add(t, (char[]){'\\', p[1]}, 2);
            return;
        }
    text_addf(t, "\\u%04x", c);
}

void
text_add_json(struct text *t, struct span s)
{
    if (s.data == NULL) {
        text_adds(t, "null");
        return;
    }
    const unsigned char *p = (const unsigned char *)s.data, *end = p + s.len;
    text_add(t, "\"", 1);
    while (p < end) {
        const unsigned char *start = p;
        while (p < end && stands_for_itself(*p))
            p++;
        text_add(t, (const char *)start, (size_t)(p - start));
        if (p == end)
            break;
        size_t sequence = utf8_sequence(p, (size_t)(end - p));
        if (sequence > 1)
            text_add(t, (const char *)p, sequence);
        else if (sequence == 1)
            add_escaped(t, *p);
        else
            text_adds(t, "\xef\xbf\xbd"); // U+FFFD for a byte that is not UTF-8
        p += sequence != 0 ? sequence : 1;
    }
    text_add(t, "\"", 1);
}

// --- Times ---------------------------------------------------------------------------------------

static void
put_digits(char *to, int width, int64_t value)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
}

// The Gregorian date of the day [days] after 1970-01-01, not before it. Years are counted from
// March of year 0, so that the leap day is the last of its year.
static void
put_date(char *to, int64_t days)
{
    int64_t day = days + 719468;
    int64_t era = day / 146097, of_era = day % 146097; // 400 years
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; // 0: March
    put_digits(to + 8, 2, of_year - (153 * month + 2) / 5 + 1);
    put_digits(to + 5, 2, month < 10 ? month + 3 : month - 9);
    put_digits(to, 4, era * 400 + year + (month >= 10));
}

void
text_write_time(char *to, int64_t ms)
{
    const int64_t last = INT64_C(253402300799999); // the end of the year 9999
    memcpy(to, "\"YYYY-MM-DDThh:mm:ss.mmmZ\"", TEXT_TIME_LEN);
    ms = ms < 0 ? 0 : ms > last ? last : ms;
    put_date(to + 1, ms / 86400000);
    put_digits(to + 12, 2, ms / 3600000 % 24);
    put_digits(to + 15, 2, ms / 60000 % 60);
    put_digits(to + 18, 2, ms / 1000 % 60);
    put_digits(to + 21, 3, ms % 1000);
}

void
text_add_time(struct text *t, int64_t ms)
{
    char time[TEXT_TIME_LEN];
    text_write_time(time, ms);
    text_add(t, time, sizeof time);
}
