// SPDX-License-Identifier: MIT
//
// tracing: each shard is switched under its lock, one after the other; the admin plane has one
// thread, so all of them are traced alike.
#include "admin/tracing.h"

#include "admin/admin.h"
#include "http/body.h"
#include "http/listener.h"
#include "http/tally.h"

#include <limits.h>
#include <string.h>

enum { MOST_FRAMES = 64, ROUTES_MOST = 64 };

static const struct json_limits LIMITS = {.depth = 2, .members = 8, .string = 32};
static const char *const modes[] = {"off", "exact", "sampled"}; // as tn_trace_mode

const char *
tracing_mode_name(tn_trace_mode mode)
{
    return modes[mode];
}

tn_trace_options
tracing_read(struct domain *d)
{
    shard_take(d->shards);
    tn_trace_options options = tn_trace_get(d->shards->heap);
    shard_give(d->shards);
    return options;
}

// --- PATCH /v1/memory/tracing --------------------------------------------------------------------

static bool
read_mode(struct request *r, const json_t *body, tn_trace_mode *mode)
{
    const json_t *value = body_borrow(body, "mode");
    const char *name = value ? json_string_value(value) : modes[*mode];
    for (unsigned i = 0; name && i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(name, modes[i]) == 0) {
            *mode = (tn_trace_mode)i;
            return true;
        }
    }
    reply_problem(r, "invalid-body", "mode must be off, exact or sampled.");
    return false;
}

static bool
read_change(struct request *r, const json_t *body, tn_trace_options *o)
{
    int sample_bytes = o->sample_bytes != 0 ? (int)o->sample_bytes : TN_TRACE_SAMPLE_BYTES;
    int frames = (int)o->frames;
    if (!read_mode(r, body, &o->mode) ||
        !body_get_int(r, body, "sample_bytes", 1, INT_MAX, &sample_bytes) ||
        !body_get_int(r, body, "frames", 1, MOST_FRAMES, &frames))
        return false;
    o->sample_bytes = o->mode == TN_TRACE_SAMPLED ? (size_t)sample_bytes : 0;
    o->frames = (unsigned)frames;
    return true;
}

static bool
trace_shard(struct shard *s, const tn_trace_options *o)
{
    tn_err err = TN_OK;
    shard_take(s);
    if (o->mode == TN_TRACE_OFF)
        tn_trace_stop(s->heap);
    else
        err = tn_trace_start(s->heap, o);
    shard_give(s);
    return err == TN_OK;
}

static bool
trace_all(struct domain *d, const tn_trace_options *o)
{
    bool done = true;
    for (unsigned i = 0; done && i < d->shard_count; i++)
        done = trace_shard(&d->shards[i], o);
    return done;
}

static void
add_options(struct text *t, const char *name, const tn_trace_options *o)
{
    text_addf(t, "\"%s\":{\"mode\":\"%s\",\"sample_bytes\":%zu,\"frames\":%u}", name,
              modes[o->mode], o->sample_bytes, o->frames);
}

void
tracing_change(struct request *r)
{
    static const char *const names[] = {"mode", "sample_bytes", "frames", NULL};
    struct domain *d = ((struct admin *)r->app)->domain;
    tn_trace_options previous = tracing_read(d), wished = previous;
    json_t *body = NULL;
    bool read = body_read(r, &LIMITS, names, &body) && read_change(r, body, &wished);
    json_decref(body);
    if (!read)
        return;
    if (!trace_all(d, &wished)) {
        trace_all(d, &(tn_trace_options){.mode = TN_TRACE_OFF}); // which needs no memory
        reply_problem(r, "out-of-memory", "There is no memory for tracing; it is off.");
        return;
    }
    struct text t;
    text_init(&t);
    text_adds(&t, "{");
    add_options(&t, "previous", &previous);
    text_adds(&t, ",");
    tn_trace_options current = tracing_read(d);
    add_options(&t, "current", &current);
    text_adds(&t, "}");
    reply_json(r, 200, &t);
}

// --- GET /v1/memory/routes -----------------------------------------------------------------------

struct route_row {
    const char *name; // of the tally's; NULL: of no route
    uint64_t requests;
    size_t made, retained;
};

struct route_rows {
    struct route_row rows[ROUTES_MOST];
    size_t count;
};

static uint64_t
count_requests(const struct tally_row *row)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < TALLY_STATUSES; i++)
        count += row->by_status[i];
    return count;
}

static void
name_routes(struct route_rows *rows, const struct tally *tally)
{
    struct tally_row row;
    for (size_t n = 0; rows->count < ROUTES_MOST && tally_read(tally, n, &row); n++)
        rows->rows[rows->count++] = (struct route_row){.name = tally_name(tally, row.route),
                                                       .requests = count_requests(&row)};
}

// What was allocated for nobody stands in the last row, with the requests that had no route.
static bool
add_total(const tn_trace_total *total, void *arg)
{
    struct route_rows *rows = arg;
    size_t i = 0;
    while (i + 1 < rows->count && rows->rows[i].name != total->tag)
        i++;
    rows->rows[i].made += total->made_bytes;
    rows->rows[i].retained += total->bytes;
    return true;
}

static void
add_route(struct text *t, const struct route_row *row, bool first)
{
    text_adds(t, first ? "{\"route\":" : ",{\"route\":");
    text_add_json(t, span_of(row->name));
    text_addf(t, ",\"requests\":%lu,\"allocated\":%zu,\"freed\":%zu,\"retained\":%zu}",
              (unsigned long)row->requests, row->made, row->made - row->retained, row->retained);
}

void
tracing_routes(struct request *r)
{
    struct admin *admin = r->app;
    struct domain *d = admin->domain;
    struct route_rows rows = {.count = 0};
    name_routes(&rows, listener_tally(admin->data_plane));
    for (unsigned i = 0; i < d->shard_count; i++) {
        shard_take(&d->shards[i]);
        tn_trace_visit(d->shards[i].heap, add_total, &rows);
        shard_give(&d->shards[i]);
    }
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"mode\":\"%s\",\"items\":[", tracing_mode_name(tracing_read(d).mode));
    for (size_t i = 0, shown = 0; i < rows.count; i++)
        if (rows.rows[i].requests > 0 || rows.rows[i].made > 0)
            add_route(&t, &rows.rows[i], shown++ == 0);
    text_adds(&t, "],\"next_cursor\":null}");
    reply_json(r, 200, &t);
}
