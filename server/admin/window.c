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
window_read_count(struct request *r, const char *name, size_t most, size_t *count)
{
    struct span text = span_of(request_query(r, name));
    uint64_t number;
    if (!text.data)
        return true;
    if (!window_read_number(text, &number) || number < 1 || number > most) {
        reply_problem(r, "invalid-parameter", "%s must be a number from 1 to %zu.", name, most);
        return false;
    }
    *count = (size_t)number;
    return true;
}

bool
window_read(struct request *r, size_t most, struct window *w)
{
    struct span cursor = span_of(request_query(r, "cursor"));
    *w = (struct window){LIMIT_DEFAULT, UINT64_MAX};
    if (!window_read_count(r, "limit", most, &w->limit))
        return false;
    if (!cursor.data || (window_read_number(cursor, &w->below) && w->below >= 1))
        return true;
    reply_problem(r, "invalid-parameter", "cursor must be the next_cursor of an earlier page.");
    return false;
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
