// SPDX-License-Identifier: MIT
//
// json: documents within limits.
//
// A document is first walked once as bytes, which counts what the limits speak of; only then does
// jansson build it: one MiB of empty objects would otherwise become 82 MB.
#include "base/json.h"
#include "base/assert.h"

#include <stdio.h>
#include <string.h>

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

// [p] is at an opening quote; the result is behind the closing one, or [end] when there is none.
static const char *
skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && ++p == end)
            return end;
    return p < end ? p + 1 : end;
}

// --- Limits --------------------------------------------------------------------------------------

struct counts {
    size_t depth, members;
    bool open; // a container began, and nothing was seen in it yet
};

// Every element but the first of a container stands behind a comma.
static void
count_token(struct counts *c, char token)
{
    if (c->open && token != ']' && token != '}')
        c->members++;
    c->open = token == '[' || token == '{';
    if (c->open)
        c->depth++;
    else if ((token == ']' || token == '}') && c->depth > 0)
        c->depth--;
    else if (token == ',')
        c->members++;
}

static enum json_fault
too_large(char *detail, size_t detail_size, const char *what, size_t limit, size_t offset)
{
    snprintf(detail, detail_size, "The document has %s than %zu at byte %zu.", what, limit, offset);
    return JSON_TOO_LARGE;
}

static enum json_fault
count(struct span text, const struct json_limits *limits, char *detail, size_t detail_size)
{
    struct counts c = {0};
    const char *end = text.data + text.len;
    for (const char *p = text.data; p < end;) {
        const char *start = p;
        p = *p == '"' ? skip_string(p, end) : p + 1;
        if (is_space(*start))
            continue;
        count_token(&c, *start);
        size_t offset = (size_t)(start - text.data);
        if (c.depth > limits->depth)
            return too_large(detail, detail_size, "more levels", limits->depth, offset);
        if (c.members > limits->members)
            return too_large(detail, detail_size, "more members", limits->members, offset);
        if (*start == '"' && (size_t)(p - start) > limits->string + 2)
            return too_large(detail, detail_size, "a string of more bytes", limits->string, offset);
    }
    return JSON_FINE;
}

// --- Reading -------------------------------------------------------------------------------------

static enum json_fault
malformed(char *detail, size_t detail_size, const json_error_t *error)
{
    if (json_error_code(error) == json_error_out_of_memory) {
        snprintf(detail, detail_size, "There is no memory to read the document.");
        return JSON_NO_MEMORY;
    }
    snprintf(detail, detail_size, "The document is not JSON in line %d, column %d: %.100s.",
             error->line, error->column, error->text);
    return JSON_MALFORMED;
}

enum json_fault
json_read(struct span text, const struct json_limits *limits, json_t **root, char *detail,
          size_t detail_size)
{
    ASSERT(detail_size >= 160);
    if (text.len == 0) {
        snprintf(detail, detail_size, "The document is empty; it must be a JSON object.");
        return JSON_MALFORMED;
    }
    enum json_fault fault = count(text, limits, detail, detail_size);
    if (fault != JSON_FINE)
        return fault;
    json_error_t error;
    json_t *read = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (read == NULL)
        return malformed(detail, detail_size, &error);
    if (!json_is_object(read)) {
        json_decref(read);
        snprintf(detail, detail_size, "The document must be a JSON object.");
        return JSON_MALFORMED;
    }
    *root = read;
    return JSON_FINE;
}

// --- Spans of an accepted document ---------------------------------------------------------------

static int
hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// Whether the key between [p] and [end] spells [name]. Our names are letters and underscores, and
// the only way to escape those is \u00xx.
static bool
key_is(const char *p, const char *end, const char *name)
{
    for (; p < end && *name != '\0'; name++) {
        int c = *p++;
        if (c == '\\') {
            if (end - p < 5 || strncmp(p, "u00", 3) != 0)
                return false;
            c = hex_digit(p[3]) << 4 | hex_digit(p[4]);
            p += 5;
        }
        if (c != (unsigned char)*name)
            return false;
    }
    return p == end && *name == '\0';
}

// [p] is at the first byte of a value; the result is behind its last.
static const char *
skip_value(const char *p, const char *end)
{
    size_t depth = 0;
    do {
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        depth += *p == '{' || *p == '[';
        depth -= *p == '}' || *p == ']';
        p++;
    } while (p < end && (depth > 0 || !(is_space(*p) || *p == ',' || *p == '}' || *p == ']')));
    return p;
}

struct span
json_member_span(struct span text, const char *name)
{
    const char *end = text.data + text.len;
    const char *p = skip_space(text.data, end);
    ASSERT(p < end && *p == '{');
    for (p = skip_space(p + 1, end); p < end && *p == '"';) {
        const char *key = p + 1, *key_end = skip_string(p, end) - 1;
        p = skip_space(key_end + 1, end);
        ASSERT(p < end && *p == ':');
        const char *value = skip_space(p + 1, end);
        p = skip_value(value, end);
        if (key_is(key, key_end, name))
            return (struct span){value, (size_t)(p - value)};
        p = skip_space(p, end);
        if (p < end && *p == ',')
            p = skip_space(p + 1, end);
    }
    return (struct span){0};
}

void
json_add_compact(struct text *t, struct span json)
{
    const char *end = json.data + json.len;
    for (const char *p = json.data; p < end;) {
        const char *start = p;
        while (p < end && !is_space(*p))
            p = *p == '"' ? skip_string(p, end) : p + 1;
        text_add(t, start, (size_t)(p - start));
        p = skip_space(p, end);
    }
}
