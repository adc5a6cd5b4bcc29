// SPDX-License-Identifier: MIT
//
// live: the sessions that answer: both tables and their user's list change together, or not at all.
//
// A session on its way to the store has its place in the user's list already: its k, as an integer,
// stands there. So joining only replaces an item, which needs no memory, and the list is in order.
#include "domain/live.h"

#include "base/assert.h"
#include "domain/touch.h"

static tn_object *
list_of(const tn_object *user)
{
    return tn_as_object(user_of(user)->sessions);
}

// Where [v], which is there, stands. From the end, where the newest are and where a sweep begins.
static size_t
find(const tn_object *list, tn_value v)
{
    size_t i = tn_list_len(list);
    while (i-- > 0)
        if (tn_is(tn_list_borrow(list, i), v))
            return i;
    ASSERT(!"the list of the user lacks a session");
    return 0;
}

static void
remove_item(tn_object *list, tn_value v)
{
    tn_err err = tn_list_delete(list, find(list, v));
    ASSERT(err == TN_OK);
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
    remove_item(list_of(user), tn_int(k));
    index_release(&s->tokens);
    index_release(&s->sessions);
}

void
live_join(struct shard *s, tn_object *session)
{
    enum end_reason reason;
    int64_t expiry = session_expiry(session, &reason);
    tn_object *user = session_user(session), *list = list_of(user);
    tn_err err = tn_list_set(list, find(list, tn_int(session_of(session)->k)), tn_ref(session));
    ASSERT(err == TN_OK);
    index_put(&s->sessions, tn_incref(session));
    index_put(&s->tokens, session);
    user_of(user)->live++;
    if (expiry < user_of(user)->next_expiry)
        user_of(user)->next_expiry = expiry;
}

bool
live_reserve_token(struct shard *s)
{
    return index_reserve(&s->tokens);
}

void
live_release_token(struct shard *s)
{
    index_release(&s->tokens);
}

void
live_take_over(struct shard *s, tn_object *session, tn_object *draft)
{
    index_remove(&s->tokens, session);
    session_take_over(session, draft);
    index_put(&s->tokens, session);
}

tn_object *
live_leave(struct shard *s, tn_object *session)
{
    tn_object *user = session_user(session);
    touch_forget(s, session);
    index_remove(&s->tokens, session);
    index_remove(&s->sessions, session);
    remove_item(list_of(user), tn_ref(session));
    user_of(user)->live--;
    return session;
}

// By insertion: mostly it is in order, and nothing moves.
void
live_sort(tn_object *user)
{
    tn_object *list = list_of(user);
    for (size_t i = 1; i < live_count(user); i++) {
        int64_t k = live_item_key(user, i);
        size_t at = i;
        while (at > 0 && live_item_key(user, at - 1) > k)
            at--;
        if (at == i)
            continue;
        tn_value moved = tn_list_get(list, i);
        for (size_t j = i; j > at; j--)
            tn_list_set(list, j, tn_list_borrow(list, j - 1));
        tn_list_set(list, at, moved);
        tn_decref_value(moved);
    }
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
    tn_object *oldest = NULL;
    for (size_t i = 0; i < live_count(user); i++) {
        tn_object *session = live_item(user, i);
        if (session &&
            (!oldest || session_of(session)->created_at < session_of(oldest)->created_at))
            oldest = session;
    }
    return oldest;
}

int64_t
live_item_key(const tn_object *user, size_t i)
{
    const tn_object *session = live_item(user, i);
    return session ? session_of(session)->k : tn_as_int(tn_list_borrow(list_of(user), i));
}
