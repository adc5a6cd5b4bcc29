// SPDX-License-Identifier: MIT
//
// create_session: a new session of a user, and the end of their oldest where there is no place.
//
// Under the policy "oldest" the place is made when the new session starts to answer, in the same
// critical section; the answer waits until the store has both rows.
// Locking: takes the shard's; the answer is told without it.
#ifndef DOMAIN_CREATE_SESSION_H
#define DOMAIN_CREATE_SESSION_H

#include "domain/cache.h"
#include "domain/session.h"

struct create_session {
    struct answer
        answer; // EXISTS does not occur; after NO_STORE the session may exist all the same
    // Set by the caller, borrowed until told.
    struct shard *shard;
    uint16_t slot;
    struct span user_id, data, client; // the client may be absent
    int64_t idle_ttl, absolute_ttl;    // ms, before sessions.jitter
    // The result, when it is OUTCOME_DONE.
    char id[SESSION_ID_LEN + 1];
    struct text document; // with token and evicted; the caller's to give back once told
    // Private.
    struct lookup lookup;
    struct text evicted; // ids, as JSON
    unsigned attempts;
    uint64_t sent_ns; // monotonic, when [change] left
    struct change change;
    char token[TOKEN_LEN + 1];
    tn_object *session; // a reference while the row is on its way
};

void create_session_start(struct create_session *c);

#endif
