// SPDX-License-Identifier: MIT
//
// recall: a user with all sessions is read from a shared store.
#include "domain/recall.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/pressure.h"
#include "domain/fresh.h"
#include "domain/live.h"
#include "domain/refresh.h"

#include <string.h>

static struct recall *
leave(struct recall *r)
{
    struct pending_op *next = pending_leave(&r->shard->pending, &r->mark);
    return next ? CONTAINER_OF(next, struct recall, mark) : NULL;
}

static bool submit(struct recall *r);

// Whether what was read at [read_ns] is an answer to [r] as well. Who wants all of a user's
// sessions is told what is there now: a list, or what a revocation ends, may not lack what was made
// before.
static bool
is_answer_to(const struct recall *r, uint64_t read_ns)
{
    return r->by != RECALL_USER || r->joined_ns <= read_ns;
}

// Answers [r], which is first, and all who asked the same before the store was asked; the next one
// asks again.
static void
answer_all(struct recall *r, enum outcome outcome, uint64_t read_ns)
{
    do {
        struct recall *next = leave(r);
        shard_answer(r->shard, &r->answer, outcome);
        r = next;
    } while (r && is_answer_to(r, read_ns));
    if (r && !submit(r))
        answer_all(r, OUTCOME_BUSY, UINT64_MAX);
}

static tn_object * /* borrowed */
resident_session(struct shard *s, enum recall_key by, struct span key)
{
    return by == RECALL_USER
               ? NULL
               : index_borrow(by == RECALL_SESSION ? &s->sessions : &s->tokens, key.data);
}

static void
note_absent(struct recall *r)
{
    struct shard *s = r->shard;
    tn_object *session = resident_session(s, r->by, r->mark.id);
    uint64_t bound_ns = (uint64_t)s->around.config->store_bound_ms * 1000000;
    tn_object *user = r->by == RECALL_USER
                          ? tn_weakmap_borrow_str(s->users, r->mark.id.data, r->mark.id.len)
                          : NULL;
    if (user)
        refresh_forget(s, user);
    if (session) { // it ended elsewhere, or its token was rotated; the user is not fresh anyway
        fresh_spoil(session_user(session));
        tn_decref(live_leave(s, session));
    }
    if (r->by != RECALL_USER)
        absent_note(&s->absent_keys, r->mark.id, r->asked_ns + bound_ns);
}

// A write of ours may have replaced the token, as is not known yet: then the session lives, and
// what memory has of it is neither given out nor dropped.
static bool
is_being_written(const struct recall *r)
{
    const tn_object *session = resident_session(r->shard, r->by, r->mark.id);
    return r->by == RECALL_TOKEN && session &&
           pending_find(&r->shard->pending, PENDING_SESSION, session_id(session));
}

static enum outcome
take(struct recall *r, enum load_outcome outcome)
{
    if (outcome == LOAD_ERROR)
        return OUTCOME_NO_STORE;
    if (outcome == LOAD_ABSENT && is_being_written(r))
        return OUTCOME_BUSY;
    if (outcome == LOAD_ABSENT) {
        note_absent(r);
        return OUTCOME_DONE;
    }
    tn_object *user = refresh_take(r->shard, r->load.state, r->asked_ns);
    enum outcome done = user ? OUTCOME_DONE : OUTCOME_NO_MEMORY;
    tn_decref(user);
    return done;
}

static bool
must_repeat(struct recall *r, enum load_outcome outcome)
{
    return outcome != LOAD_ERROR && r->seen != fresh_count(r->shard, r->slot);
}

static void
on_loaded(struct load *load, enum load_outcome outcome, const struct user_row *row)
{
    struct recall *r = CONTAINER_OF(load, struct recall, load);
    struct shard *s = r->shard;
    shard_take(s);
    s->counters.cache_loads[outcome]++;
    if (fresh_is_late(s, load->began_ns))
        answer_all(r, OUTCOME_NO_STORE, load->began_ns);
    else if (!must_repeat(r, outcome))
        answer_all(r, take(r, outcome), load->began_ns);
    else if (++r->repeats > FRESH_REPEATS_MOST || !submit(r))
        answer_all(r, OUTCOME_BUSY, UINT64_MAX);
    shard_give(s);
}

static bool
submit(struct recall *r)
{
    struct shard *s = r->shard;
    r->asked_ns = clock_monotonic_ns();
    r->seen = fresh_count(s, r->slot);
    r->load = (struct load){.id = r->mark.id, .by = r->by, .slot = r->slot, .done = on_loaded};
    s->counters.cache_rereads += resident_session(s, r->by, r->mark.id) != NULL;
    bool submitted = loader_submit(s->around.loader, &r->load);
    s->counters.cache_refused += !submitted;
    return submitted;
}

bool
recall_is_needed(struct shard *s, enum recall_key by, struct span key)
{
    if (by == RECALL_USER)
        return true;
    shard_take(s);
    tn_object *session = resident_session(s, by, key);
    bool is_absent = !session && absent_knows(&s->absent_keys, key, clock_monotonic_ns());
    bool known = session ? fresh_is(s, session_user(session)) : is_absent;
    s->counters.cache_known_absent += is_absent;
    if (!session && by == RECALL_SESSION)
        known |= pending_find(&s->pending, PENDING_ENDING, key) != NULL;
    shard_give(s);
    return !known;
}

void
recall_start(struct recall *r, struct span key)
{
    static const enum pending_kind kinds[] = {[RECALL_USER] = PENDING_RECALL_USER,
                                              [RECALL_SESSION] = PENDING_RECALL_SESSION,
                                              [RECALL_TOKEN] = PENDING_RECALL_TOKEN};
    struct shard *s = r->shard;
    ASSERT(key.len <= RECALL_KEY_SIZE);
    memcpy(r->key, key.data, key.len);
    r->mark = (struct pending_op){.kind = kinds[r->by], .id = {r->key, key.len}};
    r->repeats = 0;
    shard_take(s);
    r->joined_ns = clock_monotonic_ns();
    if (loader_hangs(s->around.loader))
        shard_answer(s, &r->answer, OUTCOME_NO_STORE);
    else if (pressure_is_high() && r->by != RECALL_USER && !resident_session(s, r->by, key))
        shard_answer(s, &r->answer, OUTCOME_SHORT); // who is in memory is served
    else if (!pending_enter(&s->pending, &r->mark))
        s->counters.cache_coalesced++;
    else if (!submit(r))
        answer_all(r, OUTCOME_BUSY, UINT64_MAX);
    shard_give(s);
}
