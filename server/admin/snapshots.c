// SPDX-License-Identifier: MIT
//
// snapshots: each shard's traces are copied under its lock, a few each time that it is taken;
// everything else works on the copies.
#include "admin/snapshots.h"

#include "admin/admin.h"
#include "admin/window.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 256, STEP = 256 };

void
snapshots_fini(struct snapshots *s)
{
    for (int i = 0; i < SNAPSHOTS_MOST; i++)
        tn_snapshot_free(s->kept[i].snapshot);
}

static struct snapshots *
snapshots_of(const struct request *r)
{
    return &((struct admin *)r->app)->snapshots;
}

// The place of snapshot [number]; of 0: a free one. NULL: there is none.
static struct kept_snapshot *
find(struct snapshots *s, uint64_t number)
{
    for (int i = 0; i < SNAPSHOTS_MOST; i++)
        if (s->kept[i].number == number)
            return &s->kept[i];
    return NULL;
}

static struct kept_snapshot *
find_named(struct request *r, struct span name)
{
    uint64_t number = 0;
    struct kept_snapshot *kept = NULL;
    if (window_read_number(name, &number) && number != 0)
        kept = find(snapshots_of(r), number);
    if (kept == NULL)
        reply_problem(r, "snapshot-not-found", "There is no such snapshot; at most %d are kept.",
                      SNAPSHOTS_MOST);
    return kept;
}

// --- Taking one ----------------------------------------------------------------------------------

static tn_err
begin(struct shard *s, tn_snapshot **part)
{
    shard_take(s);
    tn_err err = tn_snapshot_begin(s->heap, part);
    shard_give(s);
    return err;
}

// So much as the requests can wait for.
static tn_err
step(struct shard *s, tn_snapshot *part, bool *done)
{
    shard_take(s);
    tn_err err = tn_snapshot_step(s->heap, part, STEP, done);
    shard_give(s);
    return err;
}

static tn_err
copy_shard(struct shard *s, tn_snapshot **part)
{
    bool done = false;
    tn_err err = begin(s, part);
    while (err == TN_OK && !done)
        err = step(s, *part, &done);
    return err;
}

static tn_err
add_shard(struct shard *s, tn_snapshot **sum)
{
    tn_snapshot *part = NULL;
    tn_err err = copy_shard(s, &part);
    if (err == TN_OK && *sum == NULL) {
        *sum = part;
        return TN_OK;
    }
    if (err == TN_OK)
        err = tn_snapshot_add(*sum, part);
    tn_snapshot_free(part);
    return err;
}

// Of all shards. NULL: the reply is filled with a problem.
static tn_snapshot *
take(struct request *r)
{
    struct domain *d = ((struct admin *)r->app)->domain;
    tn_snapshot *sum = NULL;
    tn_err err = TN_OK;
    for (unsigned i = 0; err == TN_OK && i < d->shard_count; i++)
        err = add_shard(&d->shards[i], &sum);
    if (err == TN_OK)
        return sum;
    tn_snapshot_free(sum);
    if (err == TN_EOFF)
        reply_problem(r, "tracing-off", "PATCH /v1/memory/tracing starts it.");
    else
        reply_problem(r, "out-of-memory", "There is no memory for a snapshot.");
    return NULL;
}

static size_t
bytes_of(const tn_snapshot *s)
{
    size_t bytes = 0;
    tn_snapshot_trace t;
    for (size_t i = 0; tn_snapshot_get(s, i, &t); i++)
        bytes += t.bytes;
    return bytes;
}

static void
add_snapshot(struct text *t, const struct kept_snapshot *kept)
{
    text_addf(t, "{\"id\":\"%lu\",\"taken_at\":", (unsigned long)kept->number);
    text_add_time(t, kept->taken_at);
    text_addf(t, ",\"bytes\":%zu,\"sites\":%zu}", kept->bytes, tn_snapshot_len(kept->snapshot));
}

static void
reply_snapshot(struct request *r, unsigned status, const struct kept_snapshot *kept)
{
    struct text t;
    text_init(&t);
    add_snapshot(&t, kept);
    reply_json(r, status, &t);
}

void
snapshots_take(struct request *r)
{
    struct snapshots *s = snapshots_of(r);
    struct kept_snapshot *place = find(s, 0);
    if (place == NULL) {
        reply_problem(r, "snapshot-limit", "At most %d are kept; delete one.", SNAPSHOTS_MOST);
        return;
    }
    tn_snapshot *snapshot = take(r);
    if (snapshot == NULL)
        return;
    *place = (struct kept_snapshot){++s->last, clock_ms(), bytes_of(snapshot), snapshot};
    reply_snapshot(r, 201, place);
    reply_header(r, "Location", "/v1/memory/snapshots/%lu", (unsigned long)place->number);
}

// --- The kept ones -------------------------------------------------------------------------------

// Those with a lower number come first.
void
snapshots_list(struct request *r)
{
    struct snapshots *s = snapshots_of(r);
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"items\":[");
    size_t shown = 0;
    for (uint64_t number = 1; number <= s->last; number++) {
        const struct kept_snapshot *kept = find(s, number);
        if (kept == NULL)
            continue;
        text_adds(&t, shown++ > 0 ? "," : "");
        add_snapshot(&t, kept);
    }
    text_adds(&t, "],\"next_cursor\":null}");
    reply_json(r, 200, &t);
}

void
snapshots_show(struct request *r)
{
    const struct kept_snapshot *kept = find_named(r, r->params[0]);
    if (kept != NULL)
        reply_snapshot(r, 200, kept);
}

void
snapshots_delete(struct request *r)
{
    struct kept_snapshot *kept = find_named(r, r->params[0]);
    if (kept == NULL)
        return;
    tn_snapshot_free(kept->snapshot);
    *kept = (struct kept_snapshot){0};
    reply_empty(r, 204);
}

// --- Groups --------------------------------------------------------------------------------------

static bool
read_group(struct request *r, tn_group *group)
{
    static const struct {
        const char *name;
        tn_group group;
    } groups[] = {{"line", TN_BY_LINE},         {"file", TN_BY_FILE},
                  {"function", TN_BY_FUNCTION}, {"traceback", TN_BY_TRACEBACK},
                  {"type", TN_BY_TYPE},         {"domain", TN_BY_DOMAIN},
                  {"route", TN_BY_TAG}};
    const char *name = request_query(r, "group");
    *group = TN_BY_LINE;
    for (size_t i = 0; name != NULL && i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(name, groups[i].name) == 0) {
            *group = groups[i].group;
            return true;
        }
    }
    if (name != NULL)
        reply_problem(r, "invalid-parameter",
                      "group must be line, file, function, traceback, type, domain or route.");
    return name == NULL;
}

static void
add_frame(struct text *t, const tn_site *frame)
{
    text_adds(t, "{\"file\":");
    text_add_json(t, span_of(frame->file));
    text_addf(t, ",\"line\":%d,\"function\":", frame->line);
    text_add_json(t, span_of(frame->function));
    text_adds(t, "}");
}

static void
add_row(struct text *t, const tn_statistic *row)
{
    text_adds(t, "{\"site\":");
    if (row->frame_count > 0)
        add_frame(t, &row->frames[0]);
    else
        text_adds(t, "null");
    text_adds(t, ",\"callers\":[");
    for (size_t i = 1; i < row->frame_count; i++) {
        text_adds(t, i > 1 ? "," : "");
        add_frame(t, &row->frames[i]);
    }
    text_adds(t, "],\"name\":");
    text_add_json(t, span_of(row->frame_count > 0 ? NULL : row->name));
    text_addf(t, ",\"size\":%zu,\"size_diff\":%lld,\"count\":%zu,\"count_diff\":%lld}", row->size,
              (long long)row->size_diff, row->count, (long long)row->count_diff);
}

static void
reply_rows(struct request *r, const tn_statistics *s, size_t limit)
{
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"items\":[");
    for (size_t i = 0; i < s->count && i < limit; i++) {
        text_adds(&t, i > 0 ? "," : "");
        add_row(&t, &s->rows[i]);
    }
    text_adds(&t, "],\"next_cursor\":null}");
    reply_json(r, 200, &t);
}

static void
reply_groups(struct request *r, const tn_snapshot *s, const tn_snapshot *older)
{
    struct window w;
    tn_group group;
    tn_statistics rows;
    if (!window_read(r, ROWS_MOST, &w) || !read_group(r, &group))
        return;
    if (tn_snapshot_statistics(s, older, group, 0, &rows) != TN_OK) {
        reply_problem(r, "out-of-memory", "There is no memory for the groups.");
        return;
    }
    reply_rows(r, &rows, w.limit);
    tn_statistics_free(&rows);
}

void
snapshots_top(struct request *r)
{
    const struct kept_snapshot *kept = find_named(r, r->params[0]);
    if (kept != NULL)
        reply_groups(r, kept->snapshot, NULL);
}

void
snapshots_diff(struct request *r)
{
    const char *from = request_query(r, "from"), *to = request_query(r, "to");
    bool until_now = to == NULL || strcmp(to, "now") == 0;
    if (from == NULL) {
        reply_problem(r, "invalid-parameter", "from must name a snapshot.");
        return;
    }
    const struct kept_snapshot *older = find_named(r, span_of(from));
    const struct kept_snapshot *kept =
        older != NULL && !until_now ? find_named(r, span_of(to)) : NULL;
    if (older == NULL || (kept == NULL && !until_now))
        return;
    tn_snapshot *now = until_now ? take(r) : NULL;
    if (now != NULL || kept != NULL)
        reply_groups(r, now != NULL ? now : kept->snapshot, older->snapshot);
    tn_snapshot_free(now);
}

// --- GET /debug/pprof/heap -----------------------------------------------------------------------

static tn_err
write_pprof(const tn_snapshot *s, struct text *t)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    if (out == NULL)
        return TN_ENOMEM;
    tn_err err = tn_snapshot_write_pprof(s, out);
    if (fclose(out) != 0)
        err = TN_ENOMEM;
    if (err == TN_OK)
        text_add(t, bytes, size);
    free(bytes);
    return err;
}

void
snapshots_pprof(struct request *r)
{
    tn_snapshot *now = take(r);
    if (now == NULL)
        return;
    struct text t;
    text_init(&t);
    if (write_pprof(now, &t) == TN_OK) {
        reply_text(r, 200, "application/octet-stream", &t);
        reply_header(r, "Content-Disposition", "attachment; filename=\"heap.pb.gz\"");
    } else {
        reply_problem(r, "out-of-memory", "There is no memory for the profile.");
    }
    text_fini(&t);
    tn_snapshot_free(now);
}
