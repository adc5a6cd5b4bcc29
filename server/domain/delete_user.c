// SPDX-License-Identifier: MIT
//
// delete_user: ends all sessions of a user at once, then removes the user.
//
// The row names every session of theirs that the store may have when it gets the row, so that none
// is left without its user, whatever became of the rows before. If the row fails, the user stays,
// and their sessions stay ended.
#include "domain/delete_user.h"

#include "base/clock.h"
#include "domain/ending.h"
#include "domain/fresh.h"
#include "domain/kept.h"
#include "domain/live.h"

#include <stdlib.h>

// The store has nothing of them: sessions that came to answer meanwhile need no row to end. Without
// their last session nobody refers to the user but us.
static void
forget(struct shard *s, tn_object *user)
{
    for (size_t i = live_count(user); i-- > 0;)
        if (live_item(user, i)) {
            tn_decref(live_leave(s, live_item(user, i)));
            s->counters.sessions_ended[END_REVOKED]++;
        }
    tn_weakmap_delete(s->users, user_of(user)->id);
    user_of(user)->stage = USER_GONE;
    kept_forget(s, user);
    tn_slot_set(user, USER_LAST_SESSION, TN_ABSENT);
}

// On the writer's thread.
static void
on_written(struct change *c, bool ok)
{
    struct delete_user *d = CONTAINER_OF(c, struct delete_user, change);
    struct shard *s = d->shard;
    shard_take(s);
    user_of(d->user)->stage = USER_STAYS;
    fresh_note_write(s, d->user);
    fresh_spoil(d->user);
    if (ok) {
        forget(s, d->user);
        ending_retry(s);
    }
    TN_CLEAR(d->user);
    free(d->keys);
    cache_leave(&d->lookup);
    shard_answer(s, &d->answer, ok ? OUTCOME_DONE : OUTCOME_NO_STORE);
    shard_give(s);
}

// From the end of the list, where nothing has to move.
static enum outcome
end_sessions(struct shard *s, tn_object *user)
{
    enum outcome outcome = OUTCOME_DONE;
    for (size_t i = live_count(user); i-- > 0 && outcome == OUTCOME_DONE;)
        if (live_item(user, i))
            outcome = ending_start(s, live_item(user, i), END_REVOKED, clock_ms(), NULL);
    return outcome;
}

// What is left in the user's list are the sessions on their way to the store.
static bool
list_keys(struct delete_user *d, tn_object *user)
{
    size_t coming = live_count(user);
    d->change.count = coming + ending_list_keys(d->shard, user, NULL);
    d->keys = calloc(d->change.count + 1, sizeof *d->keys);
    if (!d->keys)
        return false;
    for (size_t i = 0; i < coming; i++)
        d->keys[i] = live_item_key(user, i);
    ending_list_keys(d->shard, user, d->keys + coming);
    d->change.keys = d->keys;
    return true;
}

static enum outcome
submit(struct delete_user *d, tn_object *user)
{
    d->change =
        (struct change){.kind = CHANGE_DELETE_USER, .user = {.id = d->id}, .done = on_written};
    enum outcome outcome = end_sessions(d->shard, user);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (!list_keys(d, user))
        return OUTCOME_NO_MEMORY;
    if (!writer_submit(d->shard->around.writer, &d->change)) {
        free(d->keys);
        return OUTCOME_BUSY;
    }
    d->user = tn_incref(user);
    user_of(user)->stage = USER_LEAVES;
    return OUTCOME_DONE;
}

static bool
on_found(struct lookup *l, enum outcome outcome, tn_object *user)
{
    struct delete_user *d = CONTAINER_OF(l, struct delete_user, lookup);
    if (outcome == OUTCOME_DONE)
        outcome = submit(d, user);
    if (outcome == OUTCOME_DONE)
        return true;
    shard_answer(d->shard, &d->answer, outcome == OUTCOME_ABSENT ? OUTCOME_DONE : outcome);
    return false;
}

void
delete_user_start(struct delete_user *d)
{
    struct shard *s = d->shard;
    d->lookup =
        (struct lookup){.op = {.id = d->id}, .shard = s, .is_exclusive = true, .found = on_found};
    shard_take(s);
    cache_lookup(&d->lookup);
    shard_give(s);
}
