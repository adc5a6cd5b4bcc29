// SPDX-License-Identifier: MIT
//
// plain: one pass over the bytes, a function for each rule of the grammar.
//
// A number of 18 bytes fits into 64 bits. Keys are compared each with each, so they are few.
#include "base/plain.h"

#include <string.h>

enum { LEVELS = 16, KEYS = 64, NUMBER_SIZE = 18 };
enum { MEMBER_SIZE = 128 }; // the least that the limit of a string may be

struct scan {
    const char *p, *end;
    size_t key_count;       // of the objects that are open
    struct span keys[KEYS]; // borrowed from the text
};

static bool
is_at(const struct scan *s, char token)
{
    return s->p < s->end && *s->p == token;
}

static void
skip_space(struct scan *s)
{
    while (is_at(s, ' ') || is_at(s, '\n') || is_at(s, '\t') || is_at(s, '\r'))
        s->p++;
}

static bool
take(struct scan *s, char token)
{
    skip_space(s);
    bool taken = is_at(s, token);
    s->p += taken;
    return taken;
}

static bool
take_string(struct scan *s, struct span *string)
{
    if (!take(s, '"'))
        return false;
    const char *start = s->p;
    while (s->p < s->end && *s->p >= ' ' && *s->p <= '~' && *s->p != '"' && *s->p != '\\')
        s->p++;
    *string = (struct span){start, (size_t)(s->p - start)};
    bool ended = is_at(s, '"'); // no space is skipped: a line's end would be one
    s->p += ended;
    return ended;
}

static size_t
skip_digits(struct scan *s)
{
    const char *start = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return (size_t)(s->p - start);
}

// An exponent is left where it is, and nothing that may follow a value begins with its letter.
static bool
take_number(struct scan *s)
{
    const char *start = s->p;
    s->p += is_at(s, '-');
    bool zero = is_at(s, '0');
    size_t digits = skip_digits(s);
    if (digits == 0 || (zero && digits > 1))
        return false;
    if (is_at(s, '.')) {
        s->p++;
        if (skip_digits(s) == 0)
            return false;
    }
    return s->p - start <= NUMBER_SIZE;
}

static bool
take_word(struct scan *s, struct span word)
{
    bool taken = (size_t)(s->end - s->p) >= word.len && memcmp(s->p, word.data, word.len) == 0;
    s->p += taken ? word.len : 0;
    return taken;
}

// [first] is the first key of the same object.
static bool
add_key(struct scan *s, size_t first, struct span key)
{
    for (size_t i = first; i < s->key_count; i++)
        if (span_equal(s->keys[i], key))
            return false;
    if (s->key_count == KEYS)
        return false;
    s->keys[s->key_count++] = key;
    return true;
}

static bool take_value(struct scan *s, int levels);

// [levels] may still be opened in what is behind the bracket.
static bool
take_elements(struct scan *s, int levels)
{
    if (take(s, ']'))
        return true;
    do
        if (!take_value(s, levels))
            return false;
    while (take(s, ','));
    return take(s, ']');
}

static bool
take_members(struct scan *s, int levels)
{
    size_t first = s->key_count;
    struct span key;
    if (take(s, '}'))
        return true;
    do
        if (!take_string(s, &key) || !add_key(s, first, key) || !take(s, ':') ||
            !take_value(s, levels))
            return false;
    while (take(s, ','));
    s->key_count = first;
    return take(s, '}');
}

static bool
take_value(struct scan *s, int levels)
{
    struct span string;
    if (take(s, '{'))
        return levels > 0 && take_members(s, levels - 1);
    if (take(s, '['))
        return levels > 0 && take_elements(s, levels - 1);
    if (is_at(s, '"'))
        return take_string(s, &string);
    return take_word(s, SPAN("true")) || take_word(s, SPAN("false")) ||
           take_word(s, SPAN("null")) || take_number(s);
}

static void
begin(struct scan *s, struct span text)
{
    s->p = text.data;
    s->end = text.data + text.len;
    s->key_count = 0;
}

static bool
is_over(struct scan *s)
{
    skip_space(s);
    return s->p == s->end;
}

bool
plain_is_object(struct span text)
{
    struct scan s;
    begin(&s, text);
    return take(&s, '{') && take_members(&s, LEVELS - 1) && is_over(&s);
}

bool
plain_read_member(struct span text, const char *name, struct span *value)
{
    struct scan s;
    struct span key, word;
    begin(&s, text);
    bool plain = text.len <= MEMBER_SIZE && take(&s, '{') && take_string(&s, &key) &&
                 span_is(key, name) && take(&s, ':') && take_string(&s, &word) && take(&s, '}') &&
                 is_over(&s);
    if (plain)
        *value = word;
    return plain;
}
