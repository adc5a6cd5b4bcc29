// SPDX-License-Identifier: MIT
//
// session_writes: the calls that give a session other data or another token.
#include "api/session_writes.h"

#include "api/condition.h"
#include "api/fields.h"
#include "api/outcome.h"
#include "api/recalled.h"
#include "api/slot.h"
#include "base/secret.h"
#include "domain/domain.h"
#include "domain/write_session.h"

#include <stdlib.h>

struct writing {
    struct write_session write;
    struct request *request;
    struct text data;
};

static void
free_writing(void *state)
{
    struct writing *w = state;
    secret_wipe(w->write.token, sizeof w->write.token);
    text_fini(&w->data);
    free(w);
}

static void
resume_writing(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct writing, write.answer)->request);
}

static void
reply_written(struct request *r, const struct write_session *w)
{
    struct text t;
    text_init(&t);
    if (w->what == WRITE_TOKEN)
        text_addf(&t, "{\"token\":\"%s\",\"version\":", w->token);
    else
        text_adds(&t, "{\"version\":");
    text_add_int(&t, w->version);
    text_adds(&t, "}");
    slot_reply(r, w->slot);
    reply_json(r, 200, &t);
}

static handler_fn *const handlers[WRITE_TOKEN + 1];

// Another instance was first: once more from the start, on what it left. One of the two has
// written, so this does not go on for ever.
static void
start_again(struct request *r, enum session_write what)
{
    r->state_free(r->state);
    r->state = NULL;
    r->state_free = NULL;
    handlers[what](r);
}

static void
finish_writing(struct request *r)
{
    const struct write_session *w = &((struct writing *)r->state)->write;
    if (w->answer.outcome == OUTCOME_STALE)
        start_again(r, w->what);
    else if (w->answer.outcome == OUTCOME_DONE)
        reply_written(r, w);
    else if (w->answer.outcome == OUTCOME_MISMATCH)
        reply_problem(r, "version-mismatch", "The session has version %lld.",
                      (long long)w->version);
    else
        outcome_reply(r, w->answer.outcome);
}

static struct writing *
new_writing(struct request *r, uint16_t slot, enum session_write what)
{
    const struct domain *d = r->app;
    struct writing *w = calloc(1, sizeof *w);
    if (!w) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return NULL;
    }
    w->request = r;
    w->write = (struct write_session){.answer = {.tell = resume_writing},
                                      .shard = domain_shard_of_slot(r->app, slot),
                                      .slot = slot,
                                      .id = r->params[0],
                                      .what = what,
                                      .limits = fields_limits(d->config),
                                      .size_limit = (size_t)d->config->limits_body};
    r->state = w;
    r->state_free = free_writing;
    return w;
}

// The body without white space.
static bool
read_data(struct request *r, struct writing *w)
{
    if (!body_check(r, &w->write.limits))
        return false;
    json_add_compact(&w->data, r->body);
    w->write.data = (struct span){w->data.data, w->data.len};
    if (w->data.failed)
        outcome_reply(r, OUTCOME_NO_MEMORY);
    return !w->data.failed;
}

static bool
require_version(struct request *r, struct writing *w)
{
    if (!condition_read(r, "If-Match", &w->write.if_match))
        return false;
    if (!w->write.if_match)
        reply_problem(r, "precondition-required",
                      "If-Match must name the version that is changed, or be *.");
    return w->write.if_match != NULL;
}

static handler_fn *const handlers[WRITE_TOKEN + 1] = {[WRITE_DATA] = session_writes_put,
                                                      [WRITE_PATCH] = session_writes_patch,
                                                      [WRITE_TOKEN] = session_writes_rotate};

static void
write_session(struct request *r, enum session_write what)
{
    uint16_t slot;
    if (!session_read_id(r->params[0], &slot)) {
        outcome_reply(r, OUTCOME_ENDED);
        return;
    }
    if (recalled_wait(r, slot, RECALL_SESSION, r->params[0], handlers[what]))
        return;
    struct writing *w = new_writing(r, slot, what);
    if (!w || (what != WRITE_TOKEN && !(require_version(r, w) && read_data(r, w))))
        return;
    request_suspend(r, finish_writing);
    write_session_start(&w->write);
}

void
session_writes_put(struct request *r)
{
    if (!outcome_is_short(r))
        write_session(r, WRITE_DATA);
}

void
session_writes_patch(struct request *r)
{
    if (!outcome_is_short(r))
        write_session(r, WRITE_PATCH);
}

void
session_writes_rotate(struct request *r)
{
    write_session(r, WRITE_TOKEN);
}
