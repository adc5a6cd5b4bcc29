// SPDX-License-Identifier: MIT
//
// batch: one call about many sessions, with a status for each.
//
// Each id is a call of its own: other writes find their place between, and one that fails leaves
// the others as they are. Reads and touches are answered one by one, each behind the recall that it
// may need, so that none is older than that; deletions are all under way at once, and the last one
// that is told resumes the request.
#include "api/batch.h"

#include "api/fields.h"
#include "api/outcome.h"
#include "domain/recall.h"
#include "base/clock.h"
#include "domain/domain.h"
#include "domain/ending.h"
#include "domain/expiry.h"
#include "domain/session.h"
#include "domain/touch.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_MOST = 500 };

struct deletion {
    struct answer answer;
    struct batch *batch;
};

struct batch {
    struct request *request;
    json_t *body;
    const json_t *ids; // in [body]
    struct text document;
    struct recall recall; // of a shared store, one id after the other
    size_t next;          // in [ids]
    bool is_recalled;     // the next one
    struct span op;
    _Atomic size_t left; // deletions that are not told yet, and the start
    struct deletion deletions[];
};

static struct span
id_at(const struct batch *b, size_t i)
{
    const json_t *id = json_array_get(b->ids, i);
    return (struct span){json_string_value(id), json_string_length(id)};
}

static void
free_batch(void *state)
{
    struct batch *b = state;
    text_fini(&b->document);
    json_decref(b->body);
    free(b);
}

// --- The reply -------------------------------------------------------------------------------

static void
begin_item(struct batch *b, size_t i, int status)
{
    text_adds(&b->document, i ? ",{\"id\":" : "{\"items\":[{\"id\":");
    text_add_json(&b->document, id_at(b, i));
    text_addf(&b->document, ",\"status\":%d", status);
}

static void
end_items(struct batch *b)
{
    text_adds(&b->document, json_array_size(b->ids) ? "]}" : "{\"items\":[]}");
    reply_json(b->request, 200, &b->document);
}

// --- Reading and touching --------------------------------------------------------------------

static void
add_found(struct batch *b, struct shard *s, size_t i, tn_object *session, int64_t now, bool touches)
{
    if (touches)
        touch_session(s, session, now);
    begin_item(b, i, touches ? 204 : 200);
    if (!touches) {
        text_adds(&b->document, ",\"session\":");
        text_add_span(&b->document, session_text(session));
    }
}

static void
look(struct batch *b, size_t i, bool touches)
{
    struct span id = id_at(b, i);
    int64_t now = clock_ms();
    uint16_t slot;
    tn_object *session = NULL;
    if (session_read_id(id, &slot)) {
        struct shard *s = domain_shard_of_slot(b->request->app, slot);
        shard_take(s);
        session = expiry_find_session(s, id, now);
        if (session)
            add_found(b, s, i, session, now, touches);
        shard_give(s);
    }
    if (!session)
        begin_item(b, i, 404);
    text_adds(&b->document, "}");
}

// --- Deleting --------------------------------------------------------------------------------

static void
tell_one(struct batch *b)
{
    if (atomic_fetch_sub(&b->left, 1) == 1)
        request_resume(b->request);
}

static void
deletion_told(struct answer *a)
{
    tell_one(CONTAINER_OF(a, struct deletion, answer)->batch);
}

static void
finish_deletions(struct request *r)
{
    struct batch *b = r->state;
    for (size_t i = 0; i < json_array_size(b->ids); i++) {
        begin_item(b, i, b->deletions[i].answer.outcome == OUTCOME_DONE ? 204 : 503);
        text_adds(&b->document, "}");
    }
    end_items(b);
}

// Also of a session that never was, as DELETE of one.
static void
delete_one(struct batch *b, size_t i)
{
    struct span id = id_at(b, i);
    uint16_t slot;
    b->deletions[i] =
        (struct deletion){.answer = {.outcome = OUTCOME_DONE, .tell = deletion_told}, .batch = b};
    if (!session_read_id(id, &slot))
        return;
    struct shard *s = domain_shard_of_slot(b->request->app, slot);
    atomic_fetch_add(&b->left, 1);
    shard_take(s);
    ending_revoke(s, id, clock_ms(), &b->deletions[i].answer);
    shard_give(s);
}

static void
delete_all(struct batch *b)
{
    atomic_store(&b->left, 1);
    request_suspend(b->request, finish_deletions);
    for (size_t i = 0; i < json_array_size(b->ids); i++)
        delete_one(b, i);
    tell_one(b);
}

static void go_on(struct request *r);

// --- The request -----------------------------------------------------------------------------

static bool
are_ids(const json_t *ids)
{
    for (size_t i = 0; i < json_array_size(ids); i++)
        if (!json_is_string(json_array_get(ids, i)))
            return false;
    return json_is_array(ids) && json_array_size(ids) <= BATCH_MOST;
}

static struct batch *
new_batch(struct request *r, json_t *body)
{
    const json_t *ids = body_borrow(body, "ids");
    struct batch *b = calloc(1, sizeof *b + json_array_size(ids) * sizeof b->deletions[0]);
    if (!b) {
        json_decref(body);
        reply_problem(r, "out-of-memory", "There is no memory for this.");
        return NULL;
    }
    b->request = r;
    b->body = body;
    b->ids = ids;
    text_init(&b->document);
    r->state = b;
    r->state_free = free_batch;
    return b;
}

static void
recalled(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct batch, recall.answer)->request);
}

static bool
must_recall(const struct domain *d, struct span id, uint16_t *slot)
{
    return d->store->is_shared && session_read_id(id, slot) &&
           recall_is_needed(domain_shard_of_slot((struct domain *)d, *slot), RECALL_SESSION, id);
}

static void
start_recall(struct request *r, struct batch *b, struct span id, uint16_t slot)
{
    b->recall = (struct recall){.answer = {.tell = recalled},
                                .shard = domain_shard_of_slot(r->app, slot),
                                .slot = slot,
                                .by = RECALL_SESSION};
    request_suspend(r, go_on);
    recall_start(&b->recall, id);
}

// Whether memory could not answer for the next one, which then is on its way.
static bool
start_next(struct batch *b)
{
    struct span id = id_at(b, b->next);
    uint16_t slot;
    bool is_needed = !b->is_recalled && must_recall(b->request->app, id, &slot);
    b->is_recalled = is_needed;
    if (is_needed)
        start_recall(b->request, b, id, slot);
    return is_needed;
}

static void
go_on(struct request *r)
{
    struct batch *b = r->state;
    bool deletes = span_is(b->op, "delete"), touches = span_is(b->op, "touch");
    if (b->recall.answer.outcome != OUTCOME_DONE) {
        outcome_reply(r, b->recall.answer.outcome);
        return;
    }
    for (; b->next < json_array_size(b->ids); b->next++) {
        if (start_next(b))
            return;
        if (!deletes)
            look(b, b->next, touches);
    }
    if (deletes)
        delete_all(b);
    else
        end_items(b);
}

static void
run(struct request *r, struct batch *b, struct span op)
{
    b->op = op;
    if (!are_ids(b->ids))
        reply_problem(r, "invalid-body", "ids must be a list of at most %d strings.", BATCH_MOST);
    else if (span_is(op, "delete") || span_is(op, "get") || span_is(op, "touch"))
        go_on(r);
    else
        reply_problem(r, "invalid-body", "op must be \"get\", \"touch\" or \"delete\".");
}

void
batch_run(struct request *r)
{
    static const char *const names[] = {"op", "ids", NULL};
    const struct domain *d = r->app;
    struct span op = {0};
    json_t *body;
    if (!fields_read(r, d->config, names, NULL, &body))
        return;
    struct batch *b = new_batch(r, body);
    if (b && fields_require(r, body, "op") && fields_require(r, body, "ids") &&
        fields_get_string(r, body, "op", &op))
        run(r, b, op);
}
