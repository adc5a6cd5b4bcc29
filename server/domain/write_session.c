// SPDX-License-Identifier: MIT
//
// write_session: a live session gets other data or another token.
//
// What the session will be is built as an object of its own, and its new token's place is kept,
// before the row leaves, so that applying it needs no memory. The session itself is found again by
// its id: a reference to it would, when given back, make it a suspect of the collector.
#include "domain/write_session.h"

#include "base/clock.h"
#include "base/merge.h"
#include "base/secret.h"
#include "domain/ending.h"
#include "domain/expiry.h"
#include "domain/fresh.h"
#include "domain/live.h"

static void begin(struct write_session *w);

static struct write_session * /* borrowed; NULL: nobody waits */
leave(struct write_session *w)
{
    struct pending_op *next = pending_leave(&w->shard->pending, &w->mark);
    return next ? CONTAINER_OF(next, struct write_session, mark) : NULL;
}

static enum outcome
apply(struct write_session *w)
{
    tn_object *session = index_borrow(&w->shard->sessions, w->id.data);
    if (!session) {
        live_release_token(w->shard);
        return OUTCOME_ENDED;
    }
    w->version = session_of(w->draft)->version;
    if (session_of(session)->version < w->version)
        live_take_over(w->shard, session, w->draft);
    else // another instance wrote it since, and we read that
        live_release_token(w->shard);
    return OUTCOME_DONE;
}

// On the writer's thread.
static void
on_written(struct change *c, bool ok)
{
    struct write_session *w = CONTAINER_OF(c, struct write_session, change);
    struct shard *s = w->shard;
    enum outcome outcome = OUTCOME_NO_STORE;
    shard_take(s);
    fresh_note_write(s, session_user(w->draft));
    if (!ok || c->result == CHANGE_STALE)
        fresh_spoil(session_user(w->draft));
    if (ok && c->result == CHANGE_STALE) {
        outcome = OUTCOME_STALE;
        live_release_token(s);
    } else if (ok) {
        outcome = apply(w);
        ending_retry(s);
    } else {
        live_release_token(s);
    }
    TN_CLEAR(w->draft);
    begin(leave(w));
    shard_answer(s, &w->answer, outcome);
    shard_give(s);
}

// Patched data must be such as a client could have sent.
static bool
is_within_limits(const struct write_session *w, const struct text *data)
{
    char detail[160];
    return data->len <= w->size_limit &&
           json_check_limits((struct span){data->data, data->len}, &w->limits, detail,
                             sizeof detail) == JSON_FINE;
}

static enum outcome
make_draft(struct write_session *w, tn_object *session, struct session_row *row)
{
    row->version++;
    w->draft = session_new(w->shard, session_user(session), row);
    return w->draft ? OUTCOME_DONE : OUTCOME_NO_MEMORY;
}

static enum outcome
make_patched_draft(struct write_session *w, tn_object *session, struct session_row *row)
{
    struct text data;
    enum outcome outcome = OUTCOME_LARGE;
    text_init(&data);
    merge_patch(&data, row->data, w->data);
    row->data = (struct span){data.data, data.len};
    if (data.failed)
        outcome = OUTCOME_NO_MEMORY;
    else if (is_within_limits(w, &data))
        outcome = make_draft(w, session, row);
    text_fini(&data);
    return outcome;
}

static enum outcome
make_any_draft(struct write_session *w, tn_object *session)
{
    struct session_row row;
    session_fill_row(session, &row);
    if (w->what == WRITE_PATCH)
        return make_patched_draft(w, session, &row);
    if (w->what == WRITE_DATA) {
        row.data = w->data;
    } else {
        session_make_token(w->token, w->slot);
        secret_sha256((struct span){w->token, TOKEN_LEN}, row.token_hash);
    }
    return make_draft(w, session, &row);
}

static enum outcome
submit(struct write_session *w)
{
    w->change = (struct change){.kind = CHANGE_EDIT_SESSION, .done = on_written};
    session_fill_row(w->draft, &w->change.session);
    w->change.expected = w->change.session.version - 1;
    if (!live_reserve_token(w->shard))
        return OUTCOME_NO_MEMORY;
    if (writer_submit(w->shard->around.writer, &w->change))
        return OUTCOME_DONE;
    live_release_token(w->shard);
    return OUTCOME_BUSY;
}

static enum outcome
try(struct write_session *w)
{
    tn_object *session = expiry_find_session(w->shard, w->id, clock_ms());
    if (!session)
        return OUTCOME_ENDED;
    w->version = session_of(session)->version;
    if (w->if_match && !etag_list_has_version(w->if_match, w->version))
        return OUTCOME_MISMATCH;
    enum outcome outcome = make_any_draft(w, session);
    if (outcome == OUTCOME_DONE)
        outcome = submit(w);
    if (outcome != OUTCOME_DONE)
        TN_CLEAR(w->draft);
    return outcome;
}

// [w] is first of its session, or NULL. What does not come to a row is answered, and the next one
// begins.
static void
begin(struct write_session *w)
{
    enum outcome outcome;
    while (w && (outcome = try(w)) != OUTCOME_DONE) {
        struct write_session *next = leave(w);
        shard_answer(w->shard, &w->answer, outcome);
        w = next;
    }
}

void
write_session_start(struct write_session *w)
{
    struct shard *s = w->shard;
    w->draft = NULL;
    w->mark = (struct pending_op){.kind = PENDING_SESSION, .id = w->id};
    shard_take(s);
    if (writer_hangs(s->around.writer))
        shard_answer(s, &w->answer, OUTCOME_NO_STORE);
    else if (pending_enter(&s->pending, &w->mark))
        begin(w);
    shard_give(s);
}
