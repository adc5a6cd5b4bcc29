// SPDX-License-Identifier: MIT
//
// window: a cursor is the number of an item, so what comes meanwhile moves nothing.
#include "admin/window.h"

enum { LIMIT_DEFAULT = 50, DIGITS_MOST = 18 };

bool
window_read_number(struct span text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.len > 0 && text.len <= DIGITS_MOST;
}

bool
window_read(struct request *r, size_t most, struct window *w)
{
    struct span limit = span_of(request_query(r, "limit"));
    struct span cursor = span_of(request_query(r, "cursor"));
    uint64_t count = LIMIT_DEFAULT, below = UINT64_MAX;
    if (limit.data && (!window_read_number(limit, &count) || count < 1 || count > most))
        reply_problem(r, "invalid-parameter", "limit must be a number from 1 to %zu.", most);
    else if (cursor.data && (!window_read_number(cursor, &below) || below < 1))
        reply_problem(r, "invalid-parameter", "cursor must be the next_cursor of an earlier page.");
    *w = (struct window){(size_t)count, below};
    return r->reply.status == 0;
}

bool
window_read_offset(struct request *r, size_t most, size_t *limit, size_t *offset)
{
    struct window w;
    bool read = window_read(r, most, &w);
    *limit = w.limit;
    *offset = w.below == UINT64_MAX ? 0 : (size_t)w.below;
    return read;
}

void
window_end(struct text *t, uint64_t last)
{
    text_adds(t, "],\"next_cursor\":");
    if (last > 0)
        text_addf(t, "\"%lu\"}", (unsigned long)last);
    else
        text_adds(t, "null}");
}
