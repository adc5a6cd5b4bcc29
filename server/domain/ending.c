// SPDX-License-Identifier: MIT
//
// ending: a session ends, at once in memory and then in the store.
//
// The pending mark of the session's id leads a second DELETE to the ending of the first.
#include "domain/ending.h"

#include "base/assert.h"
#include "base/log.h"
#include "domain/fresh.h"
#include "domain/live.h"

#include <stdlib.h>

struct ending {
    struct pending_op mark;
    struct change change;
    struct shard *shard;
    tn_object *session;
    tn_object *shown; // what the row shows as the user's last session
    struct answer *waiting;
    bool is_parked;
    int64_t expected;    // the change's
    struct ending *next; // parked
};

static void
wait_for(struct ending *e, struct answer *a)
{
    a->next = e->waiting;
    e->waiting = a;
}

static void
answer_all(struct ending *e, enum outcome outcome)
{
    while (e->waiting) {
        struct answer *a = e->waiting;
        e->waiting = a->next;
        shard_answer(e->shard, a, outcome);
    }
}

static void
ending_free(struct ending *e)
{
    ASSERT(!e->waiting);
    struct pending_op *next = pending_leave(&e->shard->pending, &e->mark);
    ASSERT(!next);
    tn_decref(e->shown);
    tn_decref(e->session);
    free(e);
}

// --- The row ---------------------------------------------------------------------------------

static void
park(struct ending *e)
{
    e->is_parked = true;
    e->next = e->shard->parked;
    e->shard->parked = e;
}

static void on_written(struct change *c, bool ok);

static void
fill_row(struct ending *e, const tn_object *session, struct span shown)
{
    struct span user = user_id(session_user(session));
    e->change = (struct change){
        .kind = CHANGE_END_SESSION,
        .expected = e->expected,
        .user = {.id = user, .last_session = shown},
        .session = {.k = session_of(session)->k, .id = session_id(session), .user_id = user},
        .done = on_written};
}

// Other sessions of the user may have ended since: the row shows the one that was last.
static void
submit_again(struct ending *e)
{
    tn_object *user = session_user(e->session), *former = e->shown;
    e->shown = tn_as_object(tn_slot_get(user, USER_LAST_SESSION));
    tn_decref(former);
    e->is_parked = false;
    fill_row(e, e->session, session_text(e->shown));
    writer_submit_always(e->shard->around.writer, &e->change);
}

// On the writer's thread.
static void
on_written(struct change *c, bool ok)
{
    struct ending *e = CONTAINER_OF(c, struct ending, change);
    struct shard *s = e->shard;
    shard_take(s);
    fresh_note_write(s, session_user(e->session));
    bool lives = ok && c->result == CHANGE_STALE; // it was touched elsewhere
    if (lives)
        fresh_spoil(session_user(e->session));
    if (lives && e->waiting) { // who wants it to end whatever it lives on
        e->expected = 0;
        submit_again(e);
        shard_give(s);
        return;
    }
    answer_all(e, ok ? OUTCOME_DONE : OUTCOME_NO_STORE);
    if (ok) {
        ending_free(e);
        ending_retry(s);
    } else {
        park(e);
    }
    shard_give(s);
}

void
ending_retry(struct shard *s)
{
    struct ending *list = s->parked;
    s->parked = NULL;
    while (list) {
        struct ending *e = list;
        list = e->next;
        if (user_of(session_user(e->session))->stage == USER_GONE)
            ending_free(e); // the store has nothing of them any more
        else
            submit_again(e);
    }
}

void
ending_drop_parked(struct shard *s)
{
    while (s->parked) {
        struct ending *e = s->parked;
        s->parked = e->next;
        ending_free(e);
    }
}

bool
ending_is_of(const struct pending_op *op, const tn_object *user, int64_t k)
{
    const struct ending *e = CONTAINER_OF(op, struct ending, mark);
    return store_key_is_before(session_of(e->session)->k, k) &&
           (!user || session_user(e->session) == user);
}

void
ending_wait(struct shard *s, struct pending_op *op, struct answer *a)
{
    struct ending *e = CONTAINER_OF(op, struct ending, mark);
    wait_for(e, a);
    if (e->is_parked)
        ending_retry(s);
}

size_t
ending_list_keys(struct shard *s, const tn_object *user, int64_t *keys)
{
    size_t count = 0;
    const struct pending_op *op = NULL;
    while ((op = pending_next(&s->pending, PENDING_ENDING, op)) != NULL) {
        const struct ending *e = CONTAINER_OF(op, struct ending, mark);
        if (session_user(e->session) != user)
            continue;
        if (keys)
            keys[count] = session_of(e->session)->k;
        count++;
    }
    return count;
}

// --- The start -------------------------------------------------------------------------------

// The session becomes its user's last one. If it was the last live one, nothing but its own past
// refers to the user: that must be collectable, also when the process started frozen.
static void
change_memory(struct ending *e, tn_object *session, enum end_reason reason, char *text,
              uint32_t len)
{
    struct shard *s = e->shard;
    tn_object *user = session_user(session);
    e->session = live_leave(s, session);
    s->counters.sessions_ended[reason]++;
    e->shown = tn_incref(session);
    session_end(s, session, text, len);
    tn_slot_set(user, USER_LAST_SESSION, tn_ref(session));
    if (user_of(user)->live == 0) {
        tn_gc_thaw(user);
        tn_gc_thaw(session);
    }
    e->mark = (struct pending_op){.kind = PENDING_ENDING, .id = session_id(session)};
    bool first = pending_enter(&s->pending, &e->mark);
    ASSERT(first);
}

// A revocation has a client who can come again, unless the store hangs; the others have nobody.
static bool
submit(struct ending *e, enum end_reason reason)
{
    if (reason == END_REVOKED && !writer_hangs(e->shard->around.writer))
        return writer_submit(e->shard->around.writer, &e->change);
    writer_submit_always(e->shard->around.writer, &e->change);
    return true;
}

static bool
is_expiry(enum end_reason reason)
{
    return reason == END_EXPIRED_IDLE || reason == END_EXPIRED_ABSOLUTE;
}

enum outcome
ending_start(struct shard *s, tn_object *session, enum end_reason reason, int64_t at,
             struct answer *a)
{
    struct ending *e = calloc(1, sizeof *e);
    uint32_t len = 0;
    char *text = e ? session_make_ended_text(s, session, reason, at, &len) : NULL;
    if (!text) {
        free(e);
        return OUTCOME_NO_MEMORY;
    }
    e->shard = s;
    e->expected = is_expiry(reason) ? session_of(session)->idle_expires_at : 0;
    fill_row(e, session, (struct span){text, len});
    if (!submit(e, reason)) {
        tn_buffer_free(s->heap, s->session_type, text, len);
        free(e);
        return OUTCOME_BUSY;
    }
    change_memory(e, session, reason, text, len);
    if (a)
        wait_for(e, a);
    return OUTCOME_DONE;
}

static void
revoke_live(struct shard *s, tn_object *session, int64_t now, struct answer *a)
{
    enum end_reason reason;
    int64_t at = session_expiry(session, &reason);
    enum outcome outcome = at <= now ? ending_start(s, session, reason, at, a)
                                     : ending_start(s, session, END_REVOKED, now, a);
    if (outcome != OUTCOME_DONE)
        shard_answer(s, a, outcome);
}

// The session ends in memory; nobody waits for a store that hangs.
static void
revoke_now(struct shard *s, tn_object *session, int64_t now, struct answer *a)
{
    enum end_reason reason;
    if (session && session_expiry(session, &reason) > now)
        ending_start(s, session, END_REVOKED, now, NULL);
    shard_answer(s, a, OUTCOME_NO_STORE);
}

void
ending_revoke(struct shard *s, struct span id, int64_t now, struct answer *a)
{
    ASSERT(id.len == SESSION_ID_LEN);
    tn_object *session = index_borrow(&s->sessions, id.data);
    struct pending_op *mark = pending_find(&s->pending, PENDING_ENDING, id);
    if ((session || mark) && writer_hangs(s->around.writer)) {
        revoke_now(s, session, now, a);
    } else if (session) {
        revoke_live(s, session, now, a);
    } else if (mark) {
        ending_wait(s, mark, a);
    } else {
        shard_answer(s, a, OUTCOME_DONE);
    }
}
