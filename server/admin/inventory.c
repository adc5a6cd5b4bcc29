// SPDX-License-Identifier: MIT
//
// inventory: a walk over one heap after the other, in slices of the maintenance thread, until there
// are enough. A cursor is how many objects of the wanted kind the walk passes first.
#include "admin/inventory.h"

#include "admin/admin.h"
#include "admin/inquiry.h"
#include "admin/object.h"
#include "admin/window.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 256, NAME_SIZE = 128 };

struct inventory {
    struct inquiry inquiry;                // first
    char type[NAME_SIZE], file[NAME_SIZE]; // "": any
    int line;
    size_t skip, limit;
    const struct shard *end; // behind the last
    tn_walk *walk;
    // The result.
    size_t passed, count; // one more row than [limit] tells that there is a next page
    struct object_row rows[ROWS_MOST + 1];
};

// --- Asking --------------------------------------------------------------------------------------

static bool
is_made_there(const struct inventory *q, const tn_object *o)
{
    const tn_site *site = q->file[0] != '\0' ? tn_trace_site(o) : NULL;
    return q->file[0] == '\0' ||
           (site && site->line == q->line && strcmp(site->file, q->file) == 0);
}

static bool
look_at(tn_object *o, void *arg)
{
    struct inventory *q = arg;
    if (strcmp(tn_type_name(tn_type_of(o)), q->type) != 0 || !is_made_there(q, o) ||
        q->passed++ < q->skip)
        return true;
    q->inquiry.is_short |= !object_read(&q->rows[q->count++], q->inquiry.question.shard, o);
    return q->count <= q->limit && !q->inquiry.is_short;
}

static bool
begin(struct inventory *q)
{
    tn_err err = tn_walk_new(q->inquiry.question.shard->heap, &q->walk);
    q->inquiry.is_busy = err == TN_EBUSY;
    q->inquiry.is_short = err == TN_ENOMEM;
    return err == TN_OK;
}

static void
release(struct inquiry *inquiry)
{
    struct inventory *q = (struct inventory *)inquiry;
    tn_walk_free(q->walk);
    q->walk = NULL;
}

static bool
slice(struct question *question, uint64_t budget_ns)
{
    struct inventory *q = (struct inventory *)question;
    if (!q->walk && !begin(q))
        return false;
    if (tn_walk_step(q->walk, budget_ns, look_at, q))
        return true;
    if (q->count > q->limit || q->inquiry.is_short || question->shard + 1 == q->end)
        return false;
    release(&q->inquiry);
    question->shard++;
    return true;
}

// --- Answering -----------------------------------------------------------------------------------

static void
answer(struct inquiry *inquiry)
{
    struct inventory *q = (struct inventory *)inquiry;
    struct text t;
    text_init(&t);
    text_adds(&t, "{");
    inquiry_add_cost(&t, inquiry);
    text_adds(&t, ",\"items\":[");
    for (size_t i = 0; i < q->count && i < q->limit; i++) {
        text_adds(&t, i > 0 ? "," : "");
        object_add_row(&t, &q->rows[i]);
        text_adds(&t, "}");
    }
    window_end(&t, q->count > q->limit ? q->skip + q->limit : 0);
    reply_json(inquiry->request, 200, &t);
}

// --- The call ------------------------------------------------------------------------------------

static bool
read_type(struct request *r, struct inventory *q)
{
    const char *type = request_query(r, "type");
    if (type && type[0] != '\0' && strlen(type) < sizeof q->type) {
        strcpy(q->type, type);
        return true;
    }
    reply_problem(r, "invalid-parameter", "type must name a type, as the census does.");
    return false;
}

// "server/domain/session.c:196"
static bool
read_site(struct request *r, struct inventory *q)
{
    const char *site = request_query(r, "site"), *colon = site ? strrchr(site, ':') : NULL;
    uint64_t line;
    if (!site)
        return true;
    if (!colon || colon == site || (size_t)(colon - site) >= sizeof q->file ||
        !window_read_number(span_of(colon + 1), &line) || line > INT32_MAX) {
        reply_problem(r, "invalid-parameter", "site must be a file, a colon and a line.");
        return false;
    }
    memcpy(q->file, site, (size_t)(colon - site));
    q->line = (int)line;
    return true;
}

void
inventory_list(struct request *r)
{
    struct domain *d = ((struct admin *)r->app)->domain;
    struct inventory *q = calloc(1, sizeof *q);
    if (!q) {
        reply_problem(r, "out-of-memory", "There is no memory for the request.");
        return;
    }
    if (!read_type(r, q) || !read_site(r, q) ||
        !window_read_offset(r, ROWS_MOST, &q->limit, &q->skip)) {
        free(q);
        return;
    }
    q->end = d->shards + d->shard_count;
    q->inquiry = (struct inquiry){
        .question = {.name = "walk over the objects", .shard = d->shards, .slice = slice},
        .release = release,
        .answer = answer,
        .free = free};
    inquiry_submit(&q->inquiry, r);
}
