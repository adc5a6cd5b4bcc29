// SPDX-License-Identifier: MIT
//
// live: the sessions that answer: both tables and their user's list change together, or not at all.
//
// A session on its way to the store has its place in the user's list already: its k, as an integer,
// stands there. So joining only replaces an item, which needs no memory, and the list is in order.
#include "domain/live.h"

#include "base/assert.h"

static tn_object *
list_of(const tn_object *user)
{
    return tn_as_object(user_of(user)->sessions);
}

bool
live_reserve(struct shard *s, tn_object *user, int64_t k)
{
    if (!index_reserve(&s->sessions))
        return false;
    if (index_reserve(&s->tokens)) {
        if (tn_list_append(list_of(user), tn_int(k)) == TN_OK)
            return true;
        index_release(&s->tokens);
    }
    index_release(&s->sessions);
    return false;
}

void
live_release(struct shard *s, tn_object *user, int64_t k)
{
    tn_err err = tn_list_remove(list_of(user), tn_int(k));
    ASSERT(err == TN_OK);
    index_release(&s->tokens);
    index_release(&s->sessions);
}

// From the end, where the newest are.
static size_t
find_place(const tn_object *list, int64_t k)
{
    size_t i = tn_list_len(list);
    while (i-- > 0)
        if (tn_is(tn_list_borrow(list, i), tn_int(k)))
            return i;
    ASSERT(!"a session joins without a place");
    return 0;
}

void
live_join(struct shard *s, tn_object *session)
{
    enum end_reason reason;
    int64_t expiry = session_expiry(session, &reason);
    tn_object *user = session_user(session), *list = list_of(user);
    tn_err err = tn_list_set(list, find_place(list, session_of(session)->k), tn_ref(session));
    ASSERT(err == TN_OK);
    index_put(&s->sessions, tn_incref(session));
    index_put(&s->tokens, session);
    user_of(user)->live++;
    if (expiry < user_of(user)->next_expiry)
        user_of(user)->next_expiry = expiry;
}

tn_object *
live_leave(struct shard *s, tn_object *session)
{
    tn_object *user = session_user(session);
    index_remove(&s->tokens, session);
    index_remove(&s->sessions, session);
    tn_err err = tn_list_remove(list_of(user), tn_ref(session));
    ASSERT(err == TN_OK);
    user_of(user)->live--;
    return session;
}

size_t
live_count(const tn_object *user)
{
    return tn_list_len(list_of(user));
}

tn_object *
live_item(const tn_object *user, size_t i)
{
    return tn_as_object(tn_list_borrow(list_of(user), i));
}

tn_object *
live_oldest(const tn_object *user)
{
    for (size_t i = 0; i < live_count(user); i++)
        if (live_item(user, i))
            return live_item(user, i);
    return NULL;
}
