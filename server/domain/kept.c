// SPDX-License-Identifier: MIT
//
// kept: users whom a shard holds for their own sake, the last used ones.
#include "domain/kept.h"

#include "base/assert.h"

struct kept_place {
    tn_object *user;
    struct kept_place *before, *behind; // used later; used earlier
};

static void
unlink_place(struct kept *k, struct kept_place *p)
{
    *(p->before ? &p->before->behind : &k->first) = p->behind;
    *(p->behind ? &p->behind->before : &k->last) = p->before;
    k->count--;
}

static void
link_first(struct kept *k, struct kept_place *p)
{
    p->before = NULL;
    p->behind = k->first;
    *(k->first ? &k->first->before : &k->last) = p;
    k->first = p;
    k->count++;
}

static void
drop(struct shard *s, struct kept_place *p)
{
    tn_object *user = p->user;
    unlink_place(&s->kept, p);
    tn_buffer_free(s->heap, s->index_domain, p, sizeof *p);
    user_of(user)->kept = NULL;
    tn_decref(user);
}

static struct kept_place * /* new, NULL: out of memory */
take_place(struct shard *s, tn_object *user)
{
    struct kept_place *p = tn_buffer_alloc(s->heap, s->index_domain, sizeof *p);
    if (!p)
        return NULL;
    p->user = tn_incref(user);
    user_of(user)->kept = p;
    return p;
}

void
kept_use(struct shard *s, tn_object *user)
{
    struct kept *k = &s->kept;
    struct kept_place *p = user_of(user)->kept;
    if (k->limit == 0 || (p && p == k->first))
        return;
    if (p)
        unlink_place(k, p);
    else if (!(p = take_place(s, user)))
        return;
    link_first(k, p);
    if (k->count > k->limit)
        drop(s, k->last);
}

void
kept_forget(struct shard *s, tn_object *user)
{
    if (user_of(user)->kept)
        drop(s, user_of(user)->kept);
}

void
kept_drop_all(struct shard *s)
{
    while (s->kept.first)
        drop(s, s->kept.first);
}
