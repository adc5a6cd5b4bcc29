// SPDX-License-Identifier: MIT
//
// pending: at most one operation of a key is on its way to the store; later ones wait in order.
//
// Buckets chain the operations that are under way; each heads the queue of those behind it.
#include "domain/pending.h"

#include "base/assert.h"
#include "base/secret.h"

_Static_assert((int)PENDING_KEY_SIZE == (int)SECRET_SIP_KEY_SIZE, "the key of SipHash");

void
pending_init(struct pending *p)
{
    *p = (struct pending){0};
    secret_random(p->key, sizeof p->key);
}

static size_t
bucket_of(const struct pending *p, enum pending_kind kind, struct span id)
{
    return (secret_siphash(p->key, id) ^ kind) % PENDING_BUCKETS;
}

// The link that points to the operation under way of this key, or the empty one at the chain's end.
static struct pending_op **
find_link(const struct pending *p, enum pending_kind kind, struct span id)
{
    struct pending_op **link = (struct pending_op **)&p->buckets[bucket_of(p, kind, id)];
    while (*link && ((*link)->kind != kind || !span_equal((*link)->id, id)))
        link = &(*link)->chain;
    return link;
}

bool
pending_enter(struct pending *p, struct pending_op *op)
{
    struct pending_op **link = find_link(p, op->kind, op->id), *first = *link;
    op->behind = op->chain = NULL;
    op->last = op;
    if (!first) {
        *link = op;
        return true;
    }
    first->last->behind = op;
    first->last = op;
    return false;
}

struct pending_op *
pending_leave(struct pending *p, struct pending_op *op)
{
    struct pending_op **link = find_link(p, op->kind, op->id), *next = op->behind;
    ASSERT(*link == op);
    if (next) {
        next->last = op->last;
        next->chain = op->chain;
    }
    *link = next ? next : op->chain;
    return next;
}

struct pending_op *
pending_find(const struct pending *p, enum pending_kind kind, struct span id)
{
    return *find_link(p, kind, id);
}

struct pending_op *
pending_next(const struct pending *p, enum pending_kind kind, const struct pending_op *op)
{
    size_t bucket = op ? bucket_of(p, op->kind, op->id) : 0;
    struct pending_op *next = op ? op->chain : p->buckets[0];
    while (!next || next->kind != kind)
        if (next)
            next = next->chain;
        else if (++bucket < PENDING_BUCKETS)
            next = p->buckets[bucket];
        else
            return NULL;
    return next;
}
