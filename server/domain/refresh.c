// SPDX-License-Identifier: MIT
//
// refresh: a user with all sessions as the store has them.
//
// What is on its way to the store is left alone: a session whose row is coming keeps its place in
// the list, and one that is ending stays ended.
#include "domain/refresh.h"

#include "base/clock.h"
#include "domain/cache.h"
#include "domain/ending.h"
#include "domain/fresh.h"
#include "domain/kept.h"
#include "domain/live.h"

static const struct session_row * /* borrowed; NULL: not there */
find_row(const struct user_state *state, int64_t k)
{
    size_t low = 0, high = state->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (state->sessions[middle].k < k)
            low = middle + 1;
        else
            high = middle;
    }
    return low < state->count && state->sessions[low].k == k ? &state->sessions[low] : NULL;
}

// --- Sessions ---------------------------------------------------------------------------------

static void
drop_what_ended(struct shard *s, tn_object *user, const struct user_state *state)
{
    for (size_t i = live_count(user); i-- > 0;)
        if (live_item(user, i) && !find_row(state, live_item_key(user, i)))
            tn_decref(live_leave(s, live_item(user, i)));
}

static bool
change_session(struct shard *s, tn_object *session, const struct session_row *row)
{
    if (row->version > session_of(session)->version) {
        tn_object *draft = session_new(s, session_user(session), row);
        bool ready = draft && live_reserve_token(s);
        if (ready)
            live_take_over(s, session, draft);
        tn_decref(draft);
        if (!ready)
            return false;
    }
    session_follow(session, row->last_seen_at, row->idle_expires_at);
    return true;
}

static bool
add_session(struct shard *s, tn_object *user, const struct session_row *row)
{
    if (pending_find(&s->pending, PENDING_ENDING, row->id))
        return true;
    tn_object *session = session_new(s, user, row);
    bool ready = session && live_reserve(s, user, row->k);
    if (ready)
        live_join(s, session);
    tn_decref(session);
    return ready;
}

// Whether the list has this key: a session's, or of one that is coming.
static bool
is_coming(const tn_object *user, int64_t k)
{
    for (size_t i = 0; i < live_count(user); i++)
        if (!live_item(user, i) && live_item_key(user, i) == k)
            return true;
    return false;
}

// Nobody looks at a row that is damaged before this.
static bool
is_sound(const struct session_row *row)
{
    uint16_t slot;
    return session_read_id(row->id, &slot) && row->k > 0 && row->data.len >= 2;
}

// One that came to an object of the user that was given up meanwhile leaves it.
static tn_object * /* borrowed; NULL: not there */
borrow_session(struct shard *s, const tn_object *user, const struct session_row *row)
{
    tn_object *session = index_borrow(&s->sessions, row->id.data);
    if (!session || session_user(session) == user)
        return session;
    tn_decref(live_leave(s, session));
    return NULL;
}

static bool
take_sessions(struct shard *s, tn_object *user, const struct user_state *state)
{
    drop_what_ended(s, user, state);
    for (size_t i = 0; i < state->count; i++) {
        const struct session_row *row = &state->sessions[i];
        if (!is_sound(row) || is_coming(user, row->k))
            continue;
        tn_object *session = borrow_session(s, user, row);
        if (!(session ? change_session(s, session, row) : add_session(s, user, row)))
            return false;
    }
    live_sort(user);
    user_of(user)->next_expiry = 0; // looked at by the next sweep
    return true;
}

// --- The user ---------------------------------------------------------------------------------

// Who was deleted elsewhere, and made again there, begins with the first version.
static bool
is_newer(const struct user_row *row, const struct user *user)
{
    return row->version > user->version || row->created_at != user->created_at;
}

static bool
take_row(struct shard *s, tn_object *user, const struct user_row *row)
{
    if (!is_newer(row, user_of(user)))
        return true;
    tn_object *draft = user_new(s, row);
    if (draft)
        user_take_over(user, draft);
    tn_decref(draft);
    return draft != NULL;
}

// What ended here and is not written yet is later than what the store shows.
static bool
take_last_session(struct shard *s, tn_object *user, struct span text)
{
    tn_object *last = tn_as_object(user_of(user)->last_session);
    if (last && text.data && span_equal(session_text(last), text))
        return true;
    if (ending_list_keys(s, user, NULL) > 0)
        return true;
    tn_object *session = text.data ? session_new_ended(s, user, text) : NULL;
    if (text.data && !session)
        return false;
    if (session)
        tn_slot_set_steal(user, USER_LAST_SESSION, tn_ref(session));
    else
        tn_slot_set(user, USER_LAST_SESSION, TN_ABSENT);
    return true;
}

static tn_object * /* new */
get_or_add(struct shard *s, const struct user_row *row)
{
    tn_object *user = tn_weakmap_borrow_str(s->users, row->id.data, row->id.len);
    return user ? tn_incref(user) : cache_add(s, row);
}

tn_object *
refresh_take(struct shard *s, const struct user_state *state, uint64_t read_ns)
{
    tn_object *user = get_or_add(s, state->user);
    if (!user || user_of(user)->stage != USER_STAYS || user_of(user)->read_ns > read_ns)
        return user;
    fresh_spoil(user);
    absent_forget(&s->absent, state->user->id);
    if (!take_row(s, user, state->user) || !take_last_session(s, user, state->user->last_session) ||
        !take_sessions(s, user, state)) {
        tn_decref(user);
        return NULL;
    }
    user_of(user)->read_ns = read_ns;
    user_of(user)->used_ns = clock_monotonic_ns();
    return user;
}

static bool
is_waited_for(struct shard *s, const tn_object *session)
{
    return session_of(session)->is_touched ||
           pending_find(&s->pending, PENDING_SESSION, session_id(session));
}

// Nothing but its own past may refer to the user then: that must be collectable.
void
refresh_let_go(struct shard *s, tn_object *user)
{
    tn_object *past = tn_as_object(user_of(user)->last_session);
    if (user_of(user)->stage != USER_STAYS)
        return;
    tn_incref(user);
    fresh_spoil(user);
    for (size_t i = live_count(user); i-- > 0;)
        if (live_item(user, i) && !is_waited_for(s, live_item(user, i)))
            tn_decref(live_leave(s, live_item(user, i)));
    tn_gc_thaw(user);
    if (past)
        tn_gc_thaw(past);
    tn_decref(user);
}

void
refresh_forget(struct shard *s, tn_object *user)
{
    if (user_of(user)->stage != USER_STAYS)
        return;
    tn_incref(user);
    fresh_spoil(user); // a session that is coming will find them
    for (size_t i = live_count(user); i-- > 0;)
        if (live_item(user, i))
            tn_decref(live_leave(s, live_item(user, i)));
    tn_weakmap_delete(s->users, user_of(user)->id);
    user_of(user)->stage = USER_GONE;
    kept_forget(s, user);
    tn_slot_set(user, USER_LAST_SESSION, TN_ABSENT);
    tn_decref(user);
}
