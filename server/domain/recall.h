// SPDX-License-Identifier: MIT
//
// recall: a user with all sessions is read from a shared store, by the id of the user or of a
// session, or by a token, once for all who ask for the same; then memory can answer.
//
// Who asks by a user's id joins only a question that the store was not asked yet. A load that a
// change may have overtaken is repeated; one that took longer than store.bound is no answer. Of
// what the store does not know that is remembered for store.bound. Locking: takes the shard's; the
// answer is told without it.
#ifndef DOMAIN_RECALL_H
#define DOMAIN_RECALL_H

#include "domain/session.h"
#include "store/loader.h"

enum { RECALL_KEY_SIZE = 128 };

struct recall {
    struct answer answer; // DONE, whether it is there or not; BUSY, NO_STORE, NO_MEMORY
    // Set by the caller.
    struct shard *shard;
    uint16_t slot;
    enum recall_key by;
    // Private.
    char key[RECALL_KEY_SIZE];
    struct pending_op mark;
    struct load load;
    uint64_t joined_ns, asked_ns, seen;
    unsigned repeats;
};

// Whether memory cannot answer for [key]: an id of a session, or the hash of a token; for a user's
// id it never can. Takes the lock.
bool recall_is_needed(struct shard *s, enum recall_key by, struct span key);
void recall_start(struct recall *r, struct span key);

#endif
