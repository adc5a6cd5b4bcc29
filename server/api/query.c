// SPDX-License-Identifier: MIT
//
// query: what stands behind the question mark.
//
// A cursor is the key of an item, not a position: what comes and goes meanwhile moves nothing.
#include "api/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 200, CURSOR_DIGITS = 16 };

bool
query_expand(struct request *r, bool *user)
{
    const char *word = request_query(r, "expand");
    *user = word != NULL;
    if (!word || strcmp(word, "user") == 0)
        return true;
    reply_problem(r, "invalid-parameter", "Only expand=user is known.");
    return false;
}

static bool
read_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    bool is_plain = text[0] >= '0' && text[0] <= '9';
    return is_plain && *end == '\0' && errno == 0 && *value >= min && *value <= max;
}

bool
query_require(struct request *r, const char *name, struct span *value)
{
    *value = span_of(request_query(r, name));
    if (!value->data)
        reply_problem(r, "invalid-parameter", "%s is required.", name);
    return value->data != NULL;
}

bool
query_limit(struct request *r, size_t *limit)
{
    const char *word = request_query(r, "limit");
    uint64_t count = PAGE_DEFAULT;
    bool is_fine = !word || read_number(word, 1, PAGE_MAX, &count);
    if (!is_fine)
        reply_problem(r, "invalid-parameter", "limit must be a number from 1 to %d.", PAGE_MAX);
    *limit = (size_t)count;
    return is_fine;
}

// As query_add_cursor writes it, and in no other way.
bool
query_read_cursor(const char *text, int64_t *last)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    if (strlen(text) != CURSOR_DIGITS || strspn(text, digits) != CURSOR_DIGITS || text[0] > '7')
        return false;
    for (; *text; text++)
        value = value << 4 | (uint64_t)(strchr(digits, *text) - digits);
    *last = (int64_t)value;
    return true;
}

bool
query_page(struct request *r, struct page *page)
{
    const char *cursor = request_query(r, "cursor");
    page->after = 0;
    if (!query_limit(r, &page->limit))
        return false;
    if (cursor && !query_read_cursor(cursor, &page->after))
        reply_problem(r, "invalid-parameter", "cursor must be the next_cursor of an earlier page.");
    return r->reply.status == 0;
}

void
query_add_cursor(struct text *t, int64_t last)
{
    text_addf(t, "\"%0*llx\"", CURSOR_DIGITS, (unsigned long long)last);
}
