// SPDX-License-Identifier: MIT
//
// end_everybody: all sessions of a shared store end, in one transaction of its own.
//
// The store counts them and does nothing where there is another number. What memory has is not
// given out any more from the commit on; the sweeper lets go of it. Who logs in later stays.
// Locking: takes the shards'; the answer is told on the writer's thread.
#ifndef DOMAIN_END_EVERYBODY_H
#define DOMAIN_END_EVERYBODY_H

#include "domain/domain.h"

struct end_everybody {
    struct answer answer; // DONE, STALE: there is another number; BUSY, NO_STORE
    // Set by the caller, borrowed until told.
    struct domain *domain;
    size_t confirmed; // how many there must be
    // The result: how many there were.
    size_t there;
    // Private.
    struct change change;
};

void end_everybody_start(struct end_everybody *e);

#endif
