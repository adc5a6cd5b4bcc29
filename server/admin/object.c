// SPDX-License-Identifier: MIT
//
// object: an object of a heap by its oid, which is its serial and no address, and what may be told
// of it.
#include "admin/object.h"

#include "admin/admin.h"
#include "admin/window.h"

#include <string.h>

// --- Finding it ----------------------------------------------------------------------------------

bool
object_read_oid(struct request *r, uint64_t *oid)
{
    if (window_read_number(r->params[0], oid))
        return true;
    reply_problem(r, "invalid-parameter", "An oid is a number, as lists of objects give them.");
    return false;
}

tn_object *
object_take(struct request *r, uint64_t oid, struct shard **shard)
{
    struct domain *d = ((struct admin *)r->app)->domain;
    for (unsigned i = 0; i < d->shard_count; i++) {
        *shard = &d->shards[i];
        shard_take(*shard);
        tn_object *o = tn_serial_find((*shard)->heap, oid);
        if (o)
            return o;
        shard_give(*shard);
    }
    object_refuse(r, oid);
    return NULL;
}

void
object_give(struct shard *s, tn_object *o)
{
    tn_decref_unchanged(o);
    shard_give(s);
}

void
object_refuse(struct request *r, uint64_t oid)
{
    if (tn_serial_was_given(oid))
        reply_problem(r, "object-gone", "The object is dead; no other will have its oid.");
    else
        reply_problem(r, "object-not-found", "No object has or had this oid.");
}

bool
object_read_values(struct request *r, bool *values)
{
    const char *wish = request_query(r, "values");
    *values = wish && strcmp(wish, "true") == 0;
    if (wish && !*values && strcmp(wish, "false") != 0)
        reply_problem(r, "invalid-parameter", "values must be true or false.");
    else if (*values && !request_may(r, ACCESS_DUMP))
        reply_problem(r, "insufficient-scope", "Contents of strings need the scope dump.");
    return r->reply.status == 0;
}

// --- Telling -------------------------------------------------------------------------------------

bool
object_read(struct object_row *row, const struct shard *s, const tn_object *o)
{
    *row = (struct object_row){.oid = tn_serial(o),
                               .type = tn_type_name(tn_type_of(o)),
                               .bytes = tn_sizeof(o),
                               .references = tn_refcount(o),
                               .generation = tn_gc_generation(o),
                               .frozen = tn_gc_is_frozen(o),
                               .shard = s->number,
                               .site = tn_trace_site(o)};
    return row->oid != 0;
}

void
object_add_site(struct text *t, const tn_site *site)
{
    if (!site) {
        text_adds(t, "null");
        return;
    }
    text_adds(t, "{\"file\":");
    text_add_json(t, span_of(site->file));
    text_addf(t, ",\"line\":%d,\"function\":", site->line);
    text_add_json(t, span_of(site->function));
    text_adds(t, "}");
}

void
object_add_row(struct text *t, const struct object_row *row)
{
    text_addf(t, "{\"oid\":\"%lu\",\"type\":", (unsigned long)row->oid);
    text_add_json(t, span_of(row->type));
    text_addf(t, ",\"bytes\":%zu,\"references\":%u,\"generation\":", row->bytes, row->references);
    if (row->generation < 0)
        text_adds(t, "null");
    else
        text_add_int(t, row->generation);
    text_addf(t, ",\"frozen\":%s,\"shard\":%u,\"site\":", row->frozen ? "true" : "false",
              row->shard);
    object_add_site(t, row->site);
}

void
object_add_place(struct text *t, const char *place, bool values)
{
    bool is_key = strncmp(place, "[\"", 2) == 0;
    text_add_json(t, span_of(is_key && !values ? "[\"\u2026\"]" : place));
}
