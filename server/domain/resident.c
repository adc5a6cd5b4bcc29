// SPDX-License-Identifier: MIT
//
// resident: the map is asked without the cache's counters.
#include "domain/resident.h"

#include "domain/kept.h"
#include "domain/live.h"
#include "domain/sweeper.h"
#include "domain/user.h"

static struct shard * /* borrowed */
shard_of(struct domain *d, struct span id)
{
    return domain_shard_of_slot(d, domain_slot_of_user(d, id));
}

static tn_object * /* borrowed */
find(const struct shard *s, struct span id)
{
    return tn_weakmap_borrow_str(s->users, id.data, id.len);
}

static tn_object * /* borrowed */
past_of(const tn_object *user)
{
    return tn_as_object(user_of(user)->last_session);
}

static void
describe(const struct shard *s, tn_object *o, struct resident *r)
{
    const struct user *u = user_of(o);
    *r = (struct resident){.shard = s->number,
                           .version = u->version,
                           .created_at = u->created_at,
                           .updated_at = u->updated_at,
                           .live = u->live,
                           .has_past = past_of(o) != NULL,
                           .frozen = tn_gc_is_frozen(o),
                           .references = tn_refcount(o),
                           .bytes = tn_sizeof(o)};
}

bool
resident_read(struct domain *d, struct span id, struct resident *r)
{
    struct shard *s = shard_of(d, id);
    shard_take(s);
    tn_object *user = find(s, id);
    if (user)
        describe(s, user, r);
    shard_give(s);
    return user != NULL;
}

// --- Evicting ----------------------------------------------------------------------------------

// Nobody but their own past refers to the user, apart from our own reference, and nobody but the
// user to that past.
static bool
is_garbage(const tn_object *user)
{
    const tn_object *past = past_of(user);
    uint32_t known = 1 + (past != NULL);
    return live_count(user) == 0 && tn_refcount(user) == known && (!past || tn_refcount(past) == 1);
}

static enum outcome
evict(struct shard *s, tn_object *user)
{
    tn_incref(user);
    kept_forget(s, user);
    bool goes = is_garbage(user);
    if (goes)
        tn_slot_set(user, USER_LAST_SESSION, TN_ABSENT); // the circle is open
    tn_decref(user);
    return goes ? OUTCOME_DONE : OUTCOME_BUSY;
}

enum outcome
resident_evict(struct domain *d, struct span id)
{
    struct shard *s = shard_of(d, id);
    shard_take(s);
    tn_object *user = find(s, id);
    enum outcome outcome = user ? evict(s, user) : OUTCOME_ABSENT;
    shard_give(s);
    return outcome;
}

// --- Sweeping ----------------------------------------------------------------------------------

static size_t
room_of(struct shard *s)
{
    shard_take(s);
    size_t room = s->sessions.room;
    shard_give(s);
    return room;
}

// A lap at once, in the sweeper's holds. What a removal moved back is left to the next lap.
static size_t
sweep(struct shard *s, int64_t now)
{
    size_t ended = 0;
    for (size_t cursor = 0, room = room_of(s); cursor < room;)
        ended += sweeper_hold(s, &cursor, SWEEPER_SLOTS, now);
    return ended;
}

size_t
resident_sweep(struct domain *d, int64_t now)
{
    size_t ended = 0;
    for (unsigned i = 0; i < d->shard_count; i++)
        ended += sweep(&d->shards[i], now);
    return ended;
}
