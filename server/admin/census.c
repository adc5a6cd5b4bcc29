// SPDX-License-Identifier: MIT
//
// census: the heaps' own accounts beside those of some time ago; nothing is walked.
#include "admin/census.h"

#include "admin/admin.h"
#include "admin/growth.h"
#include "admin/types.h"
#include "admin/window.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW_DEFAULT_MS = 60000, ROWS_MOST = 256 };

struct row {
    const char *name;
    int64_t objects, bytes, more_objects, more_bytes;
};

struct census {
    struct types now, then;
    struct row rows[2 * TYPES_MOST];
    size_t count;
};

// --- Rows ----------------------------------------------------------------------------------------

static struct row * /* borrowed */
row_of(struct census *c, const char *name)
{
    size_t i = 0;
    while (i < c->count && strcmp(c->rows[i].name, name) != 0)
        i++;
    if (i == c->count)
        c->rows[c->count++] = (struct row){.name = name};
    return &c->rows[i];
}

// A type that has nothing any more has shrunk by all that it had.
static void
compare(struct census *c)
{
    for (size_t i = 0; i < c->now.count; i++) {
        const tn_usage *now = &c->now.rows[i];
        struct row *row = row_of(c, now->name);
        row->objects = row->more_objects = (int64_t)now->objects;
        row->bytes = row->more_bytes = (int64_t)now->bytes;
    }
    for (size_t i = 0; i < c->then.count; i++) {
        struct row *row = row_of(c, c->then.rows[i].name);
        row->more_objects -= (int64_t)c->then.rows[i].objects;
        row->more_bytes -= (int64_t)c->then.rows[i].bytes;
    }
}

static int
descending(int64_t a, int64_t b)
{
    return (a < b) - (a > b);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static int
by_bytes(const void *a, const void *b)
{
    int order = descending(((const struct row *)a)->bytes, ((const struct row *)b)->bytes);
    return order ? order : by_name(a, b);
}

static int
by_count(const void *a, const void *b)
{
    int order = descending(((const struct row *)a)->objects, ((const struct row *)b)->objects);
    return order ? order : by_name(a, b);
}

static int
by_growth(const void *a, const void *b)
{
    int order =
        descending(((const struct row *)a)->more_bytes, ((const struct row *)b)->more_bytes);
    return order ? order : by_name(a, b);
}

// --- The question --------------------------------------------------------------------------------

struct wish {
    int (*order)(const void *a, const void *b);
    int64_t window_ms;
    size_t limit, offset;
};

static bool
read_order(struct request *r, struct wish *w)
{
    static const struct {
        const char *name;
        int (*order)(const void *a, const void *b);
    } orders[] = {{"bytes", by_bytes}, {"count", by_count}, {"growth", by_growth}};
    const char *sort = request_query(r, "sort");
    w->order = sort ? NULL : by_bytes;
    for (int i = 0; sort && i < 3; i++)
        if (strcmp(sort, orders[i].name) == 0)
            w->order = orders[i].order;
    if (!w->order)
        reply_problem(r, "invalid-parameter", "sort must be bytes, count or growth.");
    return w->order != NULL;
}

static bool
read_window(struct request *r, struct wish *w)
{
    const char *window = request_query(r, "window");
    w->window_ms = WINDOW_DEFAULT_MS;
    if (!window || (duration_parse(window, &w->window_ms) && w->window_ms <= GROWTH_LONGEST_MS))
        return true;
    reply_problem(r, "invalid-parameter", "window must be a duration of at most 1h, such as 10m.");
    return false;
}

// --- The answer ----------------------------------------------------------------------------------

static void
add_row(struct text *t, const struct row *row)
{
    text_adds(t, "{\"type\":");
    text_add_json(t, span_of(row->name));
    text_addf(t, ",\"count\":%lld,\"bytes\":%lld,\"count_growth\":%lld,\"bytes_growth\":%lld}",
              (long long)row->objects, (long long)row->bytes, (long long)row->more_objects,
              (long long)row->more_bytes);
}

static void
reply_census(struct request *r, const struct census *c, const struct wish *w, int64_t since)
{
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"since\":");
    text_add_time(&t, since);
    text_adds(&t, ",\"items\":[");
    size_t end = w->offset;
    for (; end < c->count && end - w->offset < w->limit; end++) {
        text_adds(&t, end > w->offset ? "," : "");
        add_row(&t, &c->rows[end]);
    }
    window_end(&t, end < c->count ? end : 0);
    reply_json(r, 200, &t);
}

void
census_show(struct request *r)
{
    struct admin *admin = r->app;
    const struct scope all = {admin->domain->shards, admin->domain->shard_count};
    struct wish w;
    if (!read_order(r, &w) || !read_window(r, &w) ||
        !window_read_offset(r, ROWS_MOST, &w.limit, &w.offset))
        return;
    struct census *c = calloc(1, sizeof *c);
    if (!c) {
        reply_problem(r, "out-of-memory", "There is no memory for the census.");
        return;
    }
    int64_t since = growth_read(admin->growth, w.window_ms, &c->then);
    types_read(&c->now, &all);
    compare(c);
    qsort(c->rows, c->count, sizeof c->rows[0], w.order);
    reply_census(r, c, &w, since);
    free(c);
}
