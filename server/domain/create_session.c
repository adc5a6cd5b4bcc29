// SPDX-License-Identifier: MIT
//
// create_session: a new session of a user, and the end of their oldest where there is no place.
//
// The session is built and its places are kept before the row leaves, so that applying it needs no
// memory. It refers to its user, who therefore is resident when the row is durable.
#include "domain/create_session.h"

#include "base/clock.h"
#include "base/secret.h"
#include "domain/ending.h"
#include "domain/expiry.h"
#include "domain/live.h"

#include <string.h>

static void
add_evicted(struct text *t, struct span id)
{
    if (t->len > 0)
        text_adds(t, ",");
    text_add_json(t, id);
}

// Ends the oldest sessions until the user has no more than they may have; the answer waits for the
// last one. Where memory lacks for that, they keep theirs until the next one comes.
static bool
evict(struct create_session *c, tn_object *user, struct text *ids)
{
    size_t limit = (size_t)c->shard->around.config->sessions_per_user;
    while (user_of(user)->live > limit) {
        bool is_last = user_of(user)->live == limit + 1;
        tn_object *oldest = live_oldest(user);
        enum outcome outcome =
            ending_start(c->shard, oldest, END_EVICTED, clock_ms(), is_last ? &c->answer : NULL);
        if (outcome != OUTCOME_DONE)
            return false;
        add_evicted(ids, session_id(oldest)); // which the user still holds, as their last one
        if (is_last)
            return true;
    }
    return false;
}

// The document of GET with two members more.
static void
add_document(struct create_session *c, const struct text *evicted)
{
    struct span text = session_text(c->session);
    text_add(&c->document, text.data, text.len - 1);
    text_addf(&c->document, ",\"token\":\"%s\",\"evicted\":[", c->token);
    if (evicted->len > 0)
        text_add(&c->document, evicted->data, evicted->len);
    text_adds(&c->document, "]}");
    c->document.failed |= evicted->failed;
}

// True: the answer is left to an ending.
static bool
apply(struct create_session *c)
{
    struct text evicted;
    text_init(&evicted);
    live_join(c->shard, c->session);
    c->shard->counters.sessions_created++;
    bool waits = evict(c, session_user(c->session), &evicted);
    add_document(c, &evicted);
    text_fini(&evicted);
    ending_retry(c->shard);
    return waits;
}

// On the writer's thread.
static void
on_written(struct change *change, bool ok)
{
    struct create_session *c = CONTAINER_OF(change, struct create_session, change);
    struct shard *s = c->shard;
    shard_take(s);
    bool waits = ok && apply(c);
    if (!ok)
        live_release(s, session_user(c->session), session_of(c->session)->k);
    TN_CLEAR(c->session);
    if (!waits)
        shard_answer(s, &c->answer, ok ? OUTCOME_DONE : OUTCOME_NO_STORE);
    shard_give(s);
}

static tn_object * /* new */
make_session(struct create_session *c, tn_object *user)
{
    int64_t now = clock_ms(), expires_at = now + c->absolute_ttl;
    int64_t idle_expires_at = now + c->idle_ttl;
    struct session_row row = {.k = atomic_fetch_add(c->shard->around.next_k, 1),
                              .id = {c->id, SESSION_ID_LEN},
                              .user_id = c->user_id,
                              .data = c->data,
                              .client = c->client,
                              .version = 1,
                              .created_at = now,
                              .last_seen_at = now,
                              .idle_ttl = c->idle_ttl,
                              .idle_expires_at =
                                  idle_expires_at < expires_at ? idle_expires_at : expires_at,
                              .expires_at = expires_at};
    session_make_id(c->id, c->slot);
    session_make_token(c->token, c->slot);
    secret_sha256((struct span){c->token, TOKEN_LEN}, row.token_hash);
    return session_new(c->shard, user, &row);
}

static bool
has_place(const struct create_session *c, const tn_object *user)
{
    const struct config *config = c->shard->around.config;
    return strcmp(config->sessions_per_user_policy, "reject") != 0 ||
           live_count(user) < (size_t)config->sessions_per_user;
}

static enum outcome
submit(struct create_session *c, tn_object *user)
{
    c->change = (struct change){.kind = CHANGE_NEW_SESSION, .done = on_written};
    session_fill_row(c->session, &c->change.session);
    if (!live_reserve(c->shard, user, c->change.session.k))
        return OUTCOME_NO_MEMORY;
    if (writer_submit(c->shard->around.writer, &c->change))
        return OUTCOME_DONE;
    live_release(c->shard, user, c->change.session.k);
    return OUTCOME_BUSY;
}

static enum outcome
begin(struct create_session *c, tn_object *user)
{
    if (user_of(user)->stage != USER_STAYS)
        return OUTCOME_ABSENT;
    expiry_sweep_user(c->shard, user, clock_ms());
    if (!has_place(c, user))
        return OUTCOME_FULL;
    c->session = make_session(c, user);
    enum outcome outcome = c->session ? submit(c, user) : OUTCOME_NO_MEMORY;
    if (outcome != OUTCOME_DONE)
        TN_CLEAR(c->session);
    return outcome;
}

static bool
on_found(struct lookup *l, enum outcome outcome, tn_object *user)
{
    struct create_session *c = CONTAINER_OF(l, struct create_session, lookup);
    if (outcome == OUTCOME_DONE)
        outcome = begin(c, user);
    if (outcome != OUTCOME_DONE)
        shard_answer(c->shard, &c->answer, outcome);
    return false;
}

void
create_session_start(struct create_session *c)
{
    struct shard *s = c->shard;
    text_init(&c->document);
    c->session = NULL;
    c->lookup = (struct lookup){.op = {.id = c->user_id}, .shard = s, .found = on_found};
    shard_take(s);
    cache_lookup(&c->lookup);
    shard_give(s);
}
