// SPDX-License-Identifier: MIT
//
// expiry: finds live sessions for a reader, and ends those that the reader finds expired.
//
// A user remembers a time before which none of their sessions expires, so a sweep that has nothing
// to do costs one comparison.
#include "domain/expiry.h"

#include "base/secret.h"
#include "domain/ending.h"
#include "domain/live.h"

static tn_object *
unless_expired(struct shard *s, tn_object *session, int64_t now)
{
    enum end_reason reason;
    if (!session)
        return NULL;
    int64_t at = session_expiry(session, &reason);
    if (now < at)
        return session;
    ending_start(s, session, reason, at, NULL);
    return NULL;
}

tn_object *
expiry_find_session(struct shard *s, struct span id, int64_t now)
{
    return unless_expired(s, index_borrow(&s->sessions, id.data), now);
}

tn_object *
expiry_find_token(struct shard *s, struct span token, int64_t now)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    secret_sha256(token, hash);
    return unless_expired(s, index_borrow(&s->tokens, hash), now);
}

// The session of [user] that expires first, or NULL; [at] and [reason] say when and why.
static tn_object *
first_to_expire(const tn_object *user, int64_t *at, enum end_reason *reason)
{
    tn_object *first = NULL;
    *at = INT64_MAX;
    for (size_t i = 0; i < live_count(user); i++) {
        enum end_reason why;
        tn_object *session = live_item(user, i);
        int64_t when = session ? session_expiry(session, &why) : INT64_MAX;
        if (when < *at) {
            first = session;
            *at = when;
            *reason = why;
        }
    }
    return first;
}

// In the order in which they expired, so that the user's last session is the one that was last.
void
expiry_sweep_user(struct shard *s, tn_object *user, int64_t now)
{
    enum end_reason reason;
    while (user_of(user)->next_expiry <= now) {
        tn_object *session = first_to_expire(user, &user_of(user)->next_expiry, &reason);
        if (user_of(user)->next_expiry <= now &&
            ending_start(s, session, reason, user_of(user)->next_expiry, NULL) != OUTCOME_DONE)
            return;
        // What ended may have been the first one; the next turn looks at who is first now.
    }
}
