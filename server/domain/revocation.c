// SPDX-License-Identifier: MIT
//
// revocation: many sessions end, and one answer is told when the store knows of all of them.
//
// A step first waits for what ended before us and is not in the store yet, so that the answer is
// true for those too. One part more than there are endings is held by the step itself, so that the
// last of them to be told comes after the step is complete.
#include "domain/revocation.h"

#include "base/assert.h"
#include "base/clock.h"
#include "domain/ending.h"
#include "domain/live.h"

static void take_step(struct revocation *r);

// The step is over when the last part was told; whoever tells it goes on.
static void
finish_part(struct revocation *r)
{
    if (atomic_fetch_sub(&r->left, 1) == 1)
        take_step(r);
}

static void
part_told(struct answer *a)
{
    finish_part(CONTAINER_OF(a, struct revocation_part, answer)->whole);
}

// NULL: the step is full.
static struct answer *
next_part(struct revocation *r)
{
    if (r->used == REVOCATION_STEP)
        return NULL;
    struct revocation_part *part = &r->parts[r->used++];
    *part = (struct revocation_part){.answer = {.tell = part_told}, .whole = r};
    atomic_fetch_add(&r->left, 1);
    return &part->answer;
}

static void
drop_part(struct revocation *r)
{
    r->used--;
    atomic_fetch_sub(&r->left, 1);
}

static void
wait_for_others(struct revocation *r, struct shard *s, const tn_object *user)
{
    struct pending_op *op = NULL;
    struct answer *a;
    while ((op = pending_next(&s->pending, PENDING_ENDING, op)) != NULL)
        if (ending_is_of(op, user, r->before) && (a = next_part(r)) != NULL)
            ending_wait(s, op, a);
}

static bool
must_end(const struct revocation *r, const tn_object *session)
{
    return session && store_key_is_before(session_of(session)->k, r->before) &&
           !span_equal(r->except, session_id(session));
}

// False: the step is full, or nothing more can be ended now.
static bool
end(struct revocation *r, struct shard *s, tn_object *session)
{
    enum end_reason reason;
    int64_t now = clock_ms(), at = session_expiry(session, &reason);
    struct answer *a = next_part(r);
    if (!a)
        return false;
    bool is_over = at <= now;
    enum outcome outcome =
        ending_start(s, session, is_over ? reason : END_REVOKED, is_over ? at : now, a);
    if (outcome == OUTCOME_DONE) {
        r->revoked += !is_over;
        return true;
    }
    drop_part(r);
    r->answer.outcome = outcome;
    return false;
}

// From the end of the list, where nothing has to move.
static void
end_of_user(struct revocation *r, struct shard *s, tn_object *user)
{
    bool goes_on = true;
    for (size_t i = live_count(user); i-- > 0 && goes_on;)
        if (must_end(r, live_item(user, i)))
            goes_on = end(r, s, live_item(user, i));
}

// What leaves the table may pull others back to its place, so that place is looked at again, and
// what wraps around the table's end is found by the next step.
static void
end_of_shard(struct revocation *r, struct shard *s)
{
    size_t cursor = 0;
    tn_object *session;
    bool goes_on = true;
    while (goes_on && index_next(&s->sessions, &cursor, &session))
        if (must_end(r, session)) {
            goes_on = end(r, s, session);
            cursor--;
        }
}

static void
step_of_shard(struct revocation *r, struct shard *s)
{
    wait_for_others(r, s, NULL);
    end_of_shard(r, s);
}

// Who is not resident has no session.
static void
step_of_user(struct revocation *r, struct shard *s)
{
    tn_object *user = tn_weakmap_borrow_str(s->users, r->user_id.data, r->user_id.len);
    if (!user)
        return;
    wait_for_others(r, s, user);
    end_of_user(r, s, user);
}

static void
step_in_shard(struct revocation *r, struct shard *s)
{
    shard_take(s);
    if (r->user_id.data)
        step_of_user(r, s);
    else
        step_of_shard(r, s);
    shard_give(s);
}

static bool
has_failed(const struct revocation *r)
{
    for (size_t i = 0; i < r->used; i++)
        if (r->parts[i].answer.outcome != OUTCOME_DONE)
            return true;
    return r->answer.outcome != OUTCOME_DONE;
}

// What is to be done of the shard in hand; the next shard when nothing was. False: that was the
// last one.
static bool
next_shard(struct revocation *r)
{
    if (r->user_id.data || r->shard + 1 == r->domain->shard_count)
        return false;
    r->shard++;
    return true;
}

// On the thread that told the last part of the step before, or on the caller's.
static void
take_step(struct revocation *r)
{
    do {
        if (has_failed(r)) {
            if (r->answer.outcome == OUTCOME_DONE)
                r->answer.outcome = OUTCOME_NO_STORE;
            break;
        }
        r->used = 0;
        atomic_store(&r->left, 1);
        step_in_shard(r, &r->domain->shards[r->shard]);
        if (atomic_fetch_sub(&r->left, 1) != 1)
            return;
    } while (r->used > 0 || r->answer.outcome != OUTCOME_DONE || next_shard(r));
    r->answer.tell(&r->answer);
}

void
revocation_start(struct revocation *r)
{
    struct domain *d = r->domain;
    r->answer.outcome = OUTCOME_DONE;
    r->revoked = r->used = 0;
    r->before = atomic_load(&d->next_k);
    r->shard =
        r->user_id.data ? domain_shard_of_slot(d, domain_slot_of_user(d, r->user_id))->number : 0;
    take_step(r);
}
