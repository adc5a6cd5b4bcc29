// SPDX-License-Identifier: MIT
//
// json: documents within limits.
//
// A document is first walked once as bytes, which counts what the limits speak of; only then does
// jansson build it: one MiB of empty objects would otherwise become 82 MB.
#include "base/json.h"
#include "base/assert.h"
#include "base/ledger.h"
#include "base/plain.h"

#include <stdio.h>
#include <string.h>

enum { AROUND_SIZE = 512 }; // what stands around the largest member is short, or it is not worth it

// --- Memory --------------------------------------------------------------------------------------

static void *
alloc(size_t size)
{
    return ledger_alloc(LEDGER_JSON, size);
}

static void
free_block(void *block)
{
    ledger_free(LEDGER_JSON, block);
}

void
json_count_memory(void)
{
    json_set_alloc_funcs(alloc, free_block);
}

void
json_free_text(char *text)
{
    json_free_t free_text;
    json_get_alloc_funcs(NULL, &free_text);
    free_text(text);
}

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

enum json_fault
json_check_limits(struct span text, const struct json_limits *limits, char *detail,
                  size_t detail_size)
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

static json_t * /* new */
build(struct span text, const struct json_limits *limits, json_error_t *error)
{
    size_t flags = JSON_REJECT_DUPLICATES | (limits->as_text ? JSON_DECODE_INT_AS_REAL : 0);
    return json_loadb(text.data, text.len, flags, error);
}

// Jansson takes 150 instructions a byte, and most of what is sent is only stored: of a plain
// document the [leaf], a span of [text], is built as an object with nothing in it.
static json_t * /* new */
build_around(struct span leaf, struct span text, const struct json_limits *limits,
             json_error_t *error)
{
    char around[AROUND_SIZE];
    size_t before = (size_t)(leaf.data - text.data), behind = text.len - before - leaf.len;
    memcpy(around, text.data, before);
    memcpy(around + before, "{}", 2);
    memcpy(around + before + 2, leaf.data + leaf.len, behind);
    return build((struct span){around, before + 2 + behind}, limits, error);
}

// Absent: all of the document must be built.
static struct span
find_leaf(struct span text, const struct json_limits *limits)
{
    struct span leaf = {0};
    if (limits->leaf != NULL && plain_is_object(text))
        leaf = json_member_span(text, limits->leaf);
    bool fits = leaf.len > 0 && *leaf.data == '{' && text.len - leaf.len + 2 <= AROUND_SIZE;
    return fits ? leaf : (struct span){0};
}

static enum json_fault
check_size(struct span text, const struct json_limits *limits, char *detail, size_t detail_size)
{
    ASSERT(detail_size >= 160);
    if (text.len > 0)
        return json_check_limits(text, limits, detail, detail_size);
    snprintf(detail, detail_size, "The document is empty; it must be a JSON object.");
    return JSON_MALFORMED;
}

enum json_fault
json_read(struct span text, const struct json_limits *limits, json_t **root, char *detail,
          size_t detail_size)
{
    enum json_fault fault = check_size(text, limits, detail, detail_size);
    if (fault != JSON_FINE)
        return fault;
    json_error_t error;
    struct span leaf = find_leaf(text, limits);
    json_t *read =
        leaf.len > 0 ? build_around(leaf, text, limits, &error) : build(text, limits, &error);
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

enum json_fault
json_check(struct span text, const struct json_limits *limits, char *detail, size_t detail_size)
{
    if (plain_is_object(text))
        return check_size(text, limits, detail, detail_size);
    json_t *root = NULL;
    enum json_fault fault = json_read(text, limits, &root, detail, detail_size);
    json_decref(root);
    return fault;
}

// --- Spans of an accepted document ---------------------------------------------------------------

static unsigned
hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static unsigned
read_hex(const char *p)
{
    return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

static void
add_utf8(struct text *t, unsigned code)
{
    char bytes[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(len == 1 ? code : (0xf00u >> len) | code);
    text_add(t, bytes, len);
}

// [p] is behind the backslash; the result is behind the escape. jansson has refused half a pair.
static const char *
add_escape(struct text *t, const char *p)
{
    static const char shorts[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    for (const char *s = shorts; *s != '\0'; s += 2)
        if (*p == *s) {
            text_add(t, s + 1, 1);
            return p + 1;
        }
    unsigned code = read_hex(p + 1);
    p += 5;
    if (code >= 0xd800 && code < 0xdc00) {
        code = 0x10000 + ((code - 0xd800) << 10) + (read_hex(p + 2) - 0xdc00);
        p += 6;
    }
    add_utf8(t, code);
    return p;
}

void
json_add_unescaped(struct text *t, struct span string)
{
    const char *p = string.data, *end = p + string.len;
    while (p < end) {
        const char *start = p;
        while (p < end && *p != '\\')
            p++;
        text_add(t, start, (size_t)(p - start));
        if (p < end)
            p = add_escape(t, p + 1);
    }
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

struct json_walk
json_walk_members(struct span object)
{
    const char *end = object.data + object.len, *p = skip_space(object.data, end);
    ASSERT(p < end && *p == '{');
    return (struct json_walk){skip_space(p + 1, end), end};
}

bool
json_next_member(struct json_walk *w, struct span *key, struct span *value)
{
    const char *p = w->p, *end = w->end;
    if (p == end || *p != '"')
        return false;
    const char *key_end = skip_string(p, end) - 1;
    *key = (struct span){p + 1, (size_t)(key_end - p - 1)};
    p = skip_space(key_end + 1, end);
    ASSERT(p < end && *p == ':');
    p = skip_space(p + 1, end);
    const char *value_end = skip_value(p, end);
    *value = (struct span){p, (size_t)(value_end - p)};
    p = skip_space(value_end, end);
    w->p = p < end && *p == ',' ? skip_space(p + 1, end) : p;
    return true;
}

// Whether [key] means [name]. Our names are letters and underscores, and the only way to escape
// those is \u00xx.
static bool
key_is(struct span key, const char *name)
{
    const char *p = key.data, *end = p + key.len;
    for (; p < end && *name != '\0'; name++) {
        unsigned c = (unsigned char)*p++;
        if (c == '\\') {
            if (end - p < 5 || *p != 'u')
                return false;
            c = read_hex(p + 1);
            p += 5;
        }
        if (c != (unsigned char)*name)
            return false;
    }
    return p == end && *name == '\0';
}

struct span
json_member_span(struct span text, const char *name)
{
    struct span key, value;
    for (struct json_walk w = json_walk_members(text); json_next_member(&w, &key, &value);)
        if (key_is(key, name))
            return value;
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
