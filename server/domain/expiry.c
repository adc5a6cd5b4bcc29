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

// The session of [user] that expires first, or NULL.
static tn_object *
first_to_expire(const tn_object *user)
{
    enum end_reason reason;
    tn_object *first = NULL;
    int64_t at = INT64_MAX;
    for (size_t i = 0; i < live_count(user); i++) {
        tn_object *session = live_item(user, i);
        int64_t expiry = session ? session_expiry(session, &reason) : INT64_MAX;
        if (expiry < at) {
            first = session;
            at = expiry;
        }
    }
    return first;
}

// One after the other in the order in which they expired, so that the user's last session is the
// one that was last. Where memory lacks the rest waits for the next reader.
void
expiry_sweep_user(struct shard *s, tn_object *user, int64_t now)
{
    enum end_reason reason;
    while (user_of(user)->next_expiry <= now) {
        tn_object *session = first_to_expire(user);
        int64_t at = session ? session_expiry(session, &reason) : INT64_MAX;
        user_of(user)->next_expiry = at;
        if (at <= now && ending_start(s, session, reason, at, NULL) != OUTCOME_DONE)
            return;
    }
}
