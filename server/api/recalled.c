// SPDX-License-Identifier: MIT
//
// recalled: a handler whose session memory does not have waits for the shared store.
//
// What the store said is good enough for it, whatever happens meanwhile: it was asked no longer ago
// than store.bound, and for all of a user's sessions after the request came. So a handler that runs
// again does not ask again.
#include "api/recalled.h"

#include "api/outcome.h"
#include "base/secret.h"
#include "domain/domain.h"

#include <stdlib.h>

struct recalled {
    struct recall recall;
    struct request *request;
};

static void
resume(struct answer *a)
{
    request_resume(CONTAINER_OF(a, struct recalled, recall.answer)->request);
}

// The state is ours: no handler has one before it called us.
static bool
take_outcome(struct request *r)
{
    enum outcome outcome = ((struct recalled *)r->state)->recall.answer.outcome;
    free(r->state);
    r->state = NULL;
    r->state_free = NULL;
    if (outcome != OUTCOME_DONE)
        outcome_reply(r, outcome);
    return outcome != OUTCOME_DONE;
}

static bool
is_needed(struct request *r, uint16_t slot, enum recall_key by, struct span key)
{
    struct domain *d = r->app;
    return d->store->is_shared && recall_is_needed(domain_shard_of_slot(d, slot), by, key);
}

bool
recalled_wait(struct request *r, uint16_t slot, enum recall_key by, struct span key,
              handler_fn *again)
{
    if (r->state)
        return take_outcome(r);
    if (!is_needed(r, slot, by, key))
        return false;
    struct recalled *q = calloc(1, sizeof *q);
    if (!q) {
        outcome_reply(r, OUTCOME_NO_MEMORY);
        return true;
    }
    q->request = r;
    q->recall.answer.tell = resume;
    q->recall.shard = domain_shard_of_slot(r->app, slot);
    q->recall.slot = slot;
    q->recall.by = by;
    r->state = q;
    r->state_free = free;
    request_suspend(r, again);
    recall_start(&q->recall, key);
    return true;
}

bool
recalled_wait_token(struct request *r, uint16_t slot, struct span token, handler_fn *again)
{
    const struct domain *d = r->app;
    uint8_t hash[SECRET_SHA256_SIZE];
    if (!d->store->is_shared)
        return false;
    secret_sha256(token, hash);
    return recalled_wait(r, slot, RECALL_TOKEN, (struct span){(const char *)hash, sizeof hash},
                         again);
}
