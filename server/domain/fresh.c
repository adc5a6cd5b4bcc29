// SPDX-License-Identifier: MIT
//
// fresh: whether what memory has of a user may be given out, where other instances change it too.
#include "domain/fresh.h"

#include "base/clock.h"
#include "domain/session.h"
#include "domain/user.h"
#include "store/feed.h"

static uint64_t
bound_ns(const struct shard *s)
{
    return (uint64_t)s->around.config->store_bound_ms * 1000000;
}

bool
fresh_is(const struct shard *s, const tn_object *user)
{
    if (!s->around.is_shared)
        return true;
    uint64_t read_ns = user_of(user)->read_ns, now = clock_monotonic_ns();
    user_of(user)->used_ns = now;
    if (read_ns <= s->spoiled_ns || !s->around.feed)
        return false;
    uint64_t as_of = feed_true_as_of(s->around.feed, read_ns);
    return now - as_of <= bound_ns(s);
}

bool
fresh_is_late(const struct shard *s, uint64_t asked_ns)
{
    return s->around.is_shared && clock_monotonic_ns() - asked_ns > bound_ns(s);
}

void
fresh_spoil(tn_object *user)
{
    user_of(user)->read_ns = 0;
}

void
fresh_doubt(tn_object *user, uint64_t sent_ns)
{
    if (user_of(user)->read_ns > sent_ns)
        fresh_spoil(user);
}

void
fresh_spoil_all(struct shard *s)
{
    s->spoiled_ns = clock_monotonic_ns();
    fresh_note_anything(s);
}

bool
fresh_is_idle(const struct shard *s, const tn_object *user, uint64_t now_ns)
{
    const struct user *u = user_of(user);
    uint64_t idle_ns = (uint64_t)s->around.config->cache_idle_ms * 1000000;
    bool is_spoiled = s->spoiled_ns > 0 && u->used_ns <= s->spoiled_ns;
    return s->around.is_shared && (is_spoiled || now_ns > u->used_ns + idle_ns);
}

uint64_t
fresh_count(const struct shard *s, uint16_t slot)
{
    return s->changes[slot % SHARD_CHANGES];
}

void
fresh_note_change(struct shard *s, uint16_t slot)
{
    s->changes[slot % SHARD_CHANGES]++;
}

uint16_t
fresh_slot_of_user(const struct shard *s, struct span id)
{
    return store_slot_of_user(s->around.hash_key, id);
}

void
fresh_note_write(struct shard *s, const tn_object *user)
{
    if (s->around.is_shared)
        fresh_note_change(s, fresh_slot_of_user(s, user_id(user)));
}

void
fresh_note_anything(struct shard *s)
{
    for (size_t i = 0; i < SHARD_CHANGES; i++)
        s->changes[i]++;
}

static void
take_user(struct shard *s, struct span id)
{
    tn_object *user = tn_weakmap_borrow_str(s->users, id.data, id.len);
    fresh_note_change(s, fresh_slot_of_user(s, id));
    if (user_id_is_valid(id))
        absent_forget(&s->absent, id);
    if (user)
        fresh_spoil(user);
}

static void
take_session(struct shard *s, struct span id)
{
    uint16_t slot;
    if (!session_read_id(id, &slot))
        return;
    tn_object *session = index_borrow(&s->sessions, id.data);
    fresh_note_change(s, slot);
    if (session)
        fresh_spoil(session_user(session));
}

void
fresh_take_notice(struct shard *s, char kind, struct span id)
{
    if (kind == 'u')
        take_user(s, id);
    else if (kind == 's')
        take_session(s, id);
}
