// SPDX-License-Identifier: MIT
//
// write_session: a live session gets other data or another token.
//
// A write of a session that ends meanwhile is told OUTCOME_ENDED. Locking: takes the shard's; the
// answer is told without it.
#ifndef DOMAIN_WRITE_SESSION_H
#define DOMAIN_WRITE_SESSION_H

#include "base/json.h"
#include "domain/session.h"

enum session_write { WRITE_DATA, WRITE_PATCH, WRITE_TOKEN };

struct write_session {
    struct answer answer; // ABSENT, EXISTS and FULL do not occur
    // Set by the caller, borrowed until told.
    struct shard *shard;
    uint16_t slot;
    struct span id; // one that session_read_id takes
    enum session_write what;
    const char *if_match; // a list of entity tags, one of which must name the version; or NULL
    struct span data;     // the data or a merge patch of them, without white space
    struct json_limits limits;
    size_t size_limit; // bytes of the data
    // The result: the new version when it is OUTCOME_DONE, the one found when OUTCOME_MISMATCH.
    int64_t version;
    char token[TOKEN_LEN + 1]; // of WRITE_TOKEN
    // Private.
    struct pending_op mark;
    struct change change;
    tn_object *draft; // the session as it will be
};

void write_session_start(struct write_session *w);

#endif
