// SPDX-License-Identifier: MIT
//
// revocation: many sessions end, and one answer is told when the store knows of all of them.
//
// Of one user all but one, or everybody's. Sessions that we create after the start stay. They
// end in steps of REVOCATION_STEP under the shard's lock; a step begins when the store has the one
// before. Where a step fails, what has ended stays ended. Locking: takes the shard's; the answer is
// told without it.
#ifndef DOMAIN_REVOCATION_H
#define DOMAIN_REVOCATION_H

#include "domain/domain.h"

enum { REVOCATION_STEP = 256 };

struct revocation {
    struct answer answer; // DONE, BUSY, NO_STORE, NO_MEMORY
    // Set by the caller, borrowed until told.
    struct domain *domain;
    struct span user_id; // absent: everybody
    struct span except;  // the id of a session that stays, or absent
    // The result: how many sessions it ended.
    size_t revoked;
    // Private.
    int64_t before; // the first k of ours that stays
    unsigned shard; // the number of the one in hand
    _Atomic size_t left;
    size_t used;
    struct revocation_part {
        struct answer answer;
        struct revocation *whole;
    } parts[REVOCATION_STEP];
};

void revocation_start(struct revocation *r);

#endif
