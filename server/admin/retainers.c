// SPDX-License-Identifier: MIT
//
// retainers: a walk over the object's heap, or one for each step of the way from a root, in slices
// of the maintenance thread. Nothing is kept alive meanwhile; all that is told was noted when a
// walk passed it.
#include "admin/retainers.h"

#include "admin/inquiry.h"
#include "admin/object.h"
#include "admin/window.h"
#include "domain/roots.h"

#include <stdlib.h>

enum { ROWS_MOST = 256, ROWS_DEFAULT = 50, NODES_DEFAULT = 10000, LEVELS_MOST = 1000 };

struct retainers {
    struct inquiry inquiry; // first
    uint64_t oid;
    bool values;
    bool wants_way; // from a root; else those who refer to it
    size_t most;    // objects to remember
    tn_holders *holders;
    // The result.
    bool is_gone, is_all;
    tn_holder *rows;
    size_t count;
    const char *held_by;
};

static void
free_retainers(void *arg)
{
    struct retainers *q = arg;
    free(q->rows);
    free(q);
}

// --- Asking --------------------------------------------------------------------------------------

// False: it is over already.
static bool
begin(struct retainers *q, struct shard *s)
{
    tn_object *o = tn_serial_find(s->heap, q->oid);
    q->is_gone = o == NULL;
    if (q->is_gone)
        return false;
    tn_err err = tn_holders_new(o, q->wants_way ? LEVELS_MOST : 1, q->most, &q->holders);
    tn_decref_unchanged(o);
    q->inquiry.is_busy = err == TN_EBUSY;
    q->inquiry.is_short = err == TN_ENOMEM;
    return err == TN_OK;
}

static void
name_root(struct retainers *q, const struct shard *s)
{
    tn_object *root =
        q->wants_way && q->count > 0 ? tn_serial_find(s->heap, q->rows[0].serial) : NULL;
    if (!root)
        return;
    q->held_by = roots_name(s, root);
    tn_decref_unchanged(root);
}

static void
keep_result(struct retainers *q, const struct shard *s)
{
    size_t (*get)(const tn_holders *, tn_holder *, size_t) =
        q->wants_way ? tn_holders_path : tn_holders_get;
    q->count = get(q->holders, NULL, 0);
    q->is_all = tn_holders_are_all(q->holders);
    q->rows = calloc(q->count + 1, sizeof *q->rows);
    q->inquiry.is_short = q->rows == NULL;
    if (!q->rows)
        return;
    get(q->holders, q->rows, q->count);
    name_root(q, s);
}

static bool
slice(struct question *question, uint64_t budget_ns)
{
    struct retainers *q = (struct retainers *)question;
    if (!q->holders && !begin(q, question->shard))
        return false;
    if (tn_holders_step(q->holders, budget_ns))
        return true;
    keep_result(q, question->shard);
    return false;
}

static void
release(struct inquiry *inquiry)
{
    struct retainers *q = (struct retainers *)inquiry;
    tn_holders_free(q->holders);
    q->holders = NULL;
}

// --- Answering -----------------------------------------------------------------------------------

static void
add_holder(struct text *t, const struct retainers *q, const tn_holder *row)
{
    text_addf(t, "{\"oid\":\"%lu\",\"type\":", (unsigned long)row->serial);
    text_add_json(t, span_of(row->type));
    text_addf(t, ",\"references\":%u,\"frozen\":%s,\"site\":", row->references,
              row->frozen ? "true" : "false");
    object_add_site(t, row->site);
    text_adds(t, ",\"place\":");
    if (row->place[0] != '\0')
        object_add_place(t, row->place, q->values);
    else
        text_adds(t, "null");
    text_adds(t, "}");
}

static void
add_holders(struct text *t, const struct retainers *q, size_t first)
{
    for (size_t i = first; i < q->count; i++) {
        text_adds(t, i > first ? "," : "");
        add_holder(t, q, &q->rows[i]);
    }
}

static void
add_end(struct text *t, const struct retainers *q)
{
    text_addf(t, ",\"truncated\":%s,", q->is_all ? "false" : "true");
    inquiry_add_cost(t, &q->inquiry);
    text_adds(t, "}");
}

static void
add_referrers(struct text *t, const struct retainers *q)
{
    const tn_holder *o = &q->rows[0];
    text_addf(t, "{\"references\":%u,\"outside\":%u,\"items\":[", o->references,
              o->references > o->inside ? o->references - o->inside : 0);
    add_holders(t, q, 1);
    text_adds(t, "],\"next_cursor\":null");
    add_end(t, q);
}

static void
add_way(struct text *t, const struct retainers *q)
{
    const tn_holder *root = &q->rows[0];
    text_adds(t, "{\"held_by\":");
    text_add_json(t, span_of(q->held_by));
    text_addf(t, ",\"outside\":%u,\"path\":[", q->count > 0 ? root->references - root->inside : 0);
    add_holders(t, q, 0);
    text_adds(t, "]");
    add_end(t, q);
}

static void
answer(struct inquiry *inquiry)
{
    struct retainers *q = (struct retainers *)inquiry;
    if (q->is_gone) {
        object_refuse(inquiry->request, q->oid);
        return;
    }
    struct text t;
    text_init(&t);
    if (q->wants_way)
        add_way(&t, q);
    else
        add_referrers(&t, q);
    reply_json(inquiry->request, 200, &t);
}

// --- Calls ---------------------------------------------------------------------------------------

// The object's shard. NULL: the reply is filled with a problem.
static struct shard * /* borrowed */
find_shard(struct request *r, uint64_t oid)
{
    struct shard *s;
    tn_object *o = object_take(r, oid, &s);
    if (!o)
        return NULL;
    object_give(s, o);
    return s;
}

static void
submit(struct request *r, const struct retainers *wish, const char *name)
{
    struct shard *s = find_shard(r, wish->oid);
    struct retainers *q = s ? malloc(sizeof *q) : NULL;
    if (!q) {
        if (s)
            reply_problem(r, "out-of-memory", "There is no memory for the request.");
        return;
    }
    *q = *wish;
    q->inquiry = (struct inquiry){.question = {.name = name, .shard = s, .slice = slice},
                                  .release = release,
                                  .answer = answer,
                                  .free = free_retainers};
    inquiry_submit(&q->inquiry, r);
}

void
retainers_show_referrers(struct request *r)
{
    struct retainers wish = {.most = ROWS_DEFAULT};
    if (!object_read_oid(r, &wish.oid) || !object_read_values(r, &wish.values) ||
        !window_read_count(r, "limit", ROWS_MOST, &wish.most))
        return;
    wish.most++; // the object itself
    submit(r, &wish, "search for referrers");
}

void
retainers_show_roots(struct request *r)
{
    struct retainers wish = {.wants_way = true, .most = NODES_DEFAULT};
    if (object_read_oid(r, &wish.oid) && object_read_values(r, &wish.values) &&
        window_read_count(r, "max_nodes", TN_HOLDERS_MOST, &wish.most))
        submit(r, &wish, "search for roots");
}
