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
#include "domain/fresh.h"
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
    live_join(c->shard, c->session);
    fresh_doubt(session_user(c->session), c->sent_ns);
    c->shard->counters.sessions_created++;
    bool waits = evict(c, session_user(c->session), &c->evicted);
    add_document(c, &c->evicted);
    ending_retry(c->shard);
    return waits;
}

static void
tell(struct create_session *c, enum outcome outcome)
{
    text_fini(&c->evicted);
    shard_answer(c->shard, &c->answer, outcome);
}

enum { ATTEMPTS_MOST = 16 };

// The user has more sessions than we knew, or is gone: the same again, on what others left.
static void
try_again(struct create_session *c)
{
    fresh_spoil(session_user(c->session));
    TN_CLEAR(c->session);
    if (++c->attempts < ATTEMPTS_MOST)
        cache_lookup(&c->lookup);
    else
        tell(c, OUTCOME_BUSY);
}

// On the writer's thread.
static void
on_written(struct change *change, bool ok)
{
    struct create_session *c = CONTAINER_OF(change, struct create_session, change);
    struct shard *s = c->shard;
    bool stale = ok && change->result == CHANGE_STALE;
    shard_take(s);
    fresh_note_write(s, session_user(c->session));
    bool waits = ok && !stale && apply(c);
    if (!ok || stale)
        live_release(s, session_user(c->session), session_of(c->session)->k);
    if (!ok)
        fresh_spoil(session_user(c->session));
    if (stale) {
        try_again(c);
        shard_give(s);
        return;
    }
    TN_CLEAR(c->session);
    text_fini(&c->evicted);
    if (!waits)
        shard_answer(s, &c->answer, ok ? OUTCOME_DONE : OUTCOME_NO_STORE);
    shard_give(s);
}

// By which the next session's times are shorter.
static double
draw_share(double most)
{
    uint32_t chance = 0;
    if (most > 0)
        secret_random(&chance, sizeof chance);
    return most * chance / UINT32_MAX;
}

// At least 1 ms: what is taken off is less than all of it, and rounded down.
static int64_t
shorten(int64_t ttl, double share)
{
    return ttl - (int64_t)((double)ttl * share);
}

static tn_object * /* new */
make_session(struct create_session *c, tn_object *user)
{
    double share = draw_share(c->shard->around.config->sessions_jitter);
    int64_t idle_ttl = shorten(c->idle_ttl, share);
    int64_t now = clock_ms(), expires_at = now + shorten(c->absolute_ttl, share);
    int64_t idle_expires_at = now + idle_ttl;
    struct session_row row = {.k = atomic_fetch_add(c->shard->around.next_k, 1),
                              .id = {c->id, SESSION_ID_LEN},
                              .user_id = c->user_id,
                              .data = c->data,
                              .client = c->client,
                              .version = 1,
                              .created_at = now,
                              .last_seen_at = now,
                              .idle_ttl = idle_ttl,
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
    const struct surroundings *around = &c->shard->around;
    c->change = (struct change){.kind = CHANGE_NEW_SESSION,
                                .most = around->is_shared ? around->config->sessions_per_user : 0,
                                .done = on_written};
    session_fill_row(c->session, &c->change.session);
    c->sent_ns = clock_monotonic_ns();
    if (!live_reserve(c->shard, user, c->change.session.k))
        return OUTCOME_NO_MEMORY;
    if (writer_submit(c->shard->around.writer, &c->change))
        return OUTCOME_DONE;
    live_release(c->shard, user, c->change.session.k);
    return OUTCOME_BUSY;
}

// Where the store counts, the place is made before the row leaves: what ended is behind it.
static enum outcome
make_place(struct create_session *c, tn_object *user)
{
    size_t limit = (size_t)c->shard->around.config->sessions_per_user;
    while (c->shard->around.is_shared && live_count(user) >= limit) {
        tn_object *oldest = live_oldest(user);
        enum outcome outcome =
            oldest ? ending_start(c->shard, oldest, END_EVICTED, clock_ms(), NULL) : OUTCOME_BUSY;
        if (outcome != OUTCOME_DONE)
            return outcome;
        add_evicted(&c->evicted, session_id(oldest));
    }
    return OUTCOME_DONE;
}

static enum outcome
begin(struct create_session *c, tn_object *user)
{
    if (user_of(user)->stage != USER_STAYS)
        return OUTCOME_ABSENT;
    expiry_sweep_user(c->shard, user, clock_ms());
    if (!has_place(c, user))
        return OUTCOME_FULL;
    enum outcome outcome = make_place(c, user);
    if (outcome != OUTCOME_DONE)
        return outcome;
    c->session = make_session(c, user);
    outcome = c->session ? submit(c, user) : OUTCOME_NO_MEMORY;
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
        tell(c, outcome);
    return false;
}

void
create_session_start(struct create_session *c)
{
    struct shard *s = c->shard;
    text_init(&c->document);
    text_init(&c->evicted);
    c->attempts = 0;
    c->session = NULL;
    c->lookup = (struct lookup){.op = {.id = c->user_id}, .shard = s, .found = on_found};
    shard_take(s);
    cache_lookup(&c->lookup);
    shard_give(s);
}
