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
    if (now < at + s->around.grace_ms)
        return NULL;
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

// Of those that have expired the one that was last, or NULL.
static tn_object *
last_expired(const struct shard *s, const tn_object *user, int64_t now)
{
    enum end_reason reason;
    tn_object *last = NULL;
    int64_t latest = INT64_MIN;
    for (size_t i = 0; i < live_count(user); i++) {
        tn_object *session = live_item(user, i);
        int64_t at = session ? session_expiry(session, &reason) : INT64_MAX;
        if (at != INT64_MAX && at + s->around.grace_ms <= now && at > latest) {
            last = session;
            latest = at;
        }
    }
    return last;
}

// Returns when [session] must be looked at again: never, once it has ended.
static int64_t
end_if_expired(struct shard *s, tn_object *session, int64_t now)
{
    enum end_reason reason;
    int64_t at = session_expiry(session, &reason);
    bool ended = at + s->around.grace_ms <= now &&
                 ending_start(s, session, reason, at, NULL) == OUTCOME_DONE;
    return ended ? INT64_MAX : at;
}

// The one that expired last ends last, so that it is what the user shows. The others go from the
// end of the list to its start, where nothing has to move.
void
expiry_sweep_user(struct shard *s, tn_object *user, int64_t now)
{
    if (now < user_of(user)->next_expiry)
        return;
    tn_object *last = last_expired(s, user, now);
    int64_t next = INT64_MAX;
    for (size_t i = live_count(user); i-- > 0;) {
        tn_object *session = live_item(user, i);
        if (session && session != last) {
            int64_t at = end_if_expired(s, session, now);
            next = at < next ? at : next;
        }
    }
    int64_t at = last ? end_if_expired(s, last, now) : INT64_MAX;
    user_of(user)->next_expiry = at < next ? at : next;
}
