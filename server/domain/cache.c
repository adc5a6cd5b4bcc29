// SPDX-License-Identifier: MIT
//
// cache: finds a user by id, in the weak map or with one load for all who ask.
//
// The lookups of one user stand in a queue. The first one asks the store; its answer serves all
// those behind it, up to and including the first exclusive one.
#include "domain/cache.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/pressure.h"
#include "domain/fresh.h"
#include "domain/kept.h"
#include "domain/refresh.h"
#include "domain/session.h"

static tn_object *
resident(const struct shard *s, struct span id)
{
    return tn_weakmap_borrow_str(s->users, id.data, id.len);
}

tn_object *
cache_borrow(struct shard *s, struct span id)
{
    tn_object *user = resident(s, id);
    if (user && !fresh_is(s, user))
        user = NULL;
    s->counters.cache_hits += user != NULL;
    if (user)
        kept_use(s, user);
    return user;
}

// The user refers to their last session, and it to them: a cycle, as when it ended here.
static bool
add_last_session(struct shard *s, tn_object *user, struct span text)
{
    if (!text.data)
        return true;
    tn_object *session = session_new_ended(s, user, text);
    if (!session)
        return false;
    tn_slot_set_steal(user, USER_LAST_SESSION, tn_ref(session));
    return true;
}

tn_object *
cache_add(struct shard *s, const struct user_row *row)
{
    tn_object *user = user_new(s, row);
    if (!user)
        return NULL;
    if (tn_weakmap_set(s->users, user_of(user)->id, user) == TN_OK &&
        add_last_session(s, user, row->last_session))
        return user;
    tn_decref(user);
    return NULL;
}

static struct lookup *
leave(struct lookup *l)
{
    struct pending_op *next = pending_leave(&l->shard->pending, &l->op);
    return next ? CONTAINER_OF(next, struct lookup, op) : NULL;
}

static void begin(struct lookup *l);

// Whether [l] came after a shared store was asked: somebody may have made the user, or ended them,
// in between, and been answered.
static bool
came_later(const struct lookup *l, uint64_t read_ns)
{
    return l->shard->around.is_shared && l->joined_ns > read_ns;
}

// Answers [l], which is first, and those behind it that want nothing else. Who came after [read_ns]
// begins anew.
static void
serve(struct lookup *l, enum outcome outcome, tn_object *user, uint64_t read_ns)
{
    while (!l->found(l, outcome, user)) {
        l = leave(l);
        if (!l)
            return;
        if (came_later(l, read_ns)) {
            begin(l);
            return;
        }
    }
}

static uint64_t
negative_ttl_ns(const struct shard *s)
{
    const struct config *c = s->around.config;
    bool is_long = s->around.is_shared && c->cache_negative_ttl_ms > c->store_bound_ms;
    return (uint64_t)(is_long ? c->store_bound_ms : c->cache_negative_ttl_ms) * 1000000;
}

static bool submit(struct lookup *l);

// Something of this slot changed since the store was asked.
static bool
must_repeat(const struct lookup *l, enum load_outcome outcome)
{
    return l->shard->around.is_shared && outcome != LOAD_ERROR &&
           l->seen != fresh_count(l->shard, l->load.slot);
}

static tn_object * /* new */
add_loaded(struct lookup *l, const struct user_row *row)
{
    return l->load.state ? refresh_take(l->shard, l->load.state, l->asked_ns)
                         : cache_add(l->shard, row);
}

// Another instance deleted them.
static void
forget_resident(struct lookup *l)
{
    tn_object *user = resident(l->shard, l->op.id);
    if (user)
        refresh_forget(l->shard, user);
}

static void
on_loaded(struct load *load, enum load_outcome outcome, const struct user_row *row)
{
    static const enum outcome outcomes[] = {[LOAD_FOUND] = OUTCOME_DONE,
                                            [LOAD_ABSENT] = OUTCOME_ABSENT,
                                            [LOAD_ERROR] = OUTCOME_NO_STORE};
    struct lookup *l = CONTAINER_OF(load, struct lookup, load);
    struct shard *s = l->shard;
    uint64_t read_ns = load->began_ns;
    shard_take(s);
    if (fresh_is_late(s, read_ns))
        outcome = LOAD_ERROR;
    if (must_repeat(l, outcome)) {
        if (++l->repeats > FRESH_REPEATS_MOST || !submit(l))
            serve(l, OUTCOME_BUSY, NULL, read_ns);
        shard_give(s);
        return;
    }
    s->counters.cache_loads[outcome]++;
    histogram_add(&s->counters.load_time, clock_monotonic_ns() - l->asked_ns);
    if (outcome == LOAD_ABSENT)
        absent_note(&s->absent, l->op.id, read_ns + negative_ttl_ns(s));
    tn_object *user = outcome == LOAD_FOUND ? add_loaded(l, row) : NULL;
    if (outcome == LOAD_ABSENT)
        forget_resident(l);
    s->counters.cache_promotion_failures += outcome == LOAD_FOUND && !user;
    if (outcome == LOAD_FOUND && !user)
        serve(l, OUTCOME_NO_MEMORY, NULL, read_ns);
    else
        serve(l, outcomes[outcome], user, read_ns);
    if (user)
        kept_use(s, user);
    tn_decref(user);
    shard_give(s);
}

// Before a write the store is always asked.
static bool
is_known_absent(struct lookup *l)
{
    struct shard *s = l->shard;
    bool known = !l->is_exclusive && absent_knows(&s->absent, l->op.id, l->asked_ns);
    s->counters.cache_negative += known;
    return known;
}

static bool
submit(struct lookup *l)
{
    struct shard *s = l->shard;
    l->asked_ns = clock_monotonic_ns();
    l->load = (struct load){.id = l->op.id, .done = on_loaded};
    if (s->around.is_shared) {
        l->load.slot = fresh_slot_of_user(s, l->op.id);
        l->seen = fresh_count(s, l->load.slot);
    }
    s->counters.cache_rereads += resident(s, l->op.id) != NULL;
    bool submitted = loader_submit(s->around.loader, &l->load);
    s->counters.cache_refused += !submitted;
    return submitted;
}

// [l] is first. Its user may have come meanwhile, with a write that was before it.
static void
begin(struct lookup *l)
{
    tn_object *user = resident(l->shard, l->op.id);
    l->asked_ns = clock_monotonic_ns();
    l->repeats = 0;
    if (user && fresh_is(l->shard, user)) {
        tn_incref(user);
        serve(l, OUTCOME_DONE, user, l->asked_ns);
        tn_decref(user);
    } else if (is_known_absent(l)) {
        serve(l, OUTCOME_ABSENT, NULL, l->asked_ns);
    } else if (!user && pressure_is_high()) {
        serve(l, OUTCOME_SHORT, NULL, l->asked_ns);
    } else if (!submit(l)) {
        serve(l, OUTCOME_BUSY, NULL, l->asked_ns);
    }
}

// What waits behind something that hangs would hang as well.
static bool
store_hangs(const struct lookup *l)
{
    const struct surroundings *around = &l->shard->around;
    return loader_hangs(around->loader) || (l->is_exclusive && writer_hangs(around->writer));
}

static void
refuse(struct lookup *l)
{
    bool stays = l->found(l, OUTCOME_NO_STORE, NULL);
    ASSERT(!stays);
}

void
cache_lookup(struct lookup *l)
{
    tn_object *user = cache_borrow(l->shard, l->op.id);
    l->joined_ns = clock_monotonic_ns();
    l->is_hit = user != NULL;
    l->shard->counters.cache_misses += user == NULL;
    l->op.kind = PENDING_USER;
    if (user && !l->is_exclusive) {
        tn_incref(user); // with a drop budget, making an object may drop the last session
        bool stays = l->found(l, OUTCOME_DONE, user);
        ASSERT(!stays);
        tn_decref_unchanged(user);
    } else if (store_hangs(l)) {
        refuse(l);
    } else if (pending_enter(&l->shard->pending, &l->op)) {
        begin(l);
    } else {
        l->shard->counters.cache_coalesced += user == NULL;
    }
}

void
cache_leave(struct lookup *l)
{
    ASSERT(l->is_exclusive);
    struct lookup *next = leave(l);
    if (next)
        begin(next);
}
