// SPDX-License-Identifier: MIT
//
// etag: entity tags, and the conditions that name them (RFC 9110, 8.8.3 and 13.1).
#include "base/etag.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct tag {
    struct span opaque; // between the quotes
    bool is_weak;
};

enum step { TAG, END, FAULT };

void
etag_write(char to[ETAG_SIZE], struct etag e)
{
    *to++ = '"';
    to = text_write_int(to, e.version);
    *to++ = '-';
    to = text_write_hex(to, 16, e.hash);
    *to++ = '"';
    *to = '\0';
}

static bool
is_opaque(unsigned char c)
{
    return c == 0x21 || (c >= 0x23 && c != 0x7f);
}

// Takes the next tag from [*p]. A list may have empty elements.
static enum step
next_tag(const char **p, struct tag *tag)
{
    *p += strspn(*p, ", \t");
    if (**p == '\0')
        return END;
    tag->is_weak = strncmp(*p, "W/", 2) == 0;
    const char *start = *p + (tag->is_weak ? 2 : 0);
    if (*start != '"')
        return FAULT;
    const char *end = ++start;
    while (is_opaque((unsigned char)*end))
        end++;
    if (*end != '"')
        return FAULT;
    tag->opaque = (struct span){start, (size_t)(end - start)};
    *p = end + 1;
    return (*p)[strspn(*p, " \t")] == '\0' || (*p)[strspn(*p, " \t")] == ',' ? TAG : FAULT;
}

static bool
is_any(const char *list)
{
    return strcmp(list, "*") == 0;
}

bool
etag_list_is_valid(const char *list)
{
    struct tag tag;
    size_t count = 0;
    enum step step;
    for (const char *p = list; (step = next_tag(&p, &tag)) == TAG;)
        count++;
    return is_any(list) || (step == END && count > 0);
}

static bool
names_version(struct span opaque, int64_t version)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)version);
    return opaque.len >= len && memcmp(opaque.data, digits, len) == 0 &&
           (opaque.len == len || opaque.data[len] == '-');
}

bool
etag_list_has_version(const char *list, int64_t version)
{
    struct tag tag;
    for (const char *p = list; next_tag(&p, &tag) == TAG;)
        if (!tag.is_weak && names_version(tag.opaque, version))
            return true;
    return is_any(list);
}

bool
etag_list_has(const char *list, struct etag e)
{
    char quoted[ETAG_SIZE];
    struct tag tag;
    etag_write(quoted, e);
    struct span own = {quoted + 1, strlen(quoted) - 2};
    for (const char *p = list; next_tag(&p, &tag) == TAG;)
        if (span_equal(tag.opaque, own))
            return true;
    return is_any(list);
}
